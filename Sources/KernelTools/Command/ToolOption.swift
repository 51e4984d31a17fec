/// One option of a tool: what getopt_long(3) takes, and its line of help.
struct ToolOption: Sendable {
    enum Argument: Sendable, Equatable {
        case none
        case required(String)
        /// Joined only: `--mount=FILE`, `-m=FILE` or `-mFILE`; a word that follows is an operand.
        case optional(String)
        /// The same, behind the long name only: the letter takes none.
        case optionalBehindName(String)
    }

    let letter: Character?
    let name: String?
    let argument: Argument
    let help: String

    init(_ letter: Character?, _ name: String?, _ help: String) { self.init(letter, name, .none, help) }

    init(_ letter: Character?, _ name: String?, _ argument: Argument, _ help: String) {
        self.letter = letter
        self.name = name
        self.argument = argument
        self.help = help
    }

    /// What the code asks for: the long name, or the letter where there is none.
    var key: String { name ?? letter.map(String.init) ?? "" }

    /// `-m, --mount[=FILE]`
    var usage: String {
        var text = letter.map { "-\($0)" } ?? "   "
        if let name { text += (letter == nil ? " " : ", ") + "--\(name)" }
        switch argument {
        case .none: break
        case .required(let word): text += name == nil ? " \(word)" : "=\(word)"
        case .optional(let word), .optionalBehindName(let word): text += name == nil ? "[\(word)]" : "[=\(word)]"
        }
        return text
    }
}

/// A command line that a tool does not take.
struct InvalidOption: Error, Equatable, CustomStringConvertible {
    let description: String
}

/// The words of a command line, told apart.
struct ToolOptions: Sendable {
    /// The options in the order of the line, by key.
    private(set) var given: [(key: String, value: String?)] = []
    private(set) var operands: [String] = []

    func has(_ key: String) -> Bool { given.contains { $0.key == key } }

    /// The last value given for an option; `nil` without one.
    func value(_ key: String) -> String? { given.last { $0.key == key }?.value }

    func values(_ key: String) -> [String] { given.filter { $0.key == key }.compactMap(\.value) }

    /// Reads words as getopt_long(3) does: clusters of letters, values joined or in the next word, beginnings of long
    /// names that only one option has, and `--`.
    ///
    /// - Parameter stopsAtOperand: The first operand ends the options: what follows is a command with its own.
    /// - Throws: `InvalidOption` in getopt's words.
    init(_ words: [String], _ known: [ToolOption], stopsAtOperand: Bool) throws(InvalidOption) {
        var rest = words[...]
        while let word = rest.popFirst() {
            if word == "--" {
                operands += rest
                return
            }
            if word.hasPrefix("--") {
                try takeLong(word.dropFirst(2), known, &rest)
            } else if word.hasPrefix("-"), word != "-" {
                try takeCluster(word.dropFirst(), known, &rest)
            } else {
                operands.append(word)
                if stopsAtOperand {
                    operands += rest
                    return
                }
            }
        }
    }

    private mutating func takeLong(
        _ text: Substring, _ known: [ToolOption], _ rest: inout ArraySlice<String>
    ) throws(InvalidOption) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts[0])
        let exact = known.filter { $0.name == name }
        let found = exact.isEmpty ? known.filter { $0.name?.hasPrefix(name) == true } : exact
        guard let option = found.first else { throw InvalidOption(description: "unrecognized option '--\(name)'") }
        guard found.count == 1 else {
            let list = found.compactMap(\.name).map { "'--\($0)'" }.joined(separator: " ")
            throw InvalidOption(description: "option '--\(name)' is ambiguous; possibilities: \(list)")
        }
        var value = parts.count == 2 ? String(parts[1]) : nil
        switch option.argument {
        case .none:
            if value != nil { throw InvalidOption(description: "option '--\(option.key)' doesn't allow an argument") }
        case .required:
            value = value ?? rest.popFirst()
            if value == nil { throw InvalidOption(description: "option '--\(option.key)' requires an argument") }
        case .optional, .optionalBehindName: break
        }
        given.append((option.key, value))
    }

    private mutating func takeCluster(
        _ letters: Substring, _ known: [ToolOption], _ rest: inout ArraySlice<String>
    ) throws(InvalidOption) {
        var letters = letters
        while let letter = letters.popFirst() {
            guard let option = known.first(where: { $0.letter == letter }) else {
                throw InvalidOption(description: "invalid option -- '\(letter)'")
            }
            switch option.argument {
            case .none, .optionalBehindName:
                given.append((option.key, nil))
                continue
            case .required, .optional: break
            }
            var value = letters.isEmpty ? nil : String(letters)
            if case .required = option.argument {
                value = value ?? rest.popFirst()
                if value == nil { throw InvalidOption(description: "option requires an argument -- '\(letter)'") }
            } else if value?.hasPrefix("=") == true {
                value?.removeFirst()  // util-linux takes -m=FILE so.
            }
            given.append((option.key, value))
            return
        }
    }
}
