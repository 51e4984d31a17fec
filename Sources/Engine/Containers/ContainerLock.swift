internal import LinuxKernel

extension Engine {
    /// Runs `body` while no other command changes this container: a lock on its directory, which ends with its holder.
    ///
    /// - Throws: `EngineError`: `notFound` if the container goes away meanwhile; what `body` throws.
    func withLock<Value>(
        on id: Identifier, _ body: () throws(EngineError) -> Value
    ) throws(EngineError) -> Value {
        let lock = try lock(id)
        let value = try body()
        withExtendedLifetime(lock) {}
        return value
    }

    private func lock(_ id: Identifier) throws(EngineError) -> FileLock {
        do throws(SyscallError) {
            let lock = try FileLock(
                try OwnedDescriptor(open: locations.container(id).directory, [.read, .directory]))
            // Who waited may now hold the lock of a directory that has been removed.
            if try lock.descriptor.status().linkCount > 0 { return lock }
        } catch {
            guard error.code == .noSuchFile else { throw .wrapping(error, while: "lock container \(id.short)") }
        }
        throw .noSuchContainer(id.short)
    }
}
