@testable import Archive
import LinuxKernel

/// A directory of the test's own, gone with it.
final class TemporaryTree {
    let path: String
    private let parent: String
    private let name: String

    /// - Parameter parent: `/dev/shm` has extended attributes of all kinds.
    init(in parent: String = "/tmp") throws {
        self.parent = parent
        name = "archive-test-\(UInt64.random(in: 0 ... .max))"
        path = "\(parent)/\(name)"
        try OwnedDescriptor(open: parent, [.read, .directory]).makeDirectory(name, mode: 0o755)
    }

    deinit {
        // What stays behind is the next start's: nothing depends on it.
        guard let directory = try? OwnedDescriptor(open: parent, [.read, .directory]) else { return }
        try? TreeDirectory(directory).removeTree(name)
    }

    func open() throws -> OwnedDescriptor { try OwnedDescriptor(open: path, [.read, .directory]) }

    @discardableResult
    func extract(_ archive: [UInt8], _ change: (inout ExtractionOptions) -> Void = { _ in }) throws -> ExtractionSummary
    {
        var options = ExtractionOptions()
        if !isRoot { options.ownership = .current }
        change(&options)
        return try Extractor(into: open(), options: options)
            .extract(TarReader(MemorySource(archive), limits: options.limits))
    }

    func status(_ name: String) throws -> FileStatus {
        let parts = name.split(separator: "/")
        let parent = try OwnedDescriptor(
            open: ([path] + parts.dropLast().map(String.init)).joined(separator: "/"), [.read, .directory])
        return try parent.status(of: parts.last.map(String.init) ?? ".")
    }

    func text(_ name: String) throws -> String { try readText("\(path)/\(name)") }

    /// Everything in it: name, type and permissions, what a link says, content of files; in the order of the names.
    ///
    /// - Parameter excluded: A directory at the top that is left out, since somebody changes it meanwhile.
    func listing(without excluded: String? = nil) throws -> [String] {
        var lines: [String] = []
        try list(TreeDirectory(open()), "", &lines, without: excluded)
        return lines
    }

    private func list(
        _ directory: borrowing TreeDirectory, _ prefix: String, _ lines: inout [String], without excluded: String? = nil
    ) throws {
        for entry in try directory.names() where displayName(entry.bytes) != excluded {
            let status = try directory.status(of: entry.name)
            var line = "\(prefix)\(displayName(entry.bytes)) \(String(status.mode, radix: 8))"
            if status.isSymbolicLink { line += " -> \(try directory.openNode(entry.name).readSymbolicLink())" }
            if status.isRegularFile {
                let text = try directory.openFile(entry.name).read(upTo: 20)
                line += " \(String(decoding: text, as: UTF8.self))"
            }
            if status.isCharacterDevice { line += " \(DeviceNumber(raw: status.specialDevice))" }
            lines.append(line)
            if entry.isDirectory {
                try list(directory.openDirectory(entry.name), "\(prefix)\(displayName(entry.bytes))/", &lines)
            }
        }
    }
}

/// Owners, devices and `trusted.*` take it.
let isRoot = (try? readText("/proc/self/status"))?.contains("\nUid:\t0\t") ?? false
