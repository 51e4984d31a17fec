internal import Archive
internal import BuildFile
internal import Engine
internal import LinuxKernel
internal import OCISpec

/// A file that was hashed: its name below what was selected, and a digest of all that counts.
struct CopiedFile: Sendable, Equatable {
    let path: String
    let digest: String
}

/// One thing that `COPY` takes from a tree, and where it goes.
struct Selection: Sendable {
    /// In the tree.
    let source: String
    /// In the image, without `/` at the beginning; empty for the root.
    let destination: String
    let isDirectory: Bool
    /// What stands before a name below the source where patterns of `--exclude` are compared with it: they begin at the source, and
    /// with `--parents` where the part begins that is kept.
    var exclusionPrefix = ""
}

/// How files are changed on their way.
struct CopyChanges: Sendable, Equatable {
    var owner: Owner?
    var mode: ModeChange?
    var excluded = IgnoreRules()
    /// Seconds since 1970, the latest time that a file may have.
    var epoch: Int64?

    struct Owner: Equatable, Sendable {
        var uid: UInt32
        var gid: UInt32
    }
}

/// The files of selections as entries of an archive, with their names in the image; hashed on their way.
///
/// The same selections give the same entries in the same order.
final class SelectedEntries: EntrySource {
    private let tree: SourceTree
    private let changes: CopyChanges
    private var selections: ArraySlice<Selection>
    private var current: (any EntrySource)?
    /// Of the file whose turn it is, what its content is known by, or can be from now on.
    private var stamp: () -> FileStamp? = { nil }
    private var selection: Selection?
    /// Directories that the rules leave out, and which are there all the same if something in them is.
    private var withheld: [(entry: ArchiveEntry, plain: ArchiveEntry)] = []
    private var pending: [ArchiveEntry] = []
    private var contentOpen = false

    /// What has passed so far, file by file: the name in the image and a digest of all that counts.
    private(set) var list: [CopiedFile] = []
    private let isListing: Bool
    /// Nobody asks for content: what is known already need not be read.
    private var isForDigests = false
    private var description: [UInt8] = []
    private var content = SHA256Hash()
    private var isHashing = false

    /// - Parameter isListing: Whether files are hashed.
    init(_ tree: SourceTree, _ selections: [Selection], _ changes: CopyChanges, isListing: Bool) {
        self.tree = tree
        self.selections = selections[...]
        self.changes = changes
        self.isListing = isListing
    }

    func next() throws -> ArchiveEntry? {
        try tree.checkCancelled()
        try finishContent()
        if let entry = pending.popLast() { return entry }
        while true {
            if let source = current {
                while let entry = try source.next() {
                    try tree.checkCancelled()
                    if let changed = try changed(entry) { return changed }
                }
                current = nil
                withheld = []
            }
            guard let selection = selections.popFirst() else { return nil }
            self.selection = selection
            current = try open(selection)
        }
    }

    private func open(_ selection: Selection) throws -> any EntrySource {
        guard let node = try tree.open(selection.source) else {
            throw EngineError(.notFound, "\(quoted(selection.source)) is not in \(tree.name) any more")
        }
        guard try selection.isDirectory || node.status().isRegularFile else {
            throw EngineError(.invalidInput, "\(quoted(selection.source)) is neither a file nor a directory")
        }
        let files = isListing ? tree.files : nil
        if !selection.isDirectory, isForDigests, let files {
            let (status, known) = try node.stamped()
            if files.content(of: known) != nil {
                stamp = { known }
                return KnownFile(status, known)
            }
        }
        let opened = try OwnedDescriptor(
            open: "/proc/self/fd/\(node.raw)", selection.isDirectory ? [.read, .directory] : .read)
        guard selection.isDirectory else {
            let reader = try FileReader(opened, path: [], isStamped: files != nil)
            stamp = { reader.stamp }
            return reader
        }
        var options = TreeReader.Options()
        options.stamps = files != nil
        if isForDigests, let files { options.knows = { files.content(of: $0) != nil } }
        let (rules, excluded) = (tree.rules, changes.excluded)
        let prefix = selection.source.isEmpty ? "" : selection.source + "/"
        if !rules.isEmpty || !excluded.isEmpty {
            options.leavesOut = { [tree] path, isDirectory in
                // Then the next entry is the last.
                if (try? tree.checkCancelled()) == nil { return true }
                let text = prefix + String(decoding: path, as: UTF8.self)
                if rules.excludes(text), !isDirectory || !rules.hasExceptions { return true }
                let name = selection.exclusionPrefix + String(decoding: path, as: UTF8.self)
                return excluded.excludes(name) && (!isDirectory || !excluded.hasExceptions)
            }
        }
        let reader = TreeReader(opened, options: options)
        stamp = { reader.stamp }
        return reader
    }

