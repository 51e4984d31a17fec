import ArgumentParser
import CommandLineUI
import Engine
import LinuxKernel
import MonitorProtocol

struct LogsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "logs", abstract: "Show what a container has put out.")

    @Flag(name: .shortAndLong, help: "Go on until the container ends.") var follow = false
    @Flag(name: .shortAndLong, help: "The time before each line.") var timestamps = false
    @Option(name: [.customShort("n"), .long], parsing: .unconditional, help: "The last so many lines, or all.")
    var tail = "all"
    @Option(
        parsing: .unconditional, help: "Not before this time: RFC 3339, seconds since 1970, or a duration such as 10m.")
    var since: String?
    @Option(parsing: .unconditional, help: "Not after this time.") var until: String?
    @Flag(help: "What the log options name of labels and environment before each line.") var details = false
    @Argument(help: "A name or an identifier.") var container: String

    func run() throws {
        var selection = LogSelection()
        selection.follow = follow
        // As in Docker, what is no number, and one below zero, is all.
        if let count = Int(tail), count >= 0 { selection.tail = count }
        selection.since = try since.map(Clock.time)
        // As in Docker, 0 is no end.
        selection.until = try until == "0" ? nil : until.map(Clock.time)
        let engine = try Globals.engine()
        let shown = details ? try engine.logDetails(container).map { "\($0.key)=\($0.value)" } : []
        let details = details ? Array((shown.joined(separator: ",") + " ").utf8) : []
        let withTime = timestamps
        try engine.logs(container, selection) { record in
            let prefix = (withTime ? Array("\(Clock.full(record.time)) ".utf8) : []) + details
            try Output.writeOrThrow(
                prefix + record.log, to: record.stream == .standardError ? .error : .output)
            return true
        }
    }
}
