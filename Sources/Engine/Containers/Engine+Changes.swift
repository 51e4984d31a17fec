internal import Archive
internal import LayerStore
internal import LinuxKernel
internal import OCISpec

/// A file that a container has changed: Docker's object of `containers/ID/changes`.
public struct FileChange: Encodable, Equatable, Sendable {
    public enum Kind: Int, Encodable, Sendable {
        case changed = 0
        case added = 1
        case deleted = 2
    }

    public let path: String
    public let kind: Kind

    enum CodingKeys: String, CodingKey {
        case path = "Path"
        case kind = "Kind"
    }

    /// `C`, `A` or `D`.
    public var letter: String {
        switch kind {
        case .changed: "C"
        case .added: "A"
        case .deleted: "D"
        }
    }
}

extension Engine {
    /// What a container has changed of its image's files, by path.
    public func changes(of reference: String) throws(EngineError) -> [FileChange] {
        let record = try store.container(reference)
        let files = locations.container(record.id)
        do {
            guard exists(files.upper) else { return [] }
            guard try !layerStore.holdsCopy(work: files.work) else {
                throw EngineError(
                    .unsupported, "there is no overlay here that would tell what container \(record.name) has changed")
            }
            let trees = try layerStore
            let layers = try store.image(record.imageID)?.layers.reversed().map { layer in
                trees.treePath(of: ChainID(try Digest("sha256:\(layer.chainID)")))
            }
            let lower = try LowerLayers(layers ?? [])
            let own = try OwnedDescriptor(open: files.upper, [.read, .directory])
            let made = try MountPoints.emptyDirectories(in: own)
            var reading = TreeReader.Options()
            reading.convertsMarks = true
            let upper = TreeReader(try OwnedDescriptor(open: files.upper, [.read, .directory]), options: reading)
            var found: [FileChange] = []
            var seen = UpperTree()
            while let entry = try upper.next() {
                seen.add(entry)
                guard let change = try change(entry, lower) else { continue }
                if change.kind == .added, made.contains(String(change.path.dropFirst())) { continue }
                if change.kind == .changed, try MountPoints.isAsBelow(entry, in: own, lower) { continue }
                found.append(change)
            }
            // What an opaque directory hides is deleted, but for what is there again.
            for directory in seen.hiding {
                for name in try lower.names(in: directory) {
                    let path = directory + [UInt8(ascii: "/")] + Array(name.utf8)
                    guard !seen.paths.contains(path) else { continue }
                    found.append(FileChange(path: "/" + Self.text(path), kind: .deleted))
                }
            }
            return found.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        } catch {
            throw .wrapping(error, while: "look for changes of container \(record.name)")
        }
    }

    private func change(_ entry: ArchiveEntry, _ lower: LowerLayers) throws -> FileChange? {
        var path = entry.path
        if path.last == UInt8(ascii: "/") { path.removeLast() }
        guard path != Array(".".utf8), !path.isEmpty else { return nil }
        let start = (path.lastIndex(of: UInt8(ascii: "/")) ?? -1) + 1
        let name = path[start...]
        let mark = Array(".wh.".utf8)
        if name.elementsEqual(Array(".wh..wh..opq".utf8)) { return nil }
        if name.starts(with: mark) {
            return FileChange(path: "/" + Self.text(path[..<start] + name.dropFirst(mark.count)), kind: .deleted)
        }
        let isThere = try lower.have(path)
        if !isThere || MountPoints.isMark(entry), MountPoints.isFileMadeForMount(entry) { return nil }
        return FileChange(path: "/" + Self.text(path), kind: isThere ? .changed : .added)
    }

    private static func text(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }
}

/// What is in a container's own layer, without `/` at the end of its paths.
private struct UpperTree {
    var paths: Set<[UInt8]> = []
    /// Directories behind which nothing of the layers below shows: opaque ones, and those in them.
    var hiding: [[UInt8]] = []
    private var opaque: [[UInt8]] = []

