extension InstructionParser {
    func run() throws(BuildFileError) -> Run {
        let (flags, rest) = try flags(["mount", "network", "security"])
        let command = try commandForm(rest)
        guard command != .shell(""), command != .exec([]) else { throw failure("RUN needs a command") }
        var mounts: [RunMount] = []
        for flag in flags.all("mount") {
            guard let value = flag.value else { throw failure("--mount needs a value", at: flag.offset) }
            mounts.append(try mount(value, at: flag.offset))
        }
        return Run(
            command: command, mounts: mounts, network: try choice("network", flags) ?? .default,
            security: try choice("security", flags) ?? .sandbox, documents: line.documents)
    }

    private func choice<Value: RawRepresentable<String> & CaseIterable>(
        _ name: String, _ flags: InstructionFlags
    ) throws(BuildFileError) -> Value? {
        guard let text = try flags.text(name, self) else { return nil }
        guard let value = Value(rawValue: text.lowercased()) else {
            throw failure("--\(name) is \(alternatives(Value.self)), not \"\(text)\"", at: flags[name]?.offset)
        }
        return value
    }

    private func alternatives<Value: RawRepresentable<String> & CaseIterable>(_: Value.Type) -> String {
        Value.allCases.map(\.rawValue).joined(separator: ", ")
    }

    /// Fields that take any text, and so can hold variables until they are needed.
    private static let fieldsOfText: Set<String> = [
        "target", "dst", "destination", "source", "src", "id", "env", "from", "type",
    ]

    func mount(_ text: String, at offset: Int) throws(BuildFileError) -> RunMount {
        var mount = RunMount()
        let fields = text.split(separator: ",", omittingEmptySubsequences: false).map { field in
            let name = field.prefix { $0 != "=" }
            let value = name.endIndex < field.endIndex ? String(field[field.index(after: name.endIndex)...]) : nil
            return (name: name.lowercased(), value: value)
        }
        if let kind = fields.first(where: { $0.name == "type" })?.value {
            guard let known = RunMount.Kind(rawValue: kind.lowercased()) else {
                throw failure("--mount has no type \"\(kind)\": it is \(alternatives(RunMount.Kind.self))", at: offset)
            }
            mount.kind = known
        }
        for (name, value) in fields where name != "type" {
            if value?.contains("$") == true, !Self.fieldsOfText.contains(name) {
                mount.unresolved = text
            } else {
                try set(name, value, of: &mount, at: offset)
            }
        }
        if mount.target == nil, mount.kind != .secret, mount.kind != .ssh {
            throw failure("--mount=type=\(mount.kind.rawValue) needs target=PATH", at: offset)
        }
        return mount
    }

    private static let mountFields: [RunMount.Kind: Set<String>] = [
        .bind: ["target", "source", "from", "rw", "ro"],
        .cache: ["id", "target", "ro", "rw", "sharing", "from", "source", "mode", "uid", "gid"],
        .tmpfs: ["target", "size"],
        .secret: ["id", "target", "env", "required", "mode", "uid", "gid"],
        .ssh: ["id", "target", "required", "mode", "uid", "gid"],
    ]

    private func set(
        _ name: String, _ value: String?, of mount: inout RunMount, at offset: Int
    ) throws(BuildFileError) {
        let same = [
            "dst": "target", "destination": "target", "src": "source", "readonly": "ro", "readwrite": "rw",
        ]
        // A secret's source is its id.
        var field = same[name] ?? name
        if mount.kind == .secret, field == "source" { field = "id" }
        guard Self.mountFields[mount.kind]?.contains(field) == true else {
            throw failure("--mount=type=\(mount.kind.rawValue) has no field \"\(name)\"", at: offset)
        }
        func flag() throws(BuildFileError) -> Bool {
            guard let answer = value.map(parseBoolean) ?? true else {
                throw failure("\"\(name)\" of --mount is true or false, not \"\(value ?? "")\"", at: offset)
            }
            return answer
        }
        switch field {
        case "ro":
            mount.readOnly = try flag()
            return
        case "rw":
            mount.readOnly = !(try flag())
            return
        case "required":
            mount.required = try flag()
            return
        default: break
        }
        guard let value, !value.isEmpty else { throw failure("\"\(name)\" of --mount needs a value", at: offset) }
        func number(_ radix: Int) throws(BuildFileError) -> UInt32 {
            guard let number = UInt32(value, radix: radix), radix == 10 || number <= 0o7777 else {
                throw failure("\"\(name)\" of --mount is not a number in range: \"\(value)\"", at: offset)
            }
            return number
        }
        switch field {
        case "target": mount.target = value
        case "source": mount.source = value
        case "from":
            guard !value.contains("$") else {
                throw failure(
                    "\"from\" of --mount cannot hold variables: name the stage by FROM $IMAGE AS name", at: offset)
            }
            mount.from = value
        case "id": mount.id = value
        case "env": mount.environment = value
        case "mode": mount.mode = try number(8)
        case "uid": mount.uid = try number(10)
        case "gid": mount.gid = try number(10)
        case "size":
            guard let size = parseByteCount(value) else {
                throw failure("\"size\" of --mount is a size such as 64m, not \"\(value)\"", at: offset)
            }
            mount.size = size
        case "sharing":
            guard let sharing = RunMount.Sharing(rawValue: value.lowercased()) else {
                throw failure(
                    "\"sharing\" of --mount is \(alternatives(RunMount.Sharing.self)), not \"\(value)\"", at: offset)
            }
            mount.sharing = sharing
        default: break
        }
    }
}

/// `64m`, `1g`, `1024`: binary units, as Docker's sizes of memory.
func parseByteCount(_ text: String) -> UInt64? {
    let lower = text.lowercased()
    let digits = lower.prefix { $0.isASCII && $0.isNumber }
    let shifts: [String: UInt64] = [
        "": 0, "b": 0, "k": 10, "kb": 10, "kib": 10, "m": 20, "mb": 20, "mib": 20, "g": 30, "gb": 30, "gib": 30,
        "t": 40,
        "tb": 40, "tib": 40,
    ]
    guard let number = UInt64(digits), let shift = shifts[String(lower[digits.endIndex...])] else { return nil }
    let (result, overflow) = number.multipliedReportingOverflow(by: 1 << shift)
    return overflow ? nil : result
}
