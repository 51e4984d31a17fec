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
        // Somebody may start it again in the moment between its end and its removal, such as an action on failed health: what
        // is forced is tried again.
        for attempt in 1... {
            do throws(EngineError) {
                try removeOnce(record, force: force, volumes: volumes)
                break
            } catch {
                guard force, attempt < 10, error.kind == .conflict, let now = try store.container(record.id),
                    try observe(now).isActive
                else { throw error }
            }
        }
        return ContainerIdentity(id: record.id, name: record.name)
    }

    private func removeOnce(_ given: ContainerRecord, force: Bool, volumes: Bool) throws(EngineError) {
        guard let record = try store.container(given.id) else { return }
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
    }
}