    mutating func add(_ entry: ArchiveEntry) {
        let slash = UInt8(ascii: "/")
        let mark = Array("/.wh..wh..opq".utf8)
        if entry.path.count > mark.count, entry.path.suffix(mark.count).elementsEqual(mark) {
            let directory = Array(entry.path.dropLast(mark.count))
            if hiding.last != directory { hiding.append(directory) }
            opaque.append(directory + [slash])
            return
        }
        guard entry.kind == .directory, entry.path.last == slash else {
            paths.insert(entry.path)
            return
        }
        let directory = Array(entry.path.dropLast())
        paths.insert(directory)
        if opaque.contains(where: { entry.path.starts(with: $0) }) { hiding.append(directory) }
    }
}

/// The layers below a container's own, as one tree.
final class LowerLayers {
    private final class Layer {
        let root: OwnedDescriptor
        init(_ root: consuming OwnedDescriptor) { self.root = root }
    }

    private let layers: [Layer]

    /// - Parameter paths: Highest first.
    init(_ paths: [String]) throws(SyscallError) {
        layers = try paths.map { path throws(SyscallError) in
            Layer(try OwnedDescriptor(open: path, [.read, .directory]))
        }
    }

    private enum Answer: Equatable { case present(FileStatus), absent, below }

    /// Whether there is something of this name, relative to the root.
    func have(_ path: [UInt8]) throws -> Bool { try status(of: path) != nil }

    /// What is there under a name, relative to the root.
    func status(of path: [UInt8]) throws -> FileStatus? {
        let parts = path.split(separator: UInt8(ascii: "/")).map { String(decoding: $0, as: UTF8.self) }
        for layer in layers {
            switch try answer(parts[...], in: layer.root) {
            case .present(let status): return status
            case .absent: return nil
            case .below: continue
            }
        }
        return nil
    }

    /// What a directory shows, relative to the root; nothing if it is not there.
    func names(in path: [UInt8]) throws -> Set<String> {
        let parts = path.split(separator: UInt8(ascii: "/")).map { String(decoding: $0, as: UTF8.self) }
        var shown: Set<String> = []
        var hidden: Set<String> = []
        for layer in layers where try !addNames(parts[...], in: layer.root, &shown, &hidden) { break }
        return shown
    }

    /// - Returns: Whether the layers below show there, too.
    private func addNames(
        _ parts: ArraySlice<String>, in directory: borrowing OwnedDescriptor, _ shown: inout Set<String>,
        _ hidden: inout Set<String>
    ) throws -> Bool {
        let isOpaque = try directory.attribute("trusted.overlay.opaque") == Array("y".utf8)
        guard let name = parts.first else {
            for entry in try directory.entries() where !hidden.contains(entry.name) {
                let status = try directory.status(of: entry.name)
                if status.isCharacterDevice, status.specialDevice == 0 {
                    hidden.insert(entry.name)
                } else {
                    shown.insert(entry.name)
                }
            }
            return !isOpaque
        }
        let status: FileStatus
        do throws(SyscallError) {
            status = try directory.status(of: name)
        } catch {
            guard error.code == .noSuchFile else { throw error }
            return !isOpaque
        }
        guard status.isDirectory else { return false }
        let next = try directory.open(name, [.read, .directory, .noFollow])
        return try addNames(parts.dropFirst(), in: next, &shown, &hidden) && !isOpaque
    }

    private func answer(_ parts: ArraySlice<String>, in directory: borrowing OwnedDescriptor) throws -> Answer {
        guard let name = parts.first else { return .present(try directory.status()) }
        // An opaque directory hides what layers below have there.
        let otherwise: Answer =
            try directory.attribute("trusted.overlay.opaque") == Array("y".utf8) ? .absent : .below
        do throws(SyscallError) {
            let status = try directory.status(of: name)
            // The overlay's mark for what is deleted.
            if status.isCharacterDevice, status.specialDevice == 0 { return .absent }
            if parts.count == 1 { return .present(status) }
            guard status.isDirectory else { return .absent }
        } catch {
            guard error.code == .noSuchFile else { throw error }
            return otherwise
        }
        let found = try answer(parts.dropFirst(), in: try directory.open(name, [.read, .directory, .noFollow]))
        return found == .below ? otherwise : found
    }
}
