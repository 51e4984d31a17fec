internal import Archive
internal import BuildFile
internal import Engine
internal import LinuxKernel
internal import OCISpec

extension StageBuilder {
    /// `COPY`, and `ADD` with what it has beside.
    func apply(_ copy: Copy, _ add: Add?, _ step: Step) throws {
        var words = try copy.sources.map { (text) throws(ExpansionError) in try expand(text) }
        let destination = try expand(copy.destination)
        guard words.allSatisfy({ !$0.utf8.contains(0) }), !destination.utf8.contains(0) else {
            throw EngineError(.invalidInput, "NUL in a path")
        }
        guard !destination.isEmpty else { throw EngineError(.invalidInput, "the destination is empty") }
        var changes = CopyChanges()
        changes.epoch = build.request.epoch
        changes.excluded = try IgnoreRules(
            patterns: try copy.excluded.map { (text) throws(ExpansionError) in try expand(text) })
        changes.mode = try copy.mode.map { text in try ModeChange(try self.expand(text)) }
        let ownerText = try copy.owner.map { (text) throws(ExpansionError) in try expand(text) }

        var additions: [Addition] = []
        if add != nil {
            let checksum = try add?.checksum.map { (text) throws(ExpansionError) in try expand(text) }
            let remote = words.filter(Addition.isRemote)
            guard checksum == nil || remote.count == 1 && words.count == 1 else {
                throw EngineError(.invalidInput, "--checksum is for one source, which is an address")
            }
            let isInto = Self.namesDirectory(destination)
            additions = try remote.map {
                try Addition(remote: $0, add, checksum: checksum, isInto: isInto, self)
            }
            words = words.filter { !Addition.isRemote($0) }
        }
        let tree =
            words.isEmpty ? nil : try build.tree(copy.from, in: stage.index, platform, forMounting: false)
        let documents = try copy.documents.map { document in
            var expansion = WordExpansion(variables, escape: build.file.escape)
            return (
                document.name, Array((document.expands ? try expansion.document(document.text) : document.text).utf8)
            )
        }
        let isInto = Self.namesDirectory(destination)
        let target = SourceTree.normalized(state.absolute(destination))
        var sources: [String] = []
        for word in words {
            guard let tree else { break }
            let found = try Self.sources(word, in: tree, withParents: copy.parents)
            sources += found
        }
        let hasFound = !sources.isEmpty
        if let tree, !changes.excluded.isEmpty {
            sources = try sources.filter { source in
                let name =
                    copy.parents ? Self.parentsPart(source, words) : source.split(separator: "/").last.map(String.init)
                return try isDirectory(source, in: tree) || !changes.excluded.excludes(name ?? "")
            }
        }
        guard hasFound || !documents.isEmpty || !additions.isEmpty else {
            throw EngineError(
                .notFound,
                "nothing in \(tree?.name ?? "") matches \(words.map { quoted($0) }.joined(separator: " or "))")
        }
        guard isInto || sources.count + documents.count + additions.count <= 1 else {
            throw EngineError(
                .invalidInput,
                "with more than one source the destination must be a directory and end with \"/\": \(destination)/")
        }
        let title =
            "\(step.instruction.keyword) \(Self.flagsText(copy, add))\((copy.sources + copy.documents.map { "<<\($0.name)" } + [copy.destination]).joined(separator: " "))"
        let history =
            "\(step.instruction.keyword) \(Self.flagsText(copy, add))\((words + documents.map { "<<\($0.0)" } + additions.map(\.name) + [destination]).joined(separator: " "))"

        var key = copy.link ? linkKey(step.instruction.keyword) : key(step.instruction.keyword)
        key.add("destination", (isInto ? "into " : "") + state.absolute(destination))
        key.add("flags", Self.flagsText(copy, add))
        key.add("owner", ownerText ?? "")
        // A name means what the users of the image below say.
        if let ownerText, copy.link { key.add("owner's numbers", try ownerOnCurrent(ownerText)) }
        for (name, bytes) in documents { key.add("here-document \(name)", bytes) }
        for addition in additions { key.add("remote \(addition.name)", addition.identity) }
        var lists: [[CopiedFile]] = []
        if let tree {
            for source in sources {
                let selection = Selection(
                    source: source, destination: "", isDirectory: try isDirectory(source, in: tree),
                    exclusionPrefix: copy.parents ? Self.parentsPart(source, words) + "/" : "")
                lists.append(try SelectedEntries(tree, [selection], changes, isListing: true).hashAll())
            }
        }
        let start = key
        /// The key with what the files are.
        func withFiles(_ lists: [[CopiedFile]]) -> CacheKey {
            var key = start
            for (index, (source, list)) in zip(sources, lists).enumerated() {
                for file in list {
                    let name = source.isEmpty || file.path.isEmpty ? source + file.path : "\(source)/\(file.path)"
                    key.add("file: source \(index + 1) \(name)", "#" + String(file.digest.prefix(32)))
                }
            }
            return key
        }
        key = withFiles(lists)

        let job = CopyJob(
            tree: tree, sources: sources, documents: documents, additions: additions, target: target, isInto: isInto,
            changes: changes, owner: ownerText, unpacks: add.map { $0.unpacks ?? true } ?? false,
            unpacksDownloads: add?.unpacks == true, parents: copy.parents,
            words: words)
        if copy.link {
            try layerStep(step, title, key, history: history) { _ in
                let numbers = try ownerText.map { _ in try ownerNumbers(ownerText ?? "") }
                let root = try BuildRoot(build.session, on: [])
                let copied = try perform(job, in: root, ownerNumbers: numbers)
                let layer = try root.commit(epoch: build.request.epoch)
                try build.session.place(layer, on: state.layers)
                return (layer, withFiles(zip(lists, copied).map { $1 ?? $0 }))
            }
        } else {
            try layerStep(step, title, key, history: history) { _ in
                let root = try BuildRoot(build.session, on: state.layers)
                let copied = try perform(job, in: root, ownerNumbers: try ownerText.map { try root.owner($0) })
                // A file may have changed since it was looked at: what is remembered is what was copied.
                return (try root.commit(epoch: build.request.epoch), withFiles(zip(lists, copied).map { $1 ?? $0 }))
            }
        }
    }

