/// The commands of `brig-runtime`.
public enum RuntimeCommand: String, CaseIterable, Sendable {
    case checkpoint, create, delete, events, exec, features, kill, list, pause, ps, restore, resume, run, spec, start,
        state
    case update
    /// Not of runc: the small parent that `brig run` puts beside each container.
    case monitor

    /// How many arguments a command takes after its options.
    var argumentCount: ClosedRange<Int> {
        switch self {
        case .features, .list, .spec: 0...0
        case .exec, .ps: 1...Int.max
        case .kill: 1...2
        default: 1...1
        }
    }

    /// How that number is said in a message.
    var argumentCountText: String {
        switch self {
        case .features, .list, .spec: "no arguments"
        case .exec, .ps: "a container ID first"
        case .kill: "a container ID and at most a signal"
        default: "exactly one argument, the container ID"
        }
    }

    /// Commands whose later arguments belong to another program take no option behind the first argument.
    var optionOrder: OptionParser.Order {
        switch self {
        case .exec, .ps: .stopAtArgument
        default: .anywhere
        }
    }
}

/// What the command line asks for.
public enum Invocation: Equatable, Sendable {
    /// Print the help text of the whole, or of one command.
    case help(RuntimeCommand?)
    /// Print the version.
    case version
    case command(RuntimeCommand, GlobalOptions, GivenOptions, [String])

    /// Reads a command line.
    ///
    /// - Parameter words: The arguments without the program's own name.
    public init(_ words: [String]) throws(UsageError) {
        let parser = OptionParser(options: GlobalOptions.table, order: .stopAtArgument, command: nil)
        let (options, rest) = try parser.parse(words[...])
        if options.has("help") {
            self = .help(nil)
            return
        }
        if options.has("version") {
            self = .version
            return
        }
        guard let name = rest.first, name != "help", name != "h" else {
            self = .help(try rest.dropFirst().first.map { name throws(UsageError) in try Self.named(name) })
            return
        }
        self = try Self.read(Self.named(name), try GlobalOptions(options), rest.dropFirst())
    }

    private static func named(_ name: String) throws(UsageError) -> RuntimeCommand {
        guard let command = RuntimeCommand(rawValue: name) else { throw .unknownCommand(name) }
        return command
    }

    private static func read(
        _ command: RuntimeCommand, _ global: GlobalOptions, _ words: ArraySlice<String>
    ) throws(UsageError) -> Invocation {
        let parser = OptionParser(
            options: command.options + [.flag("help", "h", "show this text")], order: command.optionOrder,
            command: command.rawValue)
        let (options, arguments) = try parser.parse(words)
        if options.has("help") { return .help(command) }
        guard command.argumentCount.contains(arguments.count) else {
            throw .wrongArgumentCount(
                command: command.rawValue, given: arguments.count, expected: command.argumentCountText)
        }
        return .command(command, global, options, Array(arguments))
    }
}
