internal import OCISpec

extension ImageConfiguration {
    /// Applies one `--change`: an instruction of a Dockerfile that says how the image is run.
    ///
    /// - Throws: `EngineError` of kind `invalidInput`.
    public mutating func apply(change text: String) throws(EngineError) {
        let parts = text.split(maxSplits: 1, whereSeparator: \.isWhitespace).map(String.init)
        let invalid = EngineError(.invalidInput, "invalid --change: \(quotedForError(text))")
        guard parts.count == 2 else { throw invalid }
        let value = parts[1]
        switch parts[0].uppercased() {
        case "CMD": cmd = try Self.command(value)
        case "ENTRYPOINT": entrypoint = try Self.command(value)
        case "ENV":
            for (key, value) in try Self.pairs(value, invalid) {
                let entry = try EnvironmentEntry(key: key, value: value).description
                env.removeAll { $0.hasPrefix("\(key)=") }
                env.append(entry)
            }
        case "LABEL": for (key, value) in try Self.pairs(value, invalid) { labels[key] = value }
        case "USER":
            _ = try UserSpec(value)
            user = value
        case "WORKDIR":
            let path = value.hasPrefix("/") ? value : "\(workingDir)/\(value)"
            guard let normal = normalized(path) else { throw invalid }
            workingDir = normal
        case "STOPSIGNAL":
            _ = try Engine.signal(value)
            stopSignal = value
        case "EXPOSE":
            for port in value.split(whereSeparator: \.isWhitespace) {
                let halves = port.split(separator: "/", maxSplits: 1)
                let network = halves.count == 2 ? halves[1].lowercased() : "tcp"
                guard let number = UInt16(halves[0]), number > 0, ["tcp", "udp", "sctp"].contains(network) else {
                    throw invalid
                }
                exposedPorts["\(number)/\(network)"] = [:]
            }
        case "VOLUME":
            let words = value.hasPrefix("[") ? try Self.command(value) : value.split(separator: " ").map(String.init)
            for path in words { volumes[path] = [:] }
        case "HEALTHCHECK": healthcheck = try Self.health(value, invalid)
        case "ONBUILD":
            let trigger = value.prefix { !$0.isWhitespace }.uppercased()
            guard trigger != "ONBUILD", trigger != "FROM", trigger != "MAINTAINER" else { throw invalid }
            onBuild = (onBuild ?? []) + [value]
        default: throw invalid
        }
    }

    /// `NONE`, or `[--interval=5s …] CMD command`.
    private static func health(_ text: String, _ invalid: EngineError) throws(EngineError) -> HealthSettings {
        var health = HealthSettings()
        var rest = text[...]
        func word() -> Substring {
            let word = rest.prefix { !$0.isWhitespace }
            rest = rest[word.endIndex...].drop(while: \.isWhitespace)
            return word
        }
        while rest.hasPrefix("--") {
            let halves = word().split(separator: "=", maxSplits: 1)
            guard halves.count == 2 else { throw invalid }
            let value = String(halves[1])
            switch halves[0] {
            case "--interval": health.interval = try GoDuration.nanoseconds(value)
            case "--timeout": health.timeout = try GoDuration.nanoseconds(value)
            case "--start-period": health.startPeriod = try GoDuration.nanoseconds(value)
            case "--start-interval": health.startInterval = try GoDuration.nanoseconds(value)
            case "--retries":
                guard let number = Int(value), number >= 0 else { throw invalid }
                health.retries = number
            default: throw invalid
            }
        }
        switch word().uppercased() {
        case "NONE" where rest.isEmpty && health == HealthSettings(): health.test = ["NONE"]
        case "CMD" where !rest.isEmpty:
            let line = String(rest)
            let words = try command(line)
            health.test = words == ["/bin/sh", "-c", line] ? ["CMD-SHELL", line] : ["CMD"] + words
        default: throw invalid
        }
        try health.check()
        return health
    }

    /// `["program", "argument"]`, or a line for the shell.
    private static func command(_ text: String) throws(EngineError) -> [String] {
        if text.hasPrefix("["), let json = try? JSONValue(parsing: text, sizeLimit: 1 << 20),
            case .array(let list) = json
        {
            let words = list.compactMap { if case .string(let word) = $0 { word } else { nil } }
            if words.count == list.count { return words }
        }
        return ["/bin/sh", "-c", text]
    }

    /// `KEY=VALUE …` with quotes around a value that holds spaces, or `KEY VALUE`.
    private static func pairs(_ text: String, _ invalid: EngineError) throws(EngineError) -> [(String, String)] {
        let first = text.prefix { !$0.isWhitespace }
        guard first.contains("=") else {
            let words = text.split(maxSplits: 1, whereSeparator: \.isWhitespace)
            guard words.count == 2 else { throw invalid }
            return [(String(words[0]), String(words[1]))]
        }
        var result: [(String, String)] = []
        for word in try words(text, invalid) {
            let halves = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard halves.count == 2, !halves[0].isEmpty else { throw invalid }
            result.append((String(halves[0]), String(halves[1])))
        }
        return result
    }

    private static func words(_ text: String, _ invalid: EngineError) throws(EngineError) -> [String] {
        var words: [String] = []
        var word: String?
        var quote: Character?
        var isEscaped = false
        for character in text {
            if isEscaped {
                word = (word ?? "") + String(character)
                isEscaped = false
            } else if character == "\\", quote != "'" {
                isEscaped = true
            } else if character == quote {
                quote = nil
            } else if quote == nil, character == "\"" || character == "'" {
                quote = character
                word = word ?? ""
            } else if quote == nil, character.isWhitespace {
                if let done = word { words.append(done) }
                word = nil
            } else {
                word = (word ?? "") + String(character)
            }
        }
        guard quote == nil, !isEscaped else { throw invalid }
        return words + (word.map { [$0] } ?? [])
    }
}
