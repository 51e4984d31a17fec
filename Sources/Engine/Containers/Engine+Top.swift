internal import Cgroups
internal import LinuxKernel

/// What runs in a container: Docker's object of `containers/ID/top`.
public struct ProcessTable: Encodable, Equatable, Sendable {
    public let titles: [String]
    public let processes: [[String]]

    enum CodingKeys: String, CodingKey {
        case processes = "Processes"
        case titles = "Titles"
    }
}

extension Engine {
    /// The processes of a container, as the host numbers them.
    ///
    /// - Parameters:
    ///   - options: For the host's `ps`; without any, the kernel is asked here, in the form of `ps -ef`.
    ///   - localTime: A moment's text in the place where the user is, from seconds since 1970.
    /// - Throws: `EngineError`: `conflict` unless it runs; `invalidInput` for options without a column PID.
    public func processes(
        of reference: String, options: [String] = [], localTime: (Int64) -> String
    ) throws(EngineError) -> ProcessTable {
        let record = try store.container(reference)
        guard case .running = try observe(record) else {
            throw EngineError(.conflict, "container \(record.id) is not running")
        }
        do {
            let pids = try cgroup(of: record.id, on: try CgroupHost.detect()).processes()
            self.record("top", record)
            if options.isEmpty || options == ["-ef"] { return try table(of: pids, localTime) }
            return try Self.select(try hostTable(options, pids), pids)
        } catch {
            throw .wrapping(error, while: "look at the processes of container \(record.name)")
        }
    }

    /// As Docker, first about these processes alone, and about all where the options do not go with that.
    private func hostTable(_ options: [String], _ pids: [Int32]) throws -> String {
        do {
            return try hostTable(options + ["-q" + pids.map(String.init).joined(separator: ",")])
        } catch let error as EngineError where error.kind == .invalidInput {
            return try hostTable(options)
        }
    }

    private func hostTable(_ options: [String]) throws -> String {
        guard let program = ["/bin/ps", "/usr/bin/ps"].first(where: exists) else {
            throw EngineError(.unsupported, "options need the host's ps, and there is none: leave them out")
        }
        let output = try OwnedDescriptor(memoryFile: "ps")
        let messages = try OwnedDescriptor(memoryFile: "messages")
        let status = try Spawn(program: program, arguments: [program] + options).start([
            (output.raw, 1), (messages.raw, 2),
        ]).wait()
        guard status.isSuccess else {
            try messages.seek(to: 0)
            let said = String(decoding: try messages.readAll(limit: 64 << 10), as: UTF8.self)
            throw EngineError(.invalidInput, "ps: \(said.split(whereSeparator: \.isNewline).first ?? "failed")")
        }
        try output.seek(to: 0)
        return String(decoding: try output.readAll(limit: 64 << 20), as: UTF8.self)
    }

    /// The rows of `ps` about these processes.
    static func select(_ text: String, _ pids: [Int32]) throws(EngineError) -> ProcessTable {
        let lines = text.split(separator: "\n")
        let titles = lines.first?.split(separator: " ").map(String.init) ?? []
        guard let column = titles.firstIndex(of: "PID") else {
            throw EngineError(.invalidInput, "couldn't find PID field in ps output")
        }
        let wanted = Set(pids)
        let rows = lines.dropFirst().compactMap { line -> [String]? in
            // The last column may hold spaces; numbers stand at their column's right edge.
            let fields = line.split(separator: " ", maxSplits: titles.count - 1).map { String($0.drop { $0 == " " }) }
            guard column < fields.count, let pid = Int32(fields[column]), wanted.contains(pid) else { return nil }
            return fields
        }
        return ProcessTable(titles: titles, processes: rows)
    }

    private func table(of pids: [Int32], _ localTime: (Int64) -> String) throws -> ProcessTable {
        let users = UserDatabase(passwd: (try? readText("/etc/passwd")) ?? "", group: "")
        let uptime = (try? readText("/proc/uptime"))?.split(separator: " ").first.flatMap { Double($0) } ?? 0
        let now = Timestamp.now.seconds
        // The kernel tells times to programs in hundredths of a second (USER_HZ).
        let ticks = 100.0
        var rows: [[String]] = []
        for pid in pids {
            do throws(SyscallError) {
                let process = try ProcessInformation(pid: pid)
                let stat = try process.stat()
                let uid = try process.directory.status().userID
                let words = try process.commandLine()
                let age = max(0, uptime - Double(stat.startTime) / ticks)
                let time = Double(stat.userTime &+ stat.systemTime) / ticks
                rows.append([
                    users.users.first { $0.uid == uid }.map { String($0.name) } ?? String(uid), String(pid),
                    String(stat.parent), String(age < 1 ? 0 : min(99, Int(time / age * 100))),
                    localTime(now - Int64(min(age, 1e12))), Self.terminal(stat.terminal), Self.clock(time),
                    words.isEmpty ? "[\(stat.name)]" : words.joined(separator: " "),
                ])
            } catch {
                // Gone since the list was read.
                guard [.noSuchFile, .noSuchProcess].contains(error.code) else { throw error }
            }
        }
        return ProcessTable(titles: ["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"], processes: rows)
    }

    /// `pts/3`, `tty1` or `?`, from a device number as proc(5) has it.
    static func terminal(_ number: Int32) -> String {
        let bits = UInt32(bitPattern: number)
        let minor = (bits & 0xff) | ((bits >> 12) & 0xfff00)
        switch (bits >> 8) & 0xfff {
        case 136...143: return "pts/\(minor)"
        case 4: return minor < 64 ? "tty\(minor)" : "ttyS\(minor - 64)"
        case 5 where minor == 1: return "console"
        default: return "?"
        }
    }

    /// `HH:MM:SS`.
    static func clock(_ seconds: Double) -> String {
        let whole = Int(min(seconds, 1e9))
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(two(whole / 3600)):\(two(whole / 60 % 60)):\(two(whole % 60))"
    }
}
