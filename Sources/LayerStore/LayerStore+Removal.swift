public import LinuxKernel

extension LayerStore {
    /// Takes a layer out of the store; one that is not there is no error.
    ///
    /// Whoever has it mounted must have let go before: that is for the caller to know.
    ///
    /// - Throws: As renameat2(2) and unlinkat(2). The layer is gone nonetheless; its files go with `removeLeftovers()`.
    public func remove(_ chain: ChainID) throws { try detach(chain)?.removeFiles() }

    /// Takes a layer out of the store, which is one rename, and leaves the removal of its files, which may take long, to
    /// the caller.
    ///
    /// - Returns: `nil` if it is not there. If it is let go of, its files go with `removeLeftovers()`.
    /// - Throws: As renameat2(2).
    public func detach(_ chain: ChainID) throws -> DetachedLayer? {
        try whileLocked(chain) { try rename(chain) }
    }

    /// Removes a layer's directory, whole or not. Called with the chain's lock held.
    func discard(_ chain: ChainID) throws(SyscallError) { try rename(chain)?.removeFiles() }

    private func rename(_ chain: ChainID) throws(SyscallError) -> DetachedLayer? {
        let store = try OwnedDescriptor(open: path, [.read, .directory])
        guard let layer = try store.openIfPresent(chain.directoryName, [.read, .directory, .noFollow]) else {
            return nil
        }
        // Others that look for what was left behind pass by what is locked.
        let lock = try FileLock(layer)
        let old = Self.removedPrefix + String(UInt64.random(in: 0 ... .max), radix: 16)
        do throws(SyscallError) {
            try store.rename(chain.directoryName, into: store, as: old, .noReplace)
        } catch  where error.code == .noSuchFile {
            return nil
        }
        return DetachedLayer(in: path, name: old, lock: lock)
    }

    static let removedPrefix = ".old-"

    /// Removes what crashed processes left behind: layers half unpacked or half removed, and layers that an earlier boot
    /// had not brought to the disk.
    ///
    /// - Returns: How many there were.
    @discardableResult
    public func removeLeftovers() throws -> Int {
        let store = try OwnedDescriptor(open: path, [.read, .directory])
        let tree = TreeDirectory(try store.duplicate())
        var removed = 0
        for entry in try store.entries() {
            if let chain = ChainID(directoryName: entry.name) {
                if try !isWhole(chain) {
                    try remove(chain)
                    removed += 1
                }
            } else if entry.name.hasPrefix(Self.removedPrefix) || entry.name.hasPrefix(StagingDirectory.prefix),
                try removeIfAbandoned(entry.name, tree)
            {
                removed += 1
            }
        }
        return removed
    }

    private func removeIfAbandoned(_ name: String, _ store: borrowing TreeDirectory) throws(SyscallError) -> Bool {
        guard let directory = try store.descriptor.openIfPresent(name, [.read, .directory, .noFollow]),
            let lock = try FileLock.attempt(directory)
        else { return false }
        try store.removeTree(name)
        _ = consume lock
        return true
    }

    // MARK: - Locks

    /// Does something with a layer while no other process makes or removes it.
    func whileLocked<Result>(_ chain: ChainID, _ body: () throws -> Result) throws -> Result {
        let lock = try lock(chain)
        let result = Swift.Result { try body() }
        // First the file goes, then the lock: so whoever waits for it finds out that it is on nothing. A file that stays
        // behind does no harm.
        try? OwnedDescriptor(open: "\(path)/.locks", [.read, .directory]).removeFile(chain.directoryName)
        _ = consume lock
        return try result.get()
    }

    private func lock(_ chain: ChainID) throws(SyscallError) -> FileLock {
        let locks = try OwnedDescriptor(open: "\(path)/.locks", [.read, .directory])
        while true {
            let lock = try FileLock(locks.open(chain.directoryName, [.readWrite, .create]))
            // If the last holder took the file away, this lock is on nothing.
            if try isNamed(chain.directoryName, lock.descriptor, in: locks) { return lock }
        }
    }

    private func isNamed(
        _ name: String, _ file: borrowing OwnedDescriptor, in directory: borrowing OwnedDescriptor
    ) throws(SyscallError) -> Bool {
        do throws(SyscallError) {
            return try directory.status(of: name).inode == file.status().inode
        } catch  where error.code == .noSuchFile {
            return false
        }
    }
}

/// A layer that is out of the store, and whose files are still there.
public final class DetachedLayer: Sendable {
    private let parent: String
    private let name: String
    private let lock: FileLock

    fileprivate init(in parent: String, name: String, lock: consuming FileLock) {
        self.parent = parent
        self.name = name
        self.lock = lock
    }

    /// Removes its files.
    ///
    /// - Throws: As unlinkat(2). What is left goes with `removeLeftovers()`.
    public func removeFiles() throws(SyscallError) {
        try TreeDirectory(OwnedDescriptor(open: parent, [.read, .directory])).removeTree(name)
    }
}
