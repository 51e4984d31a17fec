public import LinuxKernel

/// Walks a tree and gives its files as an archive has them: `export`, `commit`, `cp` and copies of layers.
///
/// Everything is opened by descriptor and without following links, so a tree that changes meanwhile gives an archive that
/// is wrong at most, never one of other files. Names come in the order of their bytes, so the same tree gives the same
/// archive. Sockets, which no archive has, are left out.
public final class TreeReader: EntrySource {
    /// What becomes of marks and holes.
    public struct Options: Sendable {
        /// The overlay's marks become an image layer's (`.wh.name`); else they are files as any other.
        public var convertsMarks = false
        /// Files with holes are given as such. Docker's older readers do not know that form.
        public var keepsHoles = false
        /// Whether something is left out, and what is in it if it is a directory: by its path from the root and whether it
        /// is a directory.
        public var leavesOut: (@Sendable (_ path: [UInt8], _ isDirectory: Bool) -> Bool)?
        /// Whether a file need not be opened, since its content is known; it has no attributes then.
        public var knows: (@Sendable (FileStamp) -> Bool)?
        /// What the kernel makes up is not entered: of procfs, sysfs and such there is an empty directory.
        public var staysOutOfKernel = false
        /// The stamps of files are wanted.
        public var stamps = false

        public init() {}
    }

    private let options: Options
    private let root: OwnedDescriptor
    private var open: [OpenTree] = []
    /// Entries that are known but not yet given: marks of a directory come after it.
    private var pending: [ArchiveEntry] = []
    /// Whether the kernel makes up what is on a device.
    private var virtual: [UInt64: Bool] = [:]
    /// The first name of each file that has several.
    private var linked: [FileID: [UInt8]] = [:]
    private var content: FileContent?
    private var started = false
    /// Of the file that was given last: the stamp that it was known by, or that its content can be known by from now on.
    public private(set) var stamp: FileStamp?

    private struct FileID: Hashable {
        let device: UInt64
        let inode: UInt64
    }

    /// How many directories may lie in one another.
    static let maximumDepth = 400

    /// - Parameter root: The directory to walk, open for reading. It is taken over. Its own entry is `./`.
    public init(_ root: consuming OwnedDescriptor, options: Options = Options()) {
        self.root = root
        self.options = options
    }

    public func drain() {}

    /// - Throws: `SyscallError`; `ArchiveError` with `.limit` for a tree that is too deep.
    public func next() throws -> ArchiveEntry? {
        (content, stamp) = (nil, nil)
        if !started {
            started = true
            let directory = TreeDirectory(try root.duplicate())
            let entry = try self.entry(of: directory, path: Array("./".utf8))
            if try !isClosed(directory) { try enter(directory, path: []) }
            return entry
        }
        while true {
            if !pending.isEmpty { return pending.removeFirst() }
            guard let directory = open.last else { return nil }
            guard let name = directory.nextName() else {
                open.removeLast()
                continue
            }
            if let entry = try entry(name, in: directory) { return entry }
        }
    }

    public func nextChunk() throws -> FileChunk? {
        guard let chunk = try content?.next() else {
            content = nil
            return nil
        }
        return chunk
    }

    private func enter(_ directory: consuming TreeDirectory, path: [UInt8]) throws {
        guard open.count < Self.maximumDepth else {
            throw ArchiveError(.limit(.depth, UInt64(Self.maximumDepth)), entry: path)
        }
        if options.convertsMarks, try directory.hidesLowerLayers() {
            pending.append(mark(Array(".wh..wh..opq".utf8), in: path))
        }
        open.append(try OpenTree(directory, path: path))
    }

    /// Whether a directory is given without what is in it.
    private func isClosed(_ directory: borrowing TreeDirectory) throws -> Bool {
        guard options.staysOutOfKernel else { return false }
        let device = try directory.descriptor.status().device
        if let known = virtual[device] { return known }
        let isVirtual = try directory.descriptor.fileSystemType().isMadeUpByKernel
        virtual[device] = isVirtual
        return isVirtual
    }

