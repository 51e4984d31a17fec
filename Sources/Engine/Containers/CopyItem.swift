internal import Archive
internal import LinuxKernel

/// What `cp` copies: one file of any kind, or a directory with all that is in it. Held by descriptor from the first look.
final class CopyItem {
    /// What a directory that exists gets it as; nothing where only the content is meant.
    let name: String
    let isDirectory: Bool
    /// `/.` at the end: what is in the directory, and not the directory.
    let isContentOnly: Bool
    /// Of a container's, where the kernel's own file systems are left alone.
    private let isContained: Bool
    private let node: OwnedDescriptor
    private let status: FileStatus

    /// - Parameter root: What the path is taken from, as if it were `/`.
    convenience init(
        _ path: String, in root: borrowing OwnedDescriptor, shown: String, follows: Bool
    ) throws {
        let isContentOnly = path.hasSuffix("/.")
        let isFollowed = follows || isContentOnly || path.hasSuffix("/")
        let place = HostDirectory.split(normalized(path) ?? "/")
        let node: OwnedDescriptor
        do throws(SyscallError) {
            if place.name.isEmpty {
                node = try root.resolve("/", .pathOnly)
            } else if isFollowed {
                node = try root.resolve(path, .pathOnly)
            } else {
                node = try root.resolve(place.parent, [.pathOnly, .directory]).open(place.name, [.pathOnly, .noFollow])
            }
        } catch {
            guard [.noSuchFile, .notDirectory, .tooManyLinks].contains(error.code) else { throw error }
            throw EngineError(.notFound, "could not find the file \(shown) in the container")
        }
        // What the kernel makes up is no file of the container's, but for the empty directory that it is mounted on.
        if try node.fileSystemType().isMadeUpByKernel {
            let above = try root.resolve(place.parent, [.pathOnly, .directory])
            guard try above.status().device != node.status().device, try node.status().isDirectory else {
                throw EngineError(.notFound, "could not find the file \(shown) in the container")
            }
        }
        try self.init(node, name: place.name, isContentOnly: isContentOnly, shown: shown, isContained: true)
    }

    /// - Parameter path: Of the host's, taken from the working directory.
    convenience init(onHost path: String, follows: Bool) throws {
        let isContentOnly = path == "." || path.hasSuffix("/.")
        let isFollowed = follows || isContentOnly || path.hasSuffix("/") || path.hasSuffix("..")
        let node = try OwnedDescriptor(open: path, isFollowed ? [.pathOnly] : [.pathOnly, .noFollow])
        let absolute = path.hasPrefix("/") ? path : try workingDirectory() + "/" + path
        try self.init(
            node, name: HostDirectory.split(normalized(absolute) ?? "/").name, isContentOnly: isContentOnly,
            shown: path,
            isContained: false)
    }

    private init(
        _ node: consuming OwnedDescriptor, name: String, isContentOnly: Bool, shown: String, isContained: Bool
    ) throws {
        let status = try node.status()
        if isContentOnly || shown.hasSuffix("/"), !status.isDirectory {
            throw EngineError(.invalidInput, "\(shown): not a directory")
        }
        self.name = name
        self.isContained = isContained
        self.isContentOnly = isContentOnly || name.isEmpty
        self.isDirectory = status.isDirectory
        self.status = status
        self.node = node
    }

    /// The entries, the first one without a name.
    func source() throws -> any EntrySource {
        var reading = TreeReader.Options()
        reading.staysOutOfKernel = isContained
        if isDirectory { return TreeReader(try node.open(".", [.read, .directory]), options: reading) }
        return try SingleFile(node, status)
    }

    /// - Parameters:
    ///   - name: What the first one is called; empty for a directory's content.
    ///   - owner: Of all; `nil` keeps them.
    func entries(as name: String, owner: (uid: UInt32, gid: UInt32)?) throws -> any EntrySource {
        RenamedEntries(try source(), prefix: name, owner: owner)
    }
}

