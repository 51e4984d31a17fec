internal import LinuxKernel

/// A directory of the tree that is being unpacked into, with the times it is to have when that is over.
final class OpenDirectory {
    let directory: TreeDirectory
    /// Its parts joined by `/`, as the archive names it.
    let path: [UInt8]
    var accessed: FileTime
    var modified: FileTime
    /// Something was made or removed in it, which changed its times.
    var isTouched = false
    /// It is known as a directory in which the overlay has to look for whiteouts.
    var holdsWhiteouts = false

    init(_ directory: consuming TreeDirectory, path: [UInt8], accessed: FileTime, modified: FileTime) {
        self.directory = directory
        self.path = path
        self.accessed = accessed
        self.modified = modified
    }

    /// Takes the times it has now.
    convenience init(_ directory: consuming TreeDirectory, path: [UInt8]) throws(SyscallError) {
        let (accessed, modified) = try directory.descriptor.times()
        self.init(directory, path: path, accessed: accessed, modified: modified)
    }

    /// Puts its times back if it was touched.
    func restoreTimes() throws(SyscallError) {
        guard isTouched else { return }
        try directory.descriptor.setTimes(accessed: accessed, modified: modified)
        isTouched = false
    }
}

extension Extractor {
    /// Makes the directory of `path` the current one, with all that is missing on the way.
    func enterParent(of path: TreePath) throws {
        if path.parent.elementsEqual(current.path) { return }
        if path.parent.isEmpty { return try enter(root) }
        guard let found = try openParent(of: path) else { return try makeParents(of: path) }
        try enter(found)
    }

    /// Resolves the directory of `path`; `nil` if it, or one on the way, is not there or no directory.
    private func openParent(of path: TreePath) throws(SyscallError) -> OpenDirectory? {
        do throws(SyscallError) {
            return try OpenDirectory(root.directory.resolve(path.parentName), path: Array(path.parent))
        } catch  where error.code == .noSuchFile || error.code == .notDirectory {
            return nil
        }
    }

    func enter(_ directory: OpenDirectory) throws {
        try leave(current)
        current = directory
    }

    /// Gives a directory its times again. The root keeps the kernel's unless the archive says something of it.
    func leave(_ directory: OpenDirectory) throws {
        guard directory !== root || rootHasEntry else { return }
        try directory.restoreTimes()
    }

    /// Goes down from the root part by part and makes what is missing.
    private func makeParents(of path: TreePath) throws {
        var reached = TreePath.root
        for part in path.parentPath.parts {
            try enterParent(of: reached.appending(part))
            reached = reached.appending(part)
            let existing = try existingStatus(of: reached)
            if let existing {
                if existing.isDirectory || existing.isSymbolicLink { continue }
                guard isWhiteout(existing) else { throw ArchiveError(.parentNotDirectory) }
                try removeExisting(reached, existing)
            }
            try makeImplicitDirectory(reached, isOpaque: existing != nil)
        }
        // A symbolic link on the way may lead to something that is no directory, or nowhere.
        guard let found = try openParent(of: path) else { throw ArchiveError(.parentNotDirectory) }
        try enter(found)
    }

    /// A directory that has no entry: root's, and of no particular time, so that unpacking twice gives the same.
    private func makeImplicitDirectory(_ path: TreePath, isOpaque: Bool) throws {
        try remember(bytes: path.bytes.count)
        summary.implicitDirectories.insert(path.bytes)
        guard UInt64(summary.implicitDirectories.count) <= options.limits.rememberedDirectories else {
            throw ArchiveError(.limit(.rememberedDirectories, options.limits.rememberedDirectories))
        }
        if options.whiteouts == .apply { remember(path) }
        current.isTouched = true
        try current.directory.makeDirectory(path.name, mode: 0o700)
        let made = try current.directory.openDirectory(path.name)
        if options.ownership != .current { try made.descriptor.setOwner(uid: 0, gid: 0) }
        try made.descriptor.setPermissions(0o755)
        if isOpaque { try markOpaque(made.descriptor) }
        try made.descriptor.setTimes(accessed: .epoch, modified: .epoch)
    }

    /// What has the name of `path` in the current directory.
    func existingStatus(of path: TreePath) throws(SyscallError) -> FileStatus? {
        do throws(SyscallError) {
            return try current.directory.status(of: path.name)
        } catch  where error.code == .noSuchFile {
            return nil
        }
    }

    /// Takes away what has the name of `path` in the current directory.
    func removeExisting(_ path: TreePath, _ existing: FileStatus) throws {
        current.isTouched = true
        if existing.isDirectory {
            try current.directory.removeTree(path.name)
        } else {
            try current.directory.removeFile(path.name)
        }
        summary.implicitDirectories.remove(path.bytes)
        if existing.isDirectory { try forgetResolution() }
    }

    /// After a directory went away, the current one is found anew: it may have been reached through that one.
    private func forgetResolution() throws {
        guard current !== root else { return }
        try leave(current)
        let path = current.path.zeroTerminated
        let found = try root.directory.resolve(path)
        current = try OpenDirectory(found, path: current.path)
    }
}