    private func mark(_ name: [UInt8], in directory: [UInt8]) -> ArchiveEntry {
        ArchiveEntry(path: directory + name, kind: .file, permissions: 0)
    }

    /// What a name stands for; `nil` for what an archive cannot have, and what is gone by now.
    private func entry(_ name: [CChar], in directory: OpenTree) throws -> ArchiveEntry? {
        let bytes = name.dropLast().map { UInt8(bitPattern: $0) }
        let path = directory.path + bytes
        guard let (status, stamp) = try directory.stamped(name) else { return nil }
        if let leavesOut = options.leavesOut, leavesOut(path, status.isDirectory) { return nil }
        switch status.mode & FileKind.mask {
        case FileKind.directory:
            guard let child = try directory.openDirectory(name) else { return nil }
            let entry = try entry(of: child, path: path + [UInt8(ascii: "/")])
            if try !isClosed(child) { try enter(child, path: path + [UInt8(ascii: "/")]) }
            return entry
        case FileKind.characterDevice where status.specialDevice == 0 && options.convertsMarks:
            return mark(Array(".wh.".utf8) + bytes, in: directory.path)
        case FileKind.file, FileKind.symbolicLink, FileKind.characterDevice, FileKind.blockDevice, FileKind.fifo:
            if status.linkCount > 1 {
                let id = FileID(device: status.device, inode: status.inode)
                if let first = linked[id] { return ArchiveEntry(path: path, kind: .hardLink(target: first)) }
                linked[id] = path
            }
            if status.isRegularFile, let knows = options.knows, knows(stamp) {
                self.stamp = stamp
                var entry = describe(status, path: path, kind: .file, modified: stamp.modified)
                entry.size = UInt64(clamping: status.size)
                return entry
            }
            return try leaf(name, in: directory, path: path, status, modified: stamp.modified)
        default:
            return nil  // A socket.
        }
    }

    private func leaf(
        _ name: [CChar], in directory: OpenTree, path: [UInt8], _ status: FileStatus, modified: FileTime
    ) throws -> ArchiveEntry? {
        let device = DeviceNumber(raw: status.specialDevice)
        let kind: ArchiveEntry.Kind
        switch status.mode & FileKind.mask {
        case FileKind.symbolicLink:
            guard let target = try directory.linkTarget(name) else { return nil }
            kind = .symbolicLink(target: target)
        case FileKind.characterDevice: kind = .characterDevice(major: device.major, minor: device.minor)
        case FileKind.blockDevice: kind = .blockDevice(major: device.major, minor: device.minor)
        case FileKind.fifo: kind = .fifo
        default:
            guard let opened = try directory.openContent(name, keepsHoles: options.keepsHoles) else { return nil }
            content = opened
            let stamp = options.stamps ? try opened.settledStamp() : nil
            var entry = try describe(opened.status(), path: path, kind: .file, modified: opened.modified())
            entry.size = opened.size
            entry.sparseMap = opened.map
            entry.attributes = try opened.attributes()
            if entry.attributes.isEmpty { self.stamp = stamp }
            return entry
        }
        return describe(status, path: path, kind: kind, modified: modified)
    }

    private func entry(of directory: borrowing TreeDirectory, path: [UInt8]) throws -> ArchiveEntry {
        var entry = try describe(
            directory.descriptor.status(), path: path, kind: .directory, modified: directory.descriptor.times().modified
        )
        entry.attributes = try directory.descriptor.attributesToKeep()
        return entry
    }

    private func describe(
        _ status: FileStatus, path: [UInt8], kind: ArchiveEntry.Kind, modified: FileTime
    ) -> ArchiveEntry {
        ArchiveEntry(
            path: path, kind: kind, permissions: status.permissions, userID: status.userID, groupID: status.groupID,
            modified: modified)
    }
}

/// `S_IFMT` and its values: stat(2).
private enum FileKind {
    static let mask: UInt32 = 0o170000
    static let directory: UInt32 = 0o040000
    static let file: UInt32 = 0o100000
    static let symbolicLink: UInt32 = 0o120000
    static let characterDevice: UInt32 = 0o020000
    static let blockDevice: UInt32 = 0o060000
    static let fifo: UInt32 = 0o010000
}
