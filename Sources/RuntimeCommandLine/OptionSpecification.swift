/// One option of a command, as the table of commands declares it.
public struct OptionSpecification: Sendable {
    /// The long name without dashes.
    public let name: String
    /// The one-letter name, if it has one.
    public let letter: Character?
    /// What the help text calls the value; `nil` for a switch, which takes none.
    public let value: String?
    /// What it does.
    public let text: String
    /// Taken for the sake of callers, but not shown in the help text.
    public let isHidden: Bool

    static func flag(_ name: String, _ text: String) -> OptionSpecification {
        OptionSpecification(name: name, letter: nil, value: nil, text: text, isHidden: false)
    }

    static func flag(_ name: String, _ letter: Character, _ text: String) -> OptionSpecification {
        OptionSpecification(name: name, letter: letter, value: nil, text: text, isHidden: false)
    }

    static func option(_ name: String, _ value: String, _ text: String) -> OptionSpecification {
        OptionSpecification(name: name, letter: nil, value: value, text: text, isHidden: false)
    }

    static func option(_ name: String, _ letter: Character, _ value: String, _ text: String) -> OptionSpecification {
        OptionSpecification(name: name, letter: letter, value: value, text: text, isHidden: false)
    }

    static func hidden(_ name: String, value: String?) -> OptionSpecification {
        OptionSpecification(name: name, letter: nil, value: value, text: "", isHidden: true)
    }
}

/// What was wrong with the words on the command line.
public enum UsageError: Error, Equatable, CustomStringConvertible {
    case unknownCommand(String)
    case unknownOption(String, command: String?)
    case missingValue(option: String)
    /// `expected` says in words what would have been right.
    case invalidValue(option: String, value: String, expected: String)
    case wrongArgumentCount(command: String, given: Int, expected: String)

    /// One line for a person.
    public var description: String {
        switch self {
        case .unknownCommand(let name): "no such command: \(name) (see brig-runtime --help)"
        case .unknownOption(let option, let command?):
            "unknown option \(option) (see brig-runtime \(command) --help)"
        case .unknownOption(let option, nil): "unknown option \(option) (see brig-runtime --help)"
        case .missingValue(let option): "option \(option) needs a value"
        case .invalidValue(let option, let value, let expected):
            "invalid value \"\(value)\" for option --\(option): expected \(expected)"
        case .wrongArgumentCount(let command, let given, let expected):
            "\"\(command)\" takes \(expected), \(given) given (see brig-runtime \(command) --help)"
        }
    }
}
