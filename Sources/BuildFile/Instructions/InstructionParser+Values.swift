extension InstructionParser {
    /// `NAME=value …`, or the old form `NAME value with blanks`.
    func namedValues() throws(BuildFileError) -> [Assignment] {
        let rest = try noFlags()
        let words = splitWords(rest, escape: escape)
        guard let first = words.first else { throw failure("\(keyword) needs at least one NAME=value") }
        guard first.bytes.contains(.equals) else {
            // The name ends at the first blank, whatever is quoted.
            let name = rest.prefix { !$0.isBlank }
            let value = rest[name.endIndex...].trimmed
            guard !value.isEmpty else {
                throw failure("\(keyword) needs a value: \(keyword) \(name.text)=…", at: first.offset)
            }
            return [Assignment(try checkedName(name.text, at: first.offset), value.text)]
        }
        var pairs: [Assignment] = []
        for word in words {
            guard let equals = word.bytes.firstIndex(of: .equals) else {
                throw failure(
                    "\"\(word.text.prefix(60))\" has no \"=\": write NAME=value, and values with blanks in quotes",
                    at: word.offset)
            }
            pairs.append(
                Assignment(
                    try checkedName(word.bytes[..<equals].text, at: word.offset), word.bytes[(equals + 1)...].text))
        }
        return pairs
    }

    private func checkedName(_ name: String, at offset: Int) throws(BuildFileError) -> String {
        guard !name.isEmpty else { throw failure("\(keyword) has a name that is empty", at: offset) }
        guard !name.utf8.contains(0) else { throw failure("NUL in a name", at: offset) }
        return name
    }

    func arguments() throws(BuildFileError) -> [ArgumentDeclaration] {
        let words = splitWords(try noFlags(), escape: escape)
        guard !words.isEmpty else { throw failure("ARG needs at least one name") }
        var declarations: [ArgumentDeclaration] = []
        for word in words {
            let name = word.bytes.prefix { $0 != .equals }
            guard !name.isEmpty else { throw failure("ARG has a name that is empty", at: word.offset) }
            declarations.append(
                ArgumentDeclaration(
                    name: name.text,
                    defaultValue: name.endIndex < word.bytes.endIndex ? word.bytes[(name.endIndex + 1)...].text : nil))
        }
        return declarations
    }

    func from() throws(BuildFileError) -> From {
        let (flags, rest) = try flags(["platform"])
        let words = splitPlainWords(rest)
        let isNamed = words.count == 3 && words[1].text.lowercased() == "as"
        guard words.count == 1 || isNamed else {
            throw failure(
                words.isEmpty ? "FROM needs an image" : "FROM takes an image, or an image AS a name",
                at: words.dropFirst().first?.offset)
        }
        var name: String?
        if isNamed {
            let text = words[2].text.lowercased()
            guard Self.isStageName(text) else {
                throw failure(
                    "\"\(words[2].text)\" is not a name for a stage: a letter, then letters, digits, \"-\", \"_\" and \".\"",
                    at: words[2].offset)
            }
            name = text
        }
        return From(base: words[0].text, platform: try flags.text("platform", self), name: name)
    }

    static func isStageName(_ text: String) -> Bool {
        guard let first = text.utf8.first, first.isLetter, text.utf8.count <= 128 else { return false }
        return text.utf8.allSatisfy { $0.isLetter || $0.isDigit || "-_.".utf8.contains($0) }
    }

    func healthcheck() throws(BuildFileError) -> Healthcheck {
        let (flags, rest) = try flags(["interval", "timeout", "start-period", "start-interval", "retries"])
        let kind = rest.prefix { !$0.isBlank }
        let command = rest[kind.endIndex...]
        switch kind.text.uppercased() {
        case "NONE":
            guard command.trimmed.isEmpty else {
                throw failure("HEALTHCHECK NONE takes no argument", at: command.startIndex)
            }
            guard flags.flags.isEmpty else { throw failure("HEALTHCHECK NONE takes no flags") }
            return .none
        case "CMD":
            let form = try commandForm(command)
            guard form != .shell(""), form != .exec([]) else { throw failure("HEALTHCHECK CMD needs a command") }
            var check = Healthcheck.Check(command: form)
            check.interval = try duration("interval", flags)
            check.timeout = try duration("timeout", flags)
            check.startPeriod = try duration("start-period", flags)
            check.startInterval = try duration("start-interval", flags)
            if let text = try flags.text("retries", self) {
                guard let retries = Int32(text), retries >= 0 else {
                    throw failure("--retries is a number from 0 on, not \"\(text)\"", at: flags["retries"]?.offset)
                }
                check.retries = Int64(retries)
            }
            return .check(check)
        default:
            throw failure("HEALTHCHECK is followed by CMD or NONE, not \"\(kind.text)\"", at: kind.startIndex)
        }
    }

    private func duration(_ name: String, _ flags: InstructionFlags) throws(BuildFileError) -> Int64 {
        guard let text = try flags.text(name, self) else { return 0 }
        guard let value = parseDuration(text) else {
            throw failure("--\(name) is a time such as 30s or 1m30s, not \"\(text)\"", at: flags[name]?.offset)
        }
        guard value == 0 || value >= 1_000_000 else {
            throw failure("--\(name) cannot be less than 1ms", at: flags[name]?.offset)
        }
        return value
    }
}

/// A time as Go writes it, in nanoseconds: `1h2m3.5s`, `300ms`. Not below zero.
func parseDuration(_ text: String) -> Int64? {
    if text == "0" { return 0 }
    let units: [String: Double] = [
        "ns": 1, "us": 1e3, "µs": 1e3, "μs": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9, "h": 3600e9,
    ]
    var rest = text[...]
    var total = 0.0
    guard !rest.isEmpty else { return nil }
    while !rest.isEmpty {
        let number = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        rest = rest[number.endIndex...]
        let unit = rest.prefix { !($0.isASCII && ($0.isNumber || $0 == ".")) }
        rest = rest[unit.endIndex...]
        guard let value = Double(number), let factor = units[String(unit)] else { return nil }
        total += value * factor
    }
    return Int64(exactly: total.rounded())
}
