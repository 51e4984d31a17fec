internal import LinuxKernel

/// Names that mark what an image's layer has deleted.
///
/// Source: OCI image-spec, "Whiteouts". Names that begin with `.wh..wh.` are aufs's own; only the opaque mark means something.
private enum Mark {
    static let prefix = Array(".wh.".utf8)
    static let reserved = Array(".wh..wh.".utf8)
    static let opaque = Array(".wh..wh..opq".utf8)
}

extension Extractor {
    /// What a name marks.
    enum Whiteout: Equatable {
        /// The directory that it is in hides what the layers below have there.
        case opaqueDirectory
        /// The name in the same directory is deleted.
        case file(ArraySlice<UInt8>)
        /// Something of aufs's own, of no meaning here.
        case ignored
    }

    /// - Throws: `.badWhiteout` for a mark in the middle of a path or with a name that none can have.
    func whiteoutName(_ path: TreePath) throws(ArchiveError) -> Whiteout? {
        if path.bytes.starts(with: Mark.reserved), !path.parent.isEmpty { return .ignored }
        guard !path.parentPath.parts.contains(where: { $0.starts(with: Mark.prefix) }) else {
            throw ArchiveError(.badWhiteout)
        }
        guard path.nameBytes.starts(with: Mark.prefix) else { return nil }
        if path.nameBytes.elementsEqual(Mark.opaque) { return .opaqueDirectory }
        if path.nameBytes.starts(with: Mark.reserved) { return .ignored }
        let name = path.nameBytes.dropFirst(Mark.prefix.count)
        guard !name.isEmpty, !name.elementsEqual(".".utf8), !name.elementsEqual("..".utf8) else {
            throw ArchiveError(.badWhiteout)
        }
        return .file(name)
    }

    /// Acts on an entry that marks something.
    ///
    /// - Returns: Whether it did; else the entry is an ordinary one.
    func takeWhiteout(_ entry: ArchiveEntry, _ path: TreePath) throws -> Bool {
        // The overlay's own form, as an archive of an overlay's upper directory has it, is taken as well.
        if entry.kind == .characterDevice(major: 0, minor: 0) {
            _ = try whiteoutName(path)
            try delete(path)
            return true
        }
        let whiteout = try whiteoutName(path)
        do {
            switch whiteout {
            case nil: return false
            case .ignored: return true
            case .file(let name): try delete(path.sibling(name))
            case .opaqueDirectory: try makeParentOpaque(path)
            }
        } catch let error as ArchiveError where error.reason == .parentNotDirectory {
            // Where this archive has put a file in the place of a directory, what was in that is gone: umoci says so of
            // each name.
        }
        return true
    }

    /// Marks `path` as deleted. What this archive itself has put there stays: whiteouts are for the layers below.
    private func delete(_ path: TreePath) throws {
        try enterParent(of: path)
        let existing = try existingStatus(of: path)
        if options.whiteouts == .apply {
            guard let existing else { return }
            return try removeUnmade(path, existing)
        }
        if let existing {
            if existing.isDirectory {
                let directory = try current.directory.openDirectory(path.name)
                try markOpaque(directory.descriptor)
            }
            return
        }
        current.isTouched = true
        try current.directory.makeNode(path.name, .characterDevice, DeviceNumber(major: 0, minor: 0), mode: 0)
        guard !current.holdsWhiteouts else { return }
        // The overlay looks for whiteouts only where layers meet, and would list those that are elsewhere. This attribute
        // makes it look here (ovl_path_check_origin_xattr); empty, it says that the origin is not known.
        current.holdsWhiteouts = true
        try current.directory.descriptor.setAttribute(overlayName("origin"), to: [])
    }

    private func makeParentOpaque(_ path: TreePath) throws {
        try enterParent(of: path)
        if options.whiteouts == .apply {
            return try removeUnmade(below: current.directory, path: current.path)
        }
        // An overlay does not look at this mark on the root of a layer: whoever mounts it leaves out the layers below.
        if current === root || current.path.isEmpty { summary.hidesLowerLayers = true }
        try markOpaque(current.directory.descriptor)
    }

    /// Lets nothing of the layers below show in a directory.
    func markOpaque(_ directory: borrowing OwnedDescriptor) throws(SyscallError) {
        guard options.whiteouts == .overlay || options.whiteouts == .overlayInUserNamespace else { return }
        try directory.setAttribute(overlayName("opaque"), to: [UInt8(ascii: "y")])
    }

    private func overlayName(_ name: String) -> String {
        options.whiteouts == .overlayInUserNamespace ? "user.overlay.\(name)" : "trusted.overlay.\(name)"
    }

    /// Whether a file is the overlay's mark, made by this extraction.
    func isWhiteout(_ status: FileStatus) -> Bool {
        (options.whiteouts == .overlay || options.whiteouts == .overlayInUserNamespace)
            && status.isCharacterDevice && status.specialDevice == 0
    }
}

// MARK: - Where the layers below are in the same tree

extension Extractor {
    /// Notes that `path` and the directories on its way are of this archive.
    func remember(_ path: TreePath) {
        var path = path
        while !path.isRoot, made.insert(path.bytes).inserted { path = path.parentPath }
    }

    /// Removes what was there before this archive at and below `path`.
    private func removeUnmade(_ path: TreePath, _ existing: FileStatus) throws {
        guard made.contains(path.bytes) else { return try removeExisting(path, existing) }
        guard existing.isDirectory else { return }
        let directory = try current.directory.openDirectory(path.name)
        try removeUnmade(below: directory, path: path.bytes)
    }

    private func removeUnmade(below directory: borrowing TreeDirectory, path: [UInt8]) throws {
        let (accessed, modified) = try directory.descriptor.times()
        for entry in try directory.names() {
            let child = path.isEmpty ? entry.bytes : path + [UInt8(ascii: "/")] + entry.bytes
            if !made.contains(child) {
                try directory.removeTree(entry.name)
            } else if entry.isDirectory {
                try removeUnmade(below: directory.openDirectory(entry.name), path: child)
            }
        }
        try directory.descriptor.setTimes(accessed: accessed, modified: modified)
    }
}
