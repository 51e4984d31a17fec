import Archive
@testable import LayerStore
import LinuxKernel
import OCISpec

/// A store in a directory of its own, gone with the test; what it mounts goes first.
final class TestStore {
    let root: String
    let store: LayerStore
    private let name: String
    private var mounts: [String] = []

    init() throws {
        // A tmpfs: it can hold an overlay's upper directory, and has `trusted.*`.
        name = "layers-test-\(UInt64.random(in: 0 ... .max))"
        root = "/dev/shm/\(name)"
        store = try LayerStore(root: root)
    }

    deinit {
        for mount in mounts.reversed() { try? removeMount(at: mount) }
        guard let parent = try? OwnedDescriptor(open: "/dev/shm", [.read, .directory]) else { return }
        try? TreeDirectory(parent).removeTree(name)
    }

    func directory(_ name: String) throws -> String {
        try makeDirectories("\(root)/\(name)")
        return "\(root)/\(name)"
    }

    /// Mounts, with a writable layer named after the target.
    func mount(_ layers: [ChainID], at name: String, writable: Bool = true) throws -> String {
        let target = try directory(name)
        let upper = writable ? (path: try directory("\(name)-upper"), work: try directory("\(name)-work")) : nil
        try store.mount(layers: layers, upper: upper, at: target)
        mounts.append(target)
        return target
    }

    /// Unpacks layers, each on the one before it.
    @discardableResult
    func unpack(_ layers: [UInt8]...) throws -> [UnpackedLayer] {
        var unpacked: [UnpackedLayer] = []
        for layer in layers {
            unpacked.append(try store.unpack(MemorySource(layer), on: unpacked.map(\.chainID)))
        }
        return unpacked
    }
}

/// A layer's archive: names with what is in them; `/` at the end is a directory.
func layer(_ files: [(String, String)], directoryMode: UInt32 = 0o755) throws -> [UInt8] {
    let sink = MemorySink()
    let writer = TarWriter(sink)
    for (name, text) in files {
        let isDirectory = name.hasSuffix("/")
        try writer.begin(
            ArchiveEntry(
                path: Array(name.utf8), kind: isDirectory ? .directory : .file,
                permissions: isDirectory ? directoryMode : 0o644, userID: isDirectory ? 5 : 0,
                modified: FileTime(seconds: 7), size: UInt64(text.utf8.count)))
        try Array(text.utf8).withUnsafeBytes { try writer.write($0) }
    }
    try writer.finish()
    return sink.bytes
}

/// Names below a directory that can be seen, directories with a slash, in order.
func listing(_ path: String) throws -> [String] {
    var found: [String] = []
    for entry in try OwnedDescriptor(open: path, [.read, .directory]).entries().sorted(by: { $0.name < $1.name }) {
        let isDirectory = entry.kind == .directory
        found.append(entry.name + (isDirectory ? "/" : ""))
        if isDirectory { found += try listing("\(path)/\(entry.name)").map { "\(entry.name)/\($0)" } }
    }
    return found
}

let mayMount = (try? readText("/proc/self/status"))?.contains("\nUid:\t0\t") ?? false
