/// One option of a command, as Docker's commands have it: `--name VALUE`, `--name=VALUE`, `-n VALUE`, `-nVALUE`, `-n=VALUE`;
/// without a value `--name`, `--name=false` and letters in a row.
public struct CommandFlag<Options>: Sendable {
    enum Action: Sendable {
        case toggle(@Sendable (inout Options, Bool) throws -> Void)
        case value(@Sendable (inout Options, String) throws -> Void)
    }

    /// Without dashes, the one that help shows first.
    let names: [String]
    let letter: Character?
    /// What the value is called in help; empty without one.
    let placeholder: String
    let help: String
    let isHidden: Bool
    let action: Action

    /// An option that is on where it stands.
    public static func toggle(
        _ names: String..., letter: Character? = nil, help: String, hidden: Bool = false,
        set: @escaping @Sendable (inout Options, Bool) throws -> Void
    ) -> CommandFlag {
        CommandFlag(
            names: names, letter: letter, placeholder: "", help: help, isHidden: hidden, action: .toggle(set))
    }

    /// An option with a value. One that may be repeated is set again each time.
    public static func value(
        _ names: String..., letter: Character? = nil, of placeholder: String, help: String, hidden: Bool = false,
        set: @escaping @Sendable (inout Options, String) throws -> Void
    ) -> CommandFlag {
        CommandFlag(
            names: names, letter: letter, placeholder: placeholder, help: help, isHidden: hidden, action: .value(set))
    }

    /// As errors name it: `-m, --memory`.
    var shown: String { (letter.map { "-\($0), " } ?? "") + "--\(names.first ?? "")" }
}

/// A wrong command line, in one line.
public struct FlagError: Error, Equatable, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
}

/// The options of a command.
///
/// Beside ArgumentParser's for two reasons: scripts rely on the details of Docker's grammar, and a hundred options are
/// looked up without making a hundred objects first.
public struct CommandFlags<Options>: Sendable {
    private let flags: [CommandFlag<Options>]

    public init(_ flags: [CommandFlag<Options>]) { self.flags = flags }

    /// What stands on the command line.
    public enum Outcome: Equatable, Sendable {
        /// The words behind the options; `--` is not among them.
        case words([String])
        case help
    }

    /// Sets `options` from the words before the first that is no option.
    ///
    /// - Throws: `FlagError`, in Docker's words.
    public func parse(_ words: [String], into options: inout Options) throws -> Outcome {
        var rest = words[...]
        while let word = rest.first {
            guard word.hasPrefix("-"), word != "-" else { break }
            rest.removeFirst()
            if word == "--" { break }
            if word.hasPrefix("--") {
                if try long(word, &rest, &options) { return .help }
            } else if try letters(word, &rest, &options) {
                return .help
            }
        }
        return .words(Array(rest))
    }

    /// - Returns: Whether it asks for help.
    private func long(_ word: String, _ rest: inout ArraySlice<String>, _ options: inout Options) throws -> Bool {
        let body = word.dropFirst(2)
        let name = String(body.prefix { $0 != "=" })
        guard !name.isEmpty, !name.hasPrefix("-") else { throw FlagError("bad flag syntax: \(word)") }
        let given =
            name.endIndex < body.endIndex && body.count > name.count ? String(body.dropFirst(name.count + 1)) : nil
        guard let flag = flags.first(where: { $0.names.contains(name) }) else {
            if name == "help" { return true }
            throw FlagError("unknown flag: --\(name)")
        }
        switch flag.action {
        case .toggle(let set): try apply(flag, given ?? "true") { try set(&options, try Self.truth($0)) }
        case .value(let set):
            guard let value = given ?? rest.popFirst() else {
                throw FlagError("flag needs an argument: --\(name)")
            }
            try apply(flag, value) { try set(&options, $0) }
        }
        return false
    }

    private func letters(_ word: String, _ rest: inout ArraySlice<String>, _ options: inout Options) throws -> Bool {
        var left = word.dropFirst()
        while let letter = left.popFirst() {
            guard let flag = flags.first(where: { $0.letter == letter }) else {
                if letter == "h" { return true }
                throw FlagError("unknown shorthand flag: '\(letter)' in \(word)")
            }
            switch flag.action {
            case .toggle(let set):
                var text = "true"
                if left.first == "=" {
                    text = String(left.dropFirst())
                    left = ""
                }
                try apply(flag, text) { try set(&options, try Self.truth($0)) }
            case .value(let set):
                if left.first == "=" {
                    left.removeFirst()
                } else if left.isEmpty {
                    guard let next = rest.popFirst() else {
                        throw FlagError("flag needs an argument: '\(letter)' in \(word)")
                    }
                    left = next[...]
                }
                try apply(flag, String(left)) { try set(&options, $0) }
                return false
            }
        }
        return false
    }

    private func apply(_ flag: CommandFlag<Options>, _ value: String, _ set: (String) throws -> Void) throws {
        do {
            try set(value)
        } catch {
            throw FlagError("invalid argument \(ShownText.quoted(value)) for \"\(flag.shown)\" flag: \(error)")
        }
    }

    /// Go's `strconv.ParseBool`.
    private static func truth(_ text: String) throws(FlagError) -> Bool {
        switch text {
        case "1", "t", "T", "true", "TRUE", "True": true
        case "0", "f", "F", "false", "FALSE", "False": false
        default: throw FlagError("strconv.ParseBool: parsing \(ShownText.quoted(text)): invalid syntax")
        }
    }

    /// The options with what they do, one a line, by name.
    public var help: String {
        let shown = flags.filter { !$0.isHidden }.map { flag in
            let letter = flag.letter.map { "-\($0), " } ?? "    "
            let names = flag.names.map { "--\($0)" }.joined(separator: ", ")
            return (
                head: "  \(letter)\(names)\(flag.placeholder.isEmpty ? "" : " \(flag.placeholder)")",
                name: flag.names.first ?? "", text: flag.help
            )
        }
        let width = min(36, (shown.map(\.head.count).max() ?? 0) + 2)
        return shown.sorted { $0.name < $1.name }.map { line in
            line.head.count + 2 > width
                ? "\(line.head)\n\(String(repeating: " ", count: width))\(line.text)\n"
                : line.head + String(repeating: " ", count: width - line.head.count) + line.text + "\n"
        }.joined()
    }
}