/// Where `cp` copies to: a directory, and the name that the copy gets there.
final class CopyTarget {
    /// Empty if a directory's content goes into the directory.
    let name: String
    private let directory: OwnedDescriptor

    private init(_ directory: consuming OwnedDescriptor, _ name: String) {
        self.directory = directory
        self.name = name
    }

    /// - Parameter root: What the path is taken from, as if it were `/`.
    convenience init(
        _ path: String, in root: borrowing OwnedDescriptor, shown: String, for item: CopyItem
    ) throws {
        let place = try Self.place(of: normalized(path) ?? "/", in: root)
        do throws(SyscallError) {
            let directory = try root.resolve(path.hasSuffix("/.") ? path : place.name.isEmpty ? "/" : path, .pathOnly)
            if try directory.status().isDirectory {
                self.init(try directory.open(".", [.read, .directory]), item.isContentOnly ? "" : item.name)
                return
            }
        } catch {
            guard error.code == .noSuchFile else { throw error }
            if path.hasSuffix("/"), !item.isDirectory { throw EngineError(.notFound, "no such directory: \(shown)") }
            let parent = try root.resolve(place.parent, [.read, .directory])
            self.init(parent, place.name)
            return
        }
        // There is a file of that name.
        if item.isDirectory { throw EngineError(.invalidInput, "cannot copy directory to \(shown): it is a file") }
        if path.hasSuffix("/") || path.hasSuffix("/.") { throw EngineError(.invalidInput, "\(shown): not a directory") }
        self.init(try root.resolve(place.parent, [.read, .directory]), place.name)
    }

    /// The directory and the name that a path leads to where its last component is a link, which stays: its target is
    /// written, or made.
    private static func place(
        of path: String, in root: borrowing OwnedDescriptor
    ) throws(SyscallError) -> (parent: String, name: String) {
        var place = HostDirectory.split(path)
        for _ in 0..<40 {
            let target: String
            do throws(SyscallError) {
                guard !place.name.isEmpty else { return place }
                let link = try root.resolve(place.parent, [.pathOnly, .directory])
                    .open(place.name, [.pathOnly, .noFollow])
                guard try link.status().isSymbolicLink else { return place }
                target = try link.readSymbolicLink()
            } catch  where [.noSuchFile, .notDirectory].contains(error.code) {
                return place
            }
            // Not put in order as a text: what a `..` means behind a link is the kernel's to say.
            var next = target.hasPrefix("/") ? target : "\(place.parent)/\(target)"
            while next.count > 1, next.hasSuffix("/") { next.removeLast() }
            place = HostDirectory.split(next)
            // A directory, which the path as a whole finds; by itself this name would lead out of the one that it is looked up in.
            if place.name == ".." || place.name == "." { return HostDirectory.split(path) }
        }
        throw SyscallError(call: "openat2", subject: path, code: .tooManyLinks)
    }

    /// - Parameter path: Of the host's, taken from the working directory.
    convenience init(_ path: String, onHostFor item: CopyItem) throws {
        let absolute = path.hasPrefix("/") ? path : try workingDirectory() + "/" + path
        guard let place = normalized(absolute) else { throw EngineError(.invalidInput, "invalid path: \(path)") }
        let end = path.hasSuffix("/") || path.hasSuffix("/.") ? "/" : ""
        try self.init(
            place + end, in: try OwnedDescriptor(open: "/", [.pathOnly, .directory]), shown: path, for: item)
    }

    /// - Returns: Bytes of the files.
    func take(_ entries: any EntrySource, _ options: ExtractionOptions) throws -> UInt64 {
        let isNew = try isFree()
        do {
            return try Extractor(into: try directory.open(".", [.read, .directory]), options: options)
                .extract(entries).fileBytes
        } catch {
            // A part of it must not pass for the whole. The first error is the one to tell.
            if isNew {
                let parent = TreeDirectory(try directory.open(".", [.read, .directory]))
                try? parent.removeTree(name)
            }
            throw error
        }
    }

