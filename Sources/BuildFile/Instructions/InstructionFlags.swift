/// The `--name=value` words between an instruction's keyword and its arguments.
struct InstructionFlags {
    struct Flag {
        var name: String
        /// nil for `--name` alone.
        var value: String?
        var offset: Int
    }

    private(set) var flags: [Flag] = []

    /// Flags that may be given several times.
    private static let repeatable: Set<String> = ["mount", "exclude"]

    static func take(
        from tail: ArraySlice<UInt8>, allowed: Set<String>, parser: InstructionParser
    ) throws(BuildFileError) -> (InstructionFlags, ArraySlice<UInt8>) {
        var result = InstructionFlags()
        var rest = tail.drop { $0.isBlank }
        while rest.starts(with: [.dash, .dash]) {
            guard let word = splitWords(rest, escape: parser.escape).first else { break }
            rest = rest[(word.offset + word.bytes.count)...].drop { $0.isBlank }
            if word.text == "--" { break }
            let flag = word.bytes.dropFirst(2)
            let name = flag.prefix { $0 != .equals }
            let value =
                name.endIndex < flag.endIndex
                ? unquoted(flag[(name.endIndex + 1)...], escape: parser.escape).text : nil
            guard allowed.contains(name.text) else {
                let hint = nearest(to: name.text, among: allowed.sorted()).map { " (did you mean --\($0)?)" } ?? ""
                throw parser.failure("\(parser.keyword) has no flag --\(name.text)\(hint)", at: word.offset)
            }
            guard repeatable.contains(name.text) || !result.flags.contains(where: { $0.name == name.text }) else {
                throw parser.failure("--\(name.text) is given twice", at: word.offset)
            }
            result.flags.append(Flag(name: name.text, value: value, offset: word.offset))
        }
        return (result, rest)
    }

    subscript(name: String) -> Flag? { flags.first { $0.name == name } }

    func all(_ name: String) -> [Flag] { flags.filter { $0.name == name } }

    /// The value, which must be there and not empty.
    func text(_ name: String, _ parser: InstructionParser) throws(BuildFileError) -> String? {
        guard let flag = self[name] else { return nil }
        guard let value = flag.value, !value.isEmpty else {
            throw parser.failure("--\(name) needs a value: --\(name)=…", at: flag.offset)
        }
        return value
    }

    /// `--name`, `--name=true` or `--name=false`.
    func flag(_ name: String, _ parser: InstructionParser) throws(BuildFileError) -> Bool? {
        guard let flag = self[name] else { return nil }
        guard let value = flag.value else { return true }
        guard let answer = parseBoolean(value) else {
            throw parser.failure("--\(name) is true or false, not \"\(value)\"", at: flag.offset)
        }
        return answer
    }
}

/// As Go's `strconv.ParseBool` reads it.
func parseBoolean(_ text: String) -> Bool? {
    switch text {
    case "1", "t", "T", "true", "TRUE", "True": true
    case "0", "f", "F", "false", "FALSE", "False": false
    default: nil
    }
}
