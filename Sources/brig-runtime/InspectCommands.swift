import ContainerRuntime
import LinuxKernel
import OCISpec
import RuntimeCommandLine

extension Command {
    func printState() throws {
        let snapshot = try runtime().snapshot(containerID())
        try StandardDescriptors.print(snapshot.output(owner: "").text(.indented("  ")) + "\n")
    }

    func printList() throws {
        let format = try tableOrJSON()
        let containers = try runtime().list()
        if options.has("quiet") {
            return try StandardDescriptors.print(containers.map { $0.record.id.text + "\n" }.joined())
        }
        // Without the file owners are shown by number.
        let passwd = containers.isEmpty ? "" : (try? readText("/etc/passwd")) ?? ""
        let named = containers.map { ($0, userName($0.record.owner, passwd: passwd)) }
        switch format {
        case .table: try StandardDescriptors.print(containerTable(named))
        case .json:
            let list = JSONValue.array(named.map { $0.0.output(owner: $0.1) })
            try StandardDescriptors.print(list.text() + "\n")
        }
    }

    enum ListFormat: String { case table, json }

    func tableOrJSON() throws(UsageError) -> ListFormat {
        let text = options["format"] ?? "table"
        guard let format = ListFormat(rawValue: text) else {
            throw .invalidValue(option: "format", value: text, expected: "table or json")
        }
        return format
    }

    func printEvents() throws {
        let (runtime, id) = (try runtime(), try containerID())
        if options.has("stats") {
            return try StandardDescriptors.print(
                eventLine("stats", id, data: runtime.statistics(id).eventData))
        }
        try runtime.watch(id, every: options.duration("interval") ?? .seconds(5)) { event in
            switch event {
            case .statistics(let statistics):
                try StandardDescriptors.print(eventLine("stats", id, data: statistics.eventData))
            case .outOfMemory: try StandardDescriptors.print(eventLine("oom", id))
            }
        }
    }

    func printProcesses() throws {
        let format = try tableOrJSON()
        let pids = try runtime().processes(containerID())
        switch format {
        case .json: try StandardDescriptors.print(JSONValue.array(pids.map { JSONValue($0) }).text() + "\n")
        case .table: try StandardDescriptors.print(processTable(pids, Array(arguments.dropFirst())))
        }
    }

    /// Asks the host's ps, by its absolute path, for all processes: its options decide what is shown of each.
    private func processTable(_ pids: [Int32], _ words: [String]) throws -> String {
        guard let program = ["/bin/ps", "/usr/bin/ps"].first(where: { (try? mayExecute($0)) != nil }) else {
            guard words.isEmpty else {
                throw RuntimeError(.unsupported, "options of ps need /bin/ps, which this host has not got")
            }
            return try plainTable(pids)
        }
        let pipe = try Pipe()
        let ps = Spawn(program: program, arguments: ["ps"] + (words.isEmpty ? ["-ef"] : words))
        let child = try ps.start([(pipe.writeEnd.raw, 1), (pipe.writeEnd.raw, 2)])
        let output = String(decoding: try pipe.keepReadEnd().readAll(limit: 256 << 20), as: UTF8.self)
        let end = try child.wait()
        guard end.isSuccess else {
            throw RuntimeError(.fault, "\(program): \(end): \(output.split(separator: "\n").first ?? "")")
        }
        guard let table = ProcessTable.filter(output, pids) else {
            throw RuntimeError(.invalidInput, "no PID column in the output of ps: add it to the options")
        }
        return table
    }

    private func plainTable(_ pids: [Int32]) throws -> String {
        // Without the file owners are shown by number.
        let passwd = (try? readText("/etc/passwd")) ?? ""
        var rows: [(pid: Int32, parent: Int32, user: String, command: String)] = []
        for pid in pids {
            // One that has ended meanwhile is left out.
            guard let process = try? ProcessInformation(pid: pid), let stat = try? process.stat(),
                let status = try? process.directory.status()
            else { continue }
            let words = (try? process.commandLine()) ?? []
            let command = words.isEmpty ? "[\(stat.name)]" : words.joined(separator: " ")
            rows.append((pid, stat.parent, userName(status.userID, passwd: passwd), command))
        }
        return ProcessTable.plain(rows)
    }
}