    /// Whether what comes has a name that nothing has.
    private func isFree() throws(SyscallError) -> Bool {
        guard !name.isEmpty else { return false }
        do throws(SyscallError) {
            _ = try directory.open(".", [.read, .directory]).status(of: name)
            return false
        } catch {
            guard error.code == .noSuchFile else { throw error }
            return true
        }
    }
}

/// The entries of a tree under another name.
final class RenamedEntries: EntrySource {
    private let source: any EntrySource
    private let prefix: [UInt8]
    private let owner: (uid: UInt32, gid: UInt32)?

    /// - Parameter prefix: A name without slashes, for the entry `./`, and before all others; empty changes nothing.
    init(_ source: any EntrySource, prefix: String, owner: (uid: UInt32, gid: UInt32)? = nil) {
        self.source = source
        self.prefix = Array(prefix.utf8)
        self.owner = owner
    }

    func next() throws -> ArchiveEntry? {
        while var entry = try source.next() {
            let isRoot = entry.path == Array("./".utf8)
            // A directory that is there keeps its own owner and mode when only content comes into it.
            if isRoot, prefix.isEmpty { continue }
            if !prefix.isEmpty {
                if entry.path.isEmpty {
                    entry.path = prefix
                } else {
                    entry.path = prefix + [UInt8(ascii: "/")] + (isRoot ? [] : entry.path)
                }
                if case .hardLink(let target) = entry.kind {
                    entry.kind = .hardLink(target: prefix + [UInt8(ascii: "/")] + target)
                }
            }
            if let owner { (entry.userID, entry.groupID) = (owner.uid, owner.gid) }
            return entry
        }
        return nil
    }

    func nextChunk() throws -> FileChunk? { try source.nextChunk() }
    func drain() throws { try source.drain() }
}

/// One file that is no directory, as a source with one entry, whose path is empty.
final class SingleFile: EntrySource {
    private var entry: ArchiveEntry?
    private var content: DescriptorSource?
    private var left: UInt64 = 0
    private var offset: UInt64 = 0
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)

    deinit { buffer.deallocate() }

    /// - Parameter node: Named without opening it: a device or FIFO is not touched.
    init(_ node: borrowing OwnedDescriptor, _ status: FileStatus) throws {
        let number = DeviceNumber(raw: status.specialDevice)
        let kind: ArchiveEntry.Kind
        var attributes: [ExtendedAttribute] = []
        if status.isRegularFile {
            kind = .file
            let file = try OwnedDescriptor(open: "/proc/self/fd/\(node.raw)", .read)
            attributes = try file.attributesToKeep()
            left = UInt64(clamping: status.size)
            content = DescriptorSource(file)
        } else if status.isSymbolicLink {
            kind = .symbolicLink(target: Array(try node.readSymbolicLink().utf8))
        } else if status.isCharacterDevice {
            kind = .characterDevice(major: number.major, minor: number.minor)
        } else if status.isBlockDevice {
            kind = .blockDevice(major: number.major, minor: number.minor)
        } else if status.isFifo {
            kind = .fifo
        } else {
            throw EngineError(.unsupported, "a socket cannot be copied")
        }
        var entry = ArchiveEntry(
            path: [], kind: kind, permissions: status.permissions, userID: status.userID, groupID: status.groupID,
            modified: try node.times().modified, size: left)
        entry.attributes = attributes
        self.entry = entry
    }

    func next() throws -> ArchiveEntry? { entry.take() }

    func nextChunk() throws -> FileChunk? {
        guard let content, left > 0 else { return nil }
        let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[..<Int(min(left, UInt64(buffer.count)))])
        let count = try content.read(into: piece)
        guard count > 0 else {
            // It has become shorter since: what was announced must come.
            piece.initializeMemory(as: UInt8.self, repeating: 0)
            return step(piece.count)
        }
        return step(count)
    }

    private func step(_ count: Int) -> FileChunk {
        let chunk = FileChunk(offset: offset, bytes: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        offset += UInt64(count)
        left -= UInt64(count)
        return chunk
    }

    func drain() throws {}
}
