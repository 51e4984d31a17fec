internal import LinuxKernel

extension Extractor {
    func makeFile(_ entry: ArchiveEntry, _ path: TreePath, _ source: any EntrySource) throws {
        let file = try newFile(path)
        var end: UInt64 = 0
        while let chunk = try source.nextChunk() {
            try file.write(chunk.bytes, at: chunk.offset)
            end = chunk.offset + UInt64(chunk.bytes.count)
            summary.fileBytes += UInt64(chunk.bytes.count)
        }
        // A hole at the end is not written.
        if end < entry.size { try file.truncate(to: Int64(clamping: entry.size)) }
        try applyMetadata(entry, to: file)
        try file.setTimes(accessed: entry.accessed ?? entry.modified, modified: entry.modified)
        try file.close()
    }

    func makeDirectory(_ entry: ArchiveEntry, _ path: TreePath) throws {
        var isOpaque = false
        var exists = false
        if let existing = try existingStatus(of: path) {
            exists = existing.isDirectory
            if !exists {
                // The whiteout took away the directory of the layers below, and this one is new: nothing of theirs shows.
                isOpaque = isWhiteout(existing)
                try removeExisting(path, existing)
            }
        }
        if !exists {
            current.isTouched = true
            try current.directory.makeDirectory(path.name, mode: 0o700)
        }
        let made = try current.directory.openDirectory(path.name)
        try applyMetadata(entry, to: made.descriptor, directory: path.bytes)
        if isOpaque { try markOpaque(made.descriptor) }
        let directory = OpenDirectory(
            made, path: path.bytes, accessed: entry.accessed ?? entry.modified, modified: entry.modified)
        // Its files mostly follow. Its times are set when it is left.
        directory.isTouched = true
        try enter(directory)
    }

    /// The root is there already, and stays a directory.
    func applyToRoot(_ entry: ArchiveEntry) throws {
        guard entry.kind == .directory else { throw ArchiveError(.rootNotDirectory) }
        rootHasEntry = true
        try applyMetadata(entry, to: root.directory.descriptor, directory: [])
        (root.accessed, root.modified) = (entry.accessed ?? entry.modified, entry.modified)
        root.isTouched = true
    }

    func makeSymbolicLink(_ entry: ArchiveEntry, _ path: TreePath, target: [UInt8]) throws {
        let text = target.zeroTerminated
        try replacing(path) { () throws(SyscallError) in
            try current.directory.makeSymbolicLink(path.name, target: text)
        }
        for attribute in entry.attributes { drop(attribute) }
        _ = try giveOwner(of: entry, to: path.name)
        try current.directory.setTimes(
            of: path.name, accessed: entry.accessed ?? entry.modified, modified: entry.modified)
    }

    /// Gives what the archive put at `target` a second name. All else that the entry says belongs to the first.
    func makeHardLink(_ path: TreePath, target: [UInt8]) throws {
        let target = try TreePath(target)
        guard !target.isRoot else { throw ArchiveError(.badHardLink) }
        if options.whiteouts != .literal, try whiteoutName(target) != nil { throw ArchiveError(.badHardLink) }
        do {
            let directory = try targetDirectory(of: target)
            let linked = try directory.directory.status(of: target.name)
            guard !linked.isDirectory else { throw ArchiveError(.badHardLink) }
            // A link to itself must not be removed to make room for it.
            if let existing = try existingStatus(of: path), existing.inode == linked.inode,
                existing.device == linked.device
            {
                return
            }
            try replacing(path) { () throws(SyscallError) in
                try current.directory.makeHardLink(path.name, to: target.name, in: directory.directory)
            }
        } catch let error as SyscallError where error.code == .noSuchFile || error.code == .notDirectory {
            throw ArchiveError(.badHardLink)
        }
    }

    private func targetDirectory(of target: TreePath) throws(SyscallError) -> OpenDirectory {
        if target.parent.elementsEqual(current.path) { return current }
        if target.parent.isEmpty { return root }
        let found = try root.directory.resolve(target.parentName)
        return OpenDirectory(found, path: Array(target.parent), accessed: .epoch, modified: .epoch)
    }

    func makeDevice(
        _ entry: ArchiveEntry, _ path: TreePath, _ kind: NodeKind, _ device: DeviceNumber
    ) throws {
        switch options.devices {
        case .make: try makeNode(entry, path, kind, device)
        case .skip: summary.skippedDevices += 1
        case .refuse: throw ArchiveError(.deviceNotPermitted)
        }
    }

    func makeNode(
        _ entry: ArchiveEntry, _ path: TreePath, _ kind: NodeKind, _ device: DeviceNumber
    ) throws {
        try replacing(path) { () throws(SyscallError) in
            try current.directory.makeNode(path.name, kind, device, mode: 0o600)
        }
        for attribute in entry.attributes { drop(attribute) }
        // By descriptor, for a mode set by name would follow a link.
        let node = try current.directory.openNode(path.name)
        let isMapped = try giveOwner(of: entry, to: path.name)
        try node.setPermissionsOfNode(isMapped ? entry.permissions : entry.permissions & 0o1777)
        try current.directory.setTimes(
            of: path.name, accessed: entry.accessed ?? entry.modified, modified: entry.modified)
    }

    private func newFile(_ path: TreePath) throws -> OwnedDescriptor {
        current.isTouched = true
        do throws(SyscallError) {
            return try current.directory.makeFile(path.name, mode: 0o600)
        } catch  where error.code == .fileExists {
            try makeRoom(path)
            return try current.directory.makeFile(path.name, mode: 0o600)
        }
    }

    /// Makes something in the current directory, in the place of what has its name now.
    private func replacing(_ path: TreePath, _ make: () throws(SyscallError) -> Void) throws {
        current.isTouched = true
        do throws(SyscallError) {
            try make()
        } catch  where error.code == .fileExists {
            try makeRoom(path)
            try make()
        }
    }

    private func makeRoom(_ path: TreePath) throws {
        if let existing = try existingStatus(of: path) { try removeExisting(path, existing) }
    }
}
