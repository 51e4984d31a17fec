import ArgumentParser
import CommandLineUI
import Engine
import LinuxKernel
import MonitorProtocol

struct LogsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "logs", abstract: "Show what a container has put out.")

    @Flag(name: .shortAndLong, help: "Go on until the container ends.") var follow = false
    @Flag(name: .shortAndLong, help: "The time before each line.") var timestamps = false
    @Option(name: [.customShort("n"), .long], help: "The last so many lines, or all.") var tail = "all"
    @Option(help: "Not before this time: RFC 3339, seconds since 1970, or a duration such as 10m.") var since: String?
    @Option(help: "Not after this time.") var until: String?
    @Argument(help: "A name or an identifier.") var container: String

    func run() throws {
        var selection = LogSelection()
        selection.follow = follow
        if tail != "all" {
            guard let count = Int(tail) else { throw ValidationError("invalid value for --tail: \(tail)") }
            // As in Docker, a number below zero is all.
            selection.tail = count < 0 ? nil : count
        }
        selection.since = try since.map(Self.time)
        selection.until = try until.map(Self.time)
        try Globals.engine().logs(container, selection) { record in
            let prefix = timestamps ? Array("\(Clock.full(record.time)) ".utf8) : []
            try Output.writeOrThrow(
                prefix + record.log, to: record.stream == .standardError ? .error : .output)
            return true
        }
    }

    private static func time(_ text: String) throws -> Timestamp {
        if let time = Timestamp(text) { return time }
        if let seconds = Int64(text) { return Timestamp(seconds: seconds) }
        if let time = Timestamp(text + "T00:00:00Z") ?? Timestamp(text + "Z") { return time }
        var total: Int64 = 0
        var digits = ""
        for character in text {
            if character.isASCII, character.isNumber {
                digits.append(character)
                continue
            }
            let unit: Int64? = ["s": 1, "m": 60, "h": 3600][String(character)]
            guard let unit, let count = Int64(digits), count < 1 << 32 else {
                throw ValidationError("invalid time: \(text)")
            }
            total += count * unit
            digits = ""
        }
        guard digits.isEmpty, !text.isEmpty else { throw ValidationError("invalid time: \(text)") }
        return Timestamp(seconds: Clock.now - total)
    }
}