    /// The entry as it is to be in the image; `nil` if it waits for something below it.
    private func changed(_ original: ArchiveEntry) throws -> ArchiveEntry? {
        guard let selection else { return nil }
        var entry = original
        var path = entry.path
        if path.starts(with: [0x2E, 0x2F]) { path.removeFirst(2) }
        let isDirectory = entry.kind == .directory
        if isDirectory, path.last == UInt8(ascii: "/") { path.removeLast() }
        // What is in the tree counts for keys, wherever it goes.
        var plain = entry
        plain.path = path
        if !tree.hasOwners { (plain.userID, plain.groupID) = (0, 0) }
        let inTree = String(
            decoding: Array((selection.source.isEmpty ? "" : selection.source + "/").utf8) + path, as: UTF8.self)
        entry.path = Self.join(selection.destination, path)
        if case .hardLink(let target) = entry.kind {
            entry.kind = .hardLink(target: Self.join(selection.destination, target))
        }
        if let owner = changes.owner {
            (entry.userID, entry.groupID) = (owner.uid, owner.gid)
        } else if !tree.hasOwners {
            (entry.userID, entry.groupID) = (0, 0)
        }
        if let mode = changes.mode {
            switch entry.kind {
            case .symbolicLink, .hardLink: break
            default: entry.permissions = mode.apply(to: entry.permissions, isDirectory: isDirectory)
            }
        }
        if let epoch = changes.epoch, entry.modified.seconds >= epoch { entry.modified = FileTime(seconds: epoch) }
        // What is copied has no name for its owner.
        (entry.userName, entry.groupName) = ([], [])
        func isBelow(_ directory: ArchiveEntry) -> Bool {
            entry.path.starts(with: directory.path + [UInt8(ascii: "/")])
        }
        let ownName = selection.exclusionPrefix + String(decoding: path, as: UTF8.self)
        if isDirectory, !path.isEmpty, tree.rules.excludes(inTree) || changes.excluded.excludes(ownName) {
            withheld.removeAll { !isBelow($0.entry) }
            withheld.append((entry, plain))
            return nil
        }
        var above = withheld.filter { isBelow($0.entry) }
        withheld = []
        // The directories first; this entry's content is asked for when its turn comes.
        for directory in above { list(directory.plain) }
        begin(plain)
        guard !above.isEmpty else { return entry }
        let first = above.removeFirst()
        pending = [entry] + above.map(\.entry).reversed()
        return first.entry
    }

    private static func join(_ prefix: String, _ path: [UInt8]) -> [UInt8] {
        if prefix.isEmpty { return path.isEmpty ? Array("./".utf8) : path }
        return path.isEmpty ? Array(prefix.utf8) : Array("\(prefix)/".utf8) + path
    }

    func nextChunk() throws -> FileChunk? {
        // Of directories that go before a file, nothing is content.
        guard pending.isEmpty, let chunk = try current?.nextChunk() else { return nil }
        if isListing { content.update(chunk.bytes) }
        return chunk
    }

    func drain() throws { try finishContent() }

    // MARK: Hashing

    private func begin(_ entry: ArchiveEntry) {
        guard isListing else { return }
        description = Self.describe(entry)
        lastPath = String(decoding: entry.path, as: UTF8.self)
        lastStamp = entry.kind == .file ? stamp() : nil
        content = SHA256Hash()
        isHashing = true
    }

    private var lastPath = ""
    private var lastStamp: FileStamp?

    private func finishContent() throws {
        guard isHashing, pending.isEmpty else { return }
        isHashing = false
        list.append(
            CopiedFile(
                path: lastPath,
                digest: SHA256Hash.digest(of: description + Array(try contentDigest().hex.utf8)).hex))
    }

    private func contentDigest() throws -> Digest {
        if isForDigests, let lastStamp, let known = tree.files?.content(of: lastStamp) { return known }
        // What nobody has read counts, too.
        while let chunk = try current?.nextChunk() { content.update(chunk.bytes) }
        let digest = content.finish()
        if let lastStamp { tree.files?.note(digest, of: lastStamp) }
        return digest
    }

    private func list(_ entry: ArchiveEntry) {
        guard isListing else { return }
        list.append(
            CopiedFile(
                path: String(decoding: entry.path, as: UTF8.self),
                digest: SHA256Hash.digest(of: Self.describe(entry)).hex))
    }

    /// Everything about an entry but its content and its time.
    private static func describe(_ entry: ArchiveEntry) -> [UInt8] {
        var key = FieldHash()
        key.take("path", entry.path)
        switch entry.kind {
        case .file: key.take("kind", "file")
        case .directory: key.take("kind", "directory")
        case .hardLink(let target): key.take("hard link", target)
        case .symbolicLink(let target): key.take("symbolic link", target)
        case .characterDevice(let major, let minor): key.take("character device", "\(major):\(minor)")
        case .blockDevice(let major, let minor): key.take("block device", "\(major):\(minor)")
        case .fifo: key.take("kind", "fifo")
        }
        key.take("mode", String(entry.permissions, radix: 8))
        key.take("owner", "\(entry.userID):\(entry.groupID)")
        key.take("size", "\(entry.size)")
        for attribute in entry.attributes {
            key.take("attribute", attribute.name)
            key.take("value", attribute.value)
        }
        return Array(key.digest.utf8)
    }

    /// Reads everything, for its digests alone.
    func hashAll() throws -> [CopiedFile] {
        isForDigests = true
        while try next() != nil {}
        return list
    }
}

/// A file whose content is known, as the only entry.
private final class KnownFile: EntrySource {
    private var entry: ArchiveEntry?

    init(_ status: FileStatus, _ stamp: FileStamp) {
        entry = ArchiveEntry(
            path: [], kind: .file, permissions: status.permissions, userID: status.userID, groupID: status.groupID,
            modified: stamp.modified, size: UInt64(clamping: status.size))
    }

    func next() -> ArchiveEntry? {
        defer { entry = nil }
        return entry
    }

    func nextChunk() -> FileChunk? { nil }
    func drain() {}
}

/// A name in a message.
func quoted(_ text: String) -> String { "\"\(text.prefix(200))\"" }
