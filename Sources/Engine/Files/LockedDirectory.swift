internal import LinuxKernel

extension HostDirectory {
    /// Makes a directory and locks it, for as long as what is in it is being made.
    ///
    /// Whoever looks for what was left takes a directory that nobody holds for that: in the moment before the lock somebody
    /// may have removed it. Then the lock is on nothing, and it is made again.
    static func makeLocked(_ path: String) throws(SyscallError) -> FileLock {
        let (parent, name) = split(path)
        while true {
            guard try isMade(path) else { continue }
            if let lock = try lockIfThere(name, in: OwnedDescriptor(open: parent, [.read, .directory])) { return lock }
        }
    }

    /// Opens a directory of the engine's own, if it is there.
    static func openIfPresent(_ path: String) throws(SyscallError) -> OwnedDescriptor? {
        do throws(SyscallError) {
            return try OwnedDescriptor(open: path, [.read, .directory])
        } catch {
            guard error.code == .noSuchFile else { throw error }
            return nil
        }
    }

    /// Makes a directory, unless somebody removes it before it has its mode.
    private static func isMade(_ path: String) throws(SyscallError) -> Bool {
        do throws(SyscallError) {
            try make(path, mode: 0o700)
            return true
        } catch {
            guard error.code == .noSuchFile else { throw error }
            return false
        }
    }

    private static func lockIfThere(
        _ name: String, in parent: borrowing OwnedDescriptor
    ) throws(SyscallError) -> FileLock? {
        guard let directory = try parent.openDirectoryIfPresent(name) else { return nil }
        let lock = try FileLock(directory)
        guard let named = try parent.openDirectoryIfPresent(name) else { return nil }
        guard try lock.descriptor.status().inode == named.status().inode else { return nil }
        return lock
    }
}