    /// The key of a layer that does not depend on what is below.
    private func linkKey(_ instruction: String) -> CacheKey {
        // The layers below are part of it all the same: it is there on them that it has to be.
        var key = key(instruction)
        key.add("link", "true")
        return key
    }

    private func ownerNumbers(_ text: String) throws -> (uid: UInt32, gid: UInt32) {
        let root = try BuildRoot(build.session, on: state.layers)
        let owner = try root.owner(text)
        try root.close()
        return owner
    }

    private func ownerOnCurrent(_ text: String) throws -> String {
        let owner = try ownerNumbers(text)
        return "\(owner.uid):\(owner.gid)"
    }

    /// `a/`, `.`, `a/.`: a directory, whether it is there or not.
    static func namesDirectory(_ text: String) -> Bool {
        text.hasSuffix("/") || text == "." || text.hasSuffix("/.") || text == ".." || text.hasSuffix("/..")
    }

    /// What a word means in a tree. A pattern may mean nothing, as long as another word means something.
    ///
    /// - Parameter withParents: `**` stands for any number of directories.
    private static func sources(_ word: String, in tree: SourceTree, withParents: Bool) throws -> [String] {
        let path = SourceTree.normalized(word)
        if PathPattern.isPattern(word) {
            return try tree.paths(matching: path, spansDirectories: withParents)
        }
        guard try tree.open(path) != nil else {
            throw EngineError(.notFound, tree.absence(of: path, named: word))
        }
        return [path]
    }

    private func isDirectory(_ source: String, in tree: SourceTree) throws -> Bool {
        guard let node = try tree.open(source) else { return false }
        return try node.status().isDirectory
    }

    private static func flagsText(_ copy: Copy, _ add: Add?) -> String {
        var flags: [String] = []
        if let from = copy.from { flags.append("--from=\(from)") }
        if let owner = copy.owner { flags.append("--chown=\(owner)") }
        if let mode = copy.mode { flags.append("--chmod=\(mode)") }
        if copy.link { flags.append("--link") }
        if copy.parents { flags.append("--parents") }
        for pattern in copy.excluded { flags.append("--exclude=\(pattern)") }
        if let checksum = add?.checksum { flags.append("--checksum=\(checksum)") }
        if add?.keepsGitDirectory == true { flags.append("--keep-git-dir") }
        if let unpacks = add?.unpacks { flags.append("--unpack=\(unpacks)") }
        return flags.isEmpty ? "" : flags.joined(separator: " ") + " "
    }
}

