import ArgumentParser
import CommandLineUI
import Engine
import LinuxKernel
import OCISpec

struct StatsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats", abstract: "Show what containers use, again and again.")

    @Flag(name: .shortAndLong, help: "Those that do not run, too.") var all = false
    @Flag(help: "Once.") var noStream = false
    @Flag(help: "Whole identifiers.") var noTrunc = false
    @Flag(help: "What the memory is made of, swap, and how long processes waited.") var breakdown = false
    @Option(parsing: .unconditional, help: "table, json, or a Go template.") var format: String?
    @Argument(help: "Names or identifiers; all that run if none is given.") var containers: [String] = []

    func run() throws {
        let engine = try Globals.engine()
        let list = try ListFormat(format)
        var earlier = try engine.statistics(containers, all: all)
        // The share of the processors is that of a time: of a second, as in Docker.
        while true {
            try waitFor(.seconds(1))
            let now = try engine.statistics(containers, all: all)
            let rows = now.map { entry in row(entry, earlier.first { $0.id == entry.id && $0.isRunning }) }
            let text = try list.text(columns: columns, rows: rows)
            // From the upper left corner, over what was there.
            let clears = !noStream && (format ?? "table").hasPrefix("table")
            Output.write((clears ? "\u{1b}[2J\u{1b}[H" : "") + text)
            if noStream { return }
            earlier = now
        }
    }

    private var columns: [(field: String, heading: String)] {
        [
            ("ID", "CONTAINER ID"), ("Name", "NAME"), ("CPUPerc", "CPU %"), ("MemUsage", "MEM USAGE / LIMIT"),
            ("MemPerc", "MEM %"), ("NetIO", "NET I/O"), ("BlockIO", "BLOCK I/O"), ("PIDs", "PIDS"),
        ]
            + (breakdown
                ? [
                    ("Anon", "ANON"), ("File", "FILE"), ("Kernel", "KERNEL"), ("Swap", "SWAP"),
                    ("Pressure", "PRESSURE CPU/MEM/IO"),
                ] : [])
    }

    private func row(_ entry: ContainerStatistics, _ earlier: ContainerStatistics?) -> JSONObject {
        let binary = { (bytes: UInt64) in ShownText.binarySize(Int64(clamping: bytes)) }
        let decimal = { (bytes: UInt64) in ShownText.decimalSize(Int64(clamping: bytes)) }
        var row = JSONObject()
        row["BlockIO"] = .string("\(decimal(entry.read)) / \(decimal(entry.written))")
        row["CPUPerc"] = .string(Self.percent(entry.processorShare(since: earlier)))
        // As it was asked for.
        row["Container"] = .string(
            containers.first { $0 == entry.name || entry.id.text.hasPrefix($0) } ?? entry.id.short)
        row["ID"] = .string(noTrunc ? entry.id.text : entry.id.short)
        row["MemPerc"] = .string(Self.percent(entry.memoryShare))
        row["MemUsage"] = .string("\(binary(entry.memory)) / \(binary(entry.memoryLimit))")
        row["Name"] = .string(entry.name)
        row["NetIO"] = .string("\(decimal(entry.received)) / \(decimal(entry.sent))")
        row["PIDs"] = .string(String(entry.processes))
        if breakdown {
            row["Anon"] = .string(binary(entry.anonymous))
            row["File"] = .string(binary(entry.file))
            row["Kernel"] = .string(binary(entry.kernel))
            row["Swap"] = .string(binary(entry.swap))
            let waits = [entry.processorPressure, entry.memoryPressure, entry.diskPressure]
            row["Pressure"] = .string(waits.map { $0.map(Self.percent) ?? "-" }.joined(separator: " "))
        }
        return row
    }

    /// With two digits behind the point.
    private static func percent(_ value: Double) -> String {
        let hundredths = Int64(min(value * 100, 1e15).rounded())
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)%"
    }
}

/// Does nothing for some time.
func waitFor(_ time: Duration) throws(SyscallError) { _ = try pollReady([], time) }

struct TopCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top", abstract: "Show the processes of a container.",
        usage: "brig top CONTAINER [PS-OPTIONS]", helpNames: [])

    @Argument(parsing: .captureForPassthrough, help: "A name or identifier, and options for the host's ps.")
    var words: [String] = []

    func run() throws {
        guard let name = words.first, name != "--help", name != "-h" else {
            if words.isEmpty { throw CommandExit(1, "\"brig top\" requires at least 1 argument") }
            Output.write(
                "USAGE: brig top CONTAINER [PS-OPTIONS]\n\nWithout options: UID PID PPID C STIME TTY TIME CMD.\n")
            return
        }
        let now = Clock.now
        let table = try Globals.engine().processes(of: name, options: Array(words.dropFirst())) { seconds in
            // As ps: the hour of this day, else the day.
            let text = Clock.rfc3339(seconds)
            if text.prefix(10) == Clock.rfc3339(now).prefix(10) { return String(text.dropFirst(11).prefix(5)) }
            let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
            let month = Int(text.dropFirst(5).prefix(2)).flatMap { (1...12).contains($0) ? months[$0 - 1] : nil }
            return (month ?? "") + text.dropFirst(8).prefix(2)
        }
        var output = Table(header: table.titles)
        for row in table.processes { output.add(row) }
        Output.write(output.text)
    }
}
