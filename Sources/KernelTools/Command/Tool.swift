internal import CommandLineUI
internal import LinuxKernel

/// A tool of the kernel: name, flags and output are those of the original.
public struct Tool: Sendable {
    /// Such as `unshare`.
    public let name: String
    /// One line for the list of commands.
    public let summary: String
    let operands: String
    let options: [ToolOption]
    /// Whether the first operand ends the options, since a command with options of its own follows.
    let startsCommand: Bool
    /// Whether the tool has a grammar of its own and gets every word as it is.
    let takesAllWords: Bool
    /// What stands below the options in the help.
    let remarks: String
    /// The original's exit status for options that it does not know.
    let usageStatus: Int32
    let run: @Sendable (ToolOptions, ToolContext) throws -> Int32

    init(
        _ name: String, _ summary: String, operands: String = "", options: [ToolOption] = [],
        startsCommand: Bool = false,
        takesAllWords: Bool = false, remarks: String = "", usageStatus: Int32 = 1,
        run: @escaping @Sendable (ToolOptions, ToolContext) throws -> Int32
    ) {
        self.name = name
        self.summary = summary
        self.operands = operands
        self.options = options
        self.startsCommand = startsCommand
        self.takesAllWords = takesAllWords
        self.remarks = remarks
        self.usageStatus = usageStatus
        self.run = run
    }

    /// Runs the tool with the words after its name.
    ///
    /// - Returns: The exit status: the original's, so 1 for what is wrong, and 126 or 127 for a command that cannot be run.
    public func main(_ words: [String], _ context: ToolContext) -> Int32 {
        do {
            if takesAllWords, !["--help", "-h"].contains(words.first) {
                return try run(try ToolOptions(["--"] + words, [], stopsAtOperand: true), context)
            }
            let parsed = try ToolOptions(words, options + Tool.common(options), stopsAtOperand: startsCommand)
            if parsed.has("help") {
                Output.write(help)
                return 0
            }
            if parsed.has("version") {
                Output.line("\(name) from brig \(context.version)")
                return 0
            }
            return try run(parsed, context)
        } catch let error as InvalidOption {
            complain("\(error)")
            Output.write(Array("Try 'brig \(name) --help' for more information.\n".utf8), to: .error)
            return usageStatus
        } catch let failure as ToolFailure {
            if let message = failure.message { complain(message) }
            return failure.status
        } catch let error as SyscallError
            where [.notPermitted, .accessDenied].contains(error.code) && CallerIdentity.effectiveUid != 0
        {
            complain("\(error); user \(CallerIdentity.effectiveUid) may not: try sudo")
            return 1
        } catch {
            complain("\(error)")
            return 1
        }
    }

    private func complain(_ message: String) {
        Output.write(Array("\(name): \(Table.printable(message))\n".utf8), to: .error)
    }

    private static func common(_ own: [ToolOption]) -> [ToolOption] {
        let standard = [ToolOption("h", "help", "display this help"), ToolOption("V", "version", "display version")]
        return standard.map { option in
            let isLetterTaken = own.contains { $0.letter == option.letter }
            return isLetterTaken ? ToolOption(nil, option.name, option.help) : option
        }
    }

    var help: String {
        let lines = (options + Tool.common(options)).map { ($0.usage, $0.help) }
        let width = min(28, (lines.map(\.0.count).max() ?? 0) + 2)
        let table = lines.map { usage, help in
            usage.count + 2 > width
                ? " \(usage)\n \(String(repeating: " ", count: width))\(help)"
                : " \(usage)\(String(repeating: " ", count: width - usage.count))\(help)"
        }
        let words = [name, options.isEmpty ? "" : "[options]", operands].filter { !$0.isEmpty }
        var text = "\nUsage:\n \(words.joined(separator: " "))\n\n\(summary)\n"
        if !options.isEmpty { text += "\nOptions:\n\(table.joined(separator: "\n"))\n" }
        if !remarks.isEmpty { text += "\n\(remarks)\n" }
        return text
    }
}

/// Why a tool ends with a status other than 0.
struct ToolFailure: Error, CustomStringConvertible {
    let status: Int32
    let message: String?

    init(_ message: String?, status: Int32 = 1) {
        self.status = status
        self.message = message
    }

    var description: String { message ?? "status \(status)" }
}

/// A container's place among the processes, for the tools that name what they list.
public struct NamedProcess: Sendable {
    /// The container's pid 1 as the host numbers it.
    public let pid: Int32
    public let monitor: Int32?
    public let name: String

    public init(pid: Int32, monitor: Int32?, name: String) {
        self.pid = pid
        self.monitor = monitor
        self.name = name
    }
}

/// What a tool learns from its caller.
public struct ToolContext: Sendable {
    let version: String
    /// The running containers; none where nobody knows of any.
    let containers: @Sendable () -> [NamedProcess]
    /// Reads a seccomp profile, for a container that has these capabilities beside the default ones.
    let profile: @Sendable (_ name: String, _ capabilities: [String]) throws -> SeccompSource

    public init(
        version: String, containers: @escaping @Sendable () -> [NamedProcess],
        profile: @escaping @Sendable (_ name: String, _ capabilities: [String]) throws -> SeccompSource
    ) {
        self.version = version
        self.containers = containers
        self.profile = profile
    }
}