/// One `COPY` or `ADD`, resolved.
struct CopyJob {
    let tree: SourceTree?
    let sources: [String]
    let documents: [(name: String, bytes: [UInt8])]
    let additions: [Addition]
    /// In the image, without `/` at the beginning.
    let target: String
    /// The target is a directory even if it is not there.
    let isInto: Bool
    let changes: CopyChanges
    let owner: String?
    /// Archives of the context are unpacked.
    let unpacks: Bool
    /// Archives of the web are, too.
    let unpacksDownloads: Bool
    let parents: Bool
    let words: [String]
}

extension StageBuilder {
    /// Copies everything.
    ///
    /// - Returns: For each source the files that were copied; `nil` for an archive that was unpacked.
    fileprivate func perform(
        _ job: CopyJob, in root: BuildRoot, ownerNumbers: (uid: UInt32, gid: UInt32)?
    ) throws -> [[CopiedFile]?] {
        var copied: [[CopiedFile]?] = []
        var changes = job.changes
        changes.owner = ownerNumbers.map { CopyChanges.Owner(uid: $0.uid, gid: $0.gid) }
        let isInto = try job.isInto || isDirectory(job.target, in: root)
        for source in job.sources {
            guard let tree = job.tree else { break }
            let node = try tree.open(source)
            guard let status = try node?.status() else {
                throw EngineError(.notFound, "\(quoted(source)) is not in \(tree.name) any more")
            }
            if status.isDirectory {
                let place = job.parents ? Self.join(job.target, Self.parentsPart(source, job.words)) : job.target
                let prefix = job.parents ? Self.parentsPart(source, job.words) + "/" : ""
                copied.append(
                    try self.copy(tree, source, to: place, isDirectory: true, changes, root, exclusionPrefix: prefix))
            } else if job.unpacks, try unpack(tree, source, to: job.target, changes, root) {
                copied.append(nil)
            } else {
                let name = String(source.split(separator: "/").last ?? "")
                let place =
                    job.parents
                    ? Self.join(job.target, Self.parentsPart(source, job.words))
                    : isInto ? Self.join(job.target, name) : job.target
                copied.append(try self.copy(tree, source, to: place, isDirectory: false, changes, root))
            }
        }
        for (name, bytes) in job.documents {
            try write(bytes, to: isInto ? Self.join(job.target, name) : job.target, mode: 0o644, changes, root)
        }
        for addition in job.additions {
            try addition.perform(in: root, self, job, isInto: isInto, changes)
        }
        return copied
    }

    /// With `--parents`, the part of a source's path that is kept: what stands behind `/./`, or all of it.
    private static func parentsPart(_ source: String, _ words: [String]) -> String {
        for word in words {
            guard let range = word.range(ofText: "/./") else { continue }
            let pivot = SourceTree.normalized(String(word[..<range]))
            if source.hasPrefix(pivot + "/") { return String(source.dropFirst(pivot.utf8.count + 1)) }
        }
        return source
    }

    static func join(_ directory: String, _ name: String) -> String {
        directory.isEmpty ? name : "\(directory)/\(name)"
    }

    private func isDirectory(_ path: String, in root: BuildRoot) throws -> Bool {
        let tree = try root.open()
        guard let node = try tree.resolveIfPresent(path) else { return false }
        return try node.status().isDirectory
    }

    @discardableResult
    func copy(
        _ tree: SourceTree, _ source: String, to place: String, isDirectory: Bool, _ changes: CopyChanges,
        _ root: BuildRoot, exclusionPrefix: String = ""
    ) throws -> [CopiedFile] {
        let parent = isDirectory ? place : Self.parent(of: place)
        try makeDirectories(parent, in: root, owner: changes.owner)
        // The directory that receives the files keeps its own owner and mode.
        let kept: Set<[UInt8]> = isDirectory ? [Array(place.utf8)] : []
        return try CopyOut.copy(
            tree,
            [
                Selection(
                    source: source, destination: place, isDirectory: isDirectory, exclusionPrefix: exclusionPrefix)
            ], changes, into: root.open(), isListing: true, guarding: CopyGuard(root: try root.open(), kept: kept))
    }

