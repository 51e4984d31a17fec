internal import LinuxKernel
internal import OCISpec

/// The host's `journalctl`, read entry by entry: however long the journal is, one entry is held at a time.
struct Journalctl {
    let program: String

    static let programs = ["/usr/bin/journalctl", "/bin/journalctl"]
    /// As JSON; a longer entry is passed over. The monitor's have 16 KiB of output, which as numbers are five times as long.
    static let longestEntry = 4 << 20

    /// The one of this host, if it has what reads a journal.
    static var installed: Journalctl? { programs.first(where: exists).map(Journalctl.init) }

    /// Gives what `journalctl` prints to `take` as it comes. What is no entry is passed over, as a damaged line of a file is.
    ///
    /// - Parameter take: Returns whether it wants more; if not, `journalctl` is ended.
    /// - Returns: Whether all was wanted.
    /// - Throws: `EngineError` with its first words if it fails; what `take` throws.
    @discardableResult
    func entries(_ words: [String], _ take: (JSONObject) throws -> Bool) throws -> Bool {
        let output = try Pipe()
        let errors = try OwnedDescriptor(memoryFile: "errors")
        let form = ["--output=json", "--all", "--no-pager", "--quiet"]
        let child = try Spawn(program: program, arguments: ["journalctl"] + form + words).start([
            (output.writeEnd.raw, 1), (errors.raw, 2),
        ])
        let reader = output.keepReadEnd()
        let wantedAll = Result { try Self.read(reader, take) }
        // Nobody reads what it would still say. It may have ended by itself.
        if (try? wantedAll.get()) != true { try? child.send(.kill) }
        let status = try child.wait()
        guard try wantedAll.get() else { return false }
        if status.isSuccess { return true }
        try errors.seek(to: 0)
        let message = String(decoding: try errors.read(upTo: 1024).prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        // It says nothing and ends with 1 where there is no entry yet.
        if message.isEmpty, case .exited = status { return true }
        throw EngineError(.fault, "journalctl: \(message.isEmpty ? status.description : quotedForError(message))")
    }

    private static func read(
        _ reader: borrowing OwnedDescriptor, _ take: (JSONObject) throws -> Bool
    ) throws -> Bool {
        var line: [UInt8] = []
        var isTooLong = false
        while true {
            let bytes = try reader.read(upTo: 65_536)
            if bytes.isEmpty { return true }
            var rest = bytes[...]
            while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                line += rest[..<end]
                rest = rest[(end + 1)...]
                if !isTooLong, case .object(let entry)? = try? JSONValue(parsing: line, sizeLimit: longestEntry) {
                    guard try take(entry) else { return false }
                }
                line.removeAll(keepingCapacity: true)
                isTooLong = false
            }
            line += rest
            if line.count > longestEntry {
                line = []
                isTooLong = true
            }
        }
    }
}
