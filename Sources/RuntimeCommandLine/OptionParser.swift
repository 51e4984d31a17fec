/// The options that were given, in the order in which they were given.
public struct GivenOptions: Equatable, Sendable {
    var given: [(name: String, value: String)] = []

    /// Whether the switch was given, and not with `=false`.
    public func has(_ name: String) -> Bool { self[name].map { $0 != "false" } ?? false }

    /// Whether the option was given at all.
    public func isGiven(_ name: String) -> Bool { self[name] != nil }

    /// The value given last.
    public subscript(name: String) -> String? { given.last { $0.name == name }?.value }

    /// Every value given, for an option that may be repeated.
    public func all(_ name: String) -> [String] { given.filter { $0.name == name }.map(\.value) }

    public static func == (left: GivenOptions, right: GivenOptions) -> Bool {
        left.given.elementsEqual(right.given) { $0 == $1 }
    }
}

/// Splits words into options and arguments.
///
/// Takes what callers of runc are used to: `--name value`, `--name=value`, the same with one dash (Go's flag package),
/// letters alone or together (`-dt`), `=true` and `=false` on switches, and `--` as the end of the options.
struct OptionParser {
    /// Where options end.
    enum Order {
        /// At the first word that is none: what follows belongs to a program in the container or to ps.
        case stopAtArgument
        /// They may also follow arguments.
        case anywhere
    }

    let options: [OptionSpecification]
    let order: Order
    /// The command's name, for messages.
    let command: String?

    func parse(_ words: ArraySlice<String>) throws(UsageError) -> (options: GivenOptions, arguments: ArraySlice<String>)
    {
        var rest = words
        var given = GivenOptions()
        var arguments: [String] = []
        while let word = rest.first {
            // A dash alone is an argument by custom: standard input.
            guard word.utf8.first == UInt8(ascii: "-"), word != "-" else {
                if order == .stopAtArgument { return (given, rest) }
                arguments.append(word)
                rest = rest.dropFirst()
                continue
            }
            rest = rest.dropFirst()
            if word == "--" {
                return (given, arguments.isEmpty ? rest : (arguments + rest)[...])
            }
            try take(word, &rest, &given)
        }
        return (given, arguments[...])
    }

    private func take(_ word: String, _ rest: inout ArraySlice<String>, _ given: inout GivenOptions) throws(UsageError)
    {
        let body = word.hasPrefix("--") ? word.dropFirst(2) : word.dropFirst()
        // By bytes: characters would have a start page in the tables of Unicode's graphemes.
        let equals = body.utf8.firstIndex(of: UInt8(ascii: "="))
        let name = equals.map { body[..<$0] } ?? body
        let attached = equals.map { String(body[body.utf8.index(after: $0)...]) }
        if let option = options.first(where: { $0.name == name }) {
            return try take(option, spelled: word, attached, &rest, &given)
        }
        guard !word.hasPrefix("--"), !name.isEmpty else {
            throw unknown("-" + (word.hasPrefix("--") ? "-" : "") + name)
        }
        // Letters together: switches, then perhaps one that takes the rest as its value.
        var letters = body
        while let letter = letters.popFirst() {
            guard let option = options.first(where: { $0.letter == letter }) else {
                throw unknown(name.count == 1 ? "-\(letter)" : "-\(name)")
            }
            let value = letters.first == "=" ? letters.dropFirst() : letters
            if option.value != nil || letters.first == "=" || letters.isEmpty {
                let attached = letters.isEmpty ? nil : String(value)
                return try take(option, spelled: "-\(letter)", attached, &rest, &given)
            }
            given.given.append((option.name, "true"))
        }
    }

    private func take(
        _ option: OptionSpecification, spelled: String, _ attached: String?, _ rest: inout ArraySlice<String>,
        _ given: inout GivenOptions
    ) throws(UsageError) {
        if option.value == nil {
            given.given.append((option.name, try switchValue(option, attached ?? "true")))
        } else if let attached {
            given.given.append((option.name, attached))
        } else if let next = rest.popFirst() {
            given.given.append((option.name, next))
        } else {
            throw .missingValue(option: spelled)
        }
    }

    /// Source: Go's strconv.ParseBool, which callers' `--flag=1` relies on.
    private func switchValue(_ option: OptionSpecification, _ text: String) throws(UsageError) -> String {
        switch text {
        case "1", "t", "T", "true", "TRUE", "True": return "true"
        case "0", "f", "F", "false", "FALSE", "False": return "false"
        default: throw .invalidValue(option: option.name, value: text, expected: "true or false")
        }
    }

    private func unknown(_ spelled: some StringProtocol) -> UsageError {
        .unknownOption(String(spelled), command: command)
    }
}
