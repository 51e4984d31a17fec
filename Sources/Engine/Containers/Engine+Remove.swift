internal import LinuxKernel

extension Engine {
    /// Removes a container with its writable layer and log.
    ///
    /// - Parameters:
    ///   - force: A running one is killed first.
    ///   - volumes: Its volumes without a name go with it.
    /// - Throws: `EngineError` of kind `conflict` if it runs.
    @discardableResult
    public func remove(
        _ reference: String, force: Bool = false, volumes: Bool = false
    ) throws(EngineError) -> ContainerIdentity {
        let record = try store.container(reference)
        switch try observe(record) {
        case .created, .exited: break
        case .starting, .running, .restarting:
            guard force else {
                throw EngineError(
                    .conflict,
                    "container \(record.name) is \(try state(of: record).status): stop it first, or force its removal "
                        + "with rm -f")
            }
            try end(record, .kill, patience: .zero, wish: .stop)
        }
        do {
            try withLock(on: record.id) { () throws(EngineError) in
                guard let left = try store.container(record.id) else { return }
                guard let ended = try cleanUpLocked(left) else { return }
                try deleteRuntimeState(of: ended.id)
                try removeLocked(ended, volumes: volumes)
            }
        } catch  where error.kind == .notFound {
            // Somebody else has removed it meanwhile, and that is what was asked for, or he was killed while he did.
            if let left = try store.container(record.id) { _ = try forgetRemoved(left) }
        }
        return ContainerIdentity(id: record.id, name: record.name)
    }
}