    func write(_ bytes: [UInt8], to place: String, mode: UInt32, _ changes: CopyChanges, _ root: BuildRoot) throws {
        try makeDirectories(Self.parent(of: place), in: root, owner: changes.owner)
        var entry = ArchiveEntry(
            path: Array(place.utf8), kind: .file,
            permissions: changes.mode?.apply(to: mode, isDirectory: false) ?? mode,
            userID: changes.owner?.uid ?? 0, groupID: changes.owner?.gid ?? 0, modified: build.directoryTime)
        entry.size = UInt64(bytes.count)
        let archive = MemorySink()
        let writer = TarWriter(archive)
        try writer.begin(entry)
        try bytes.withUnsafeBytes { try writer.write($0) }
        try writer.finish()
        let source = GuardedEntries(
            TarReader(MemorySource(archive.bytes)), CopyGuard(root: try root.open(), kept: []))
        _ = try Extractor(into: root.open(), options: ExtractionOptions()).extract(source)
    }

    static func parent(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
    }

    /// Unpacks a file that is an archive.
    ///
    /// - Returns: `false` if it is none.
    func unpack(
        _ tree: SourceTree, _ source: String, to place: String, _ changes: CopyChanges, _ root: BuildRoot
    ) throws -> Bool {
        guard let node = try tree.open(source), try node.status().isRegularFile else { return false }
        func opened() throws -> OwnedDescriptor { try OwnedDescriptor(open: "/proc/self/fd/\(node.raw)", .read) }
        guard TarDetection.isArchive(try opened()) else { return false }
        try unpack(DescriptorSource(try opened()), to: place, changes, root)
        return true
    }

    func unpack(_ source: any ByteSource, to place: String, _ changes: CopyChanges, _ root: BuildRoot) throws {
        try makeDirectories(place, in: root, owner: nil)
        let reader = TarReader(try DecompressedSource(source))
        let entries = ChangedEntries(reader, changes)
        let destination = try root.open().resolve(place.isEmpty ? "." : place, [.read, .directory])
        _ = try Extractor(into: destination, options: ExtractionOptions()).extract(entries)
    }
}

/// Entries of an archive with another owner and mode, if asked for, and no time later than a given one. What it says of its
/// own root is left out: the directory that it is unpacked in stays as it is, as with Docker.
private final class ChangedEntries: EntrySource {
    private let source: any EntrySource
    private let changes: CopyChanges

    init(_ source: any EntrySource, _ changes: CopyChanges) {
        self.source = source
        self.changes = changes
    }

    func next() throws -> ArchiveEntry? {
        var found = try source.next()
        while let entry = found, entry.kind == .directory, Self.isRoot(entry.path) {
            found = try source.next()
        }
        guard var entry = found else { return nil }
        if let owner = changes.owner { (entry.userID, entry.groupID) = (owner.uid, owner.gid) }
        if let mode = changes.mode {
            entry.permissions = mode.apply(to: entry.permissions, isDirectory: entry.kind == .directory)
        }
        if let epoch = changes.epoch, entry.modified.seconds >= epoch { entry.modified = FileTime(seconds: epoch) }
        return entry
    }

    private static func isRoot(_ path: [UInt8]) -> Bool {
        [".", "/"].contains(cleanPath(String(decoding: path, as: UTF8.self)))
    }

    func nextChunk() throws -> FileChunk? { try source.nextChunk() }
    func drain() throws { try source.drain() }
}

/// Whether a file is an archive, packed or not, by what is in it.
enum TarDetection {
    static func isArchive(_ file: consuming OwnedDescriptor) -> Bool {
        guard let source = try? DecompressedSource(DescriptorSource(file)) else { return false }
        var block = [UInt8](repeating: 0, count: 512)
        guard
            let count = try? block.withUnsafeMutableBytes({ (room) throws -> Int in
                var done = 0
                while done < room.count {
                    let got = try source.read(into: UnsafeMutableRawBufferPointer(rebasing: room[done...]))
                    if got == 0 { break }
                    done += got
                }
                return done
            }), count == 512
        else { return false }
        // The header's sum, with blanks in the place where it stands (POSIX ustar).
        guard !block.allSatisfy({ $0 == 0 }) else { return false }
        let field = block[148..<156].filter { (UInt8(ascii: "0")...UInt8(ascii: "7")).contains($0) }
        guard !field.isEmpty, let stored = Int(String(decoding: field, as: UTF8.self), radix: 8) else { return false }
        let sum = block.enumerated().reduce(0) { $0 + ((148..<156).contains($1.offset) ? 32 : Int($1.element)) }
        return sum == stored
    }
}

extension String {
    /// Where another text begins in this one.
    func range(ofText text: String) -> String.Index? {
        var at = startIndex
        while at < endIndex {
            if self[at...].hasPrefix(text) { return at }
            at = index(after: at)
        }
        return nil
    }
}
