internal import AppArmor
package import Capabilities
internal import LinuxKernel
internal import OCISpec

/// The five capability sets, and what else decides over privileges.
package struct Privileges: Equatable, Sendable {
    package var sets: ProcessCapabilities
    /// Each of the kernel's lines.
    package var evidence: [Evidence]
    package var noNewPrivileges: Bool
    /// The security module's label; `nil` where the kernel has no such module.
    package var label: String?
    package var labelEvidence: Evidence?
    /// Whether the label confines.
    package var isConfinedByLabel: Bool
    /// Whether this kernel has AppArmor or SELinux at all.
    package var hostHasModule: Bool

    package init(
        sets: ProcessCapabilities, evidence: [Evidence] = [], noNewPrivileges: Bool = false, label: String? = nil,
        labelEvidence: Evidence? = nil, isConfinedByLabel: Bool = false, hostHasModule: Bool = false
    ) {
        self.sets = sets
        self.evidence = evidence
        self.noNewPrivileges = noNewPrivileges
        self.label = label
        self.labelEvidence = labelEvidence
        self.isConfinedByLabel = isConfinedByLabel
        self.hostHasModule = hostHasModule
    }

    /// The sets by name, in the kernel's order of lines.
    package var named: [(name: String, line: String, set: CapabilitySet)] {
        [
            ("inheritable", "CapInh", sets.inheritable), ("permitted", "CapPrm", sets.permitted),
            ("effective", "CapEff", sets.effective), ("bounding", "CapBnd", sets.bounding),
            ("ambient", "CapAmb", sets.ambient),
        ]
    }

    /// Every capability that is in one of the sets.
    package var all: CapabilitySet { named.reduce([]) { $0.union($1.set) } }

    static func read(_ process: borrowing ProcessInformation, _ status: ProcessStatus) -> Privileges? {
        guard let sets = ProcessCapabilities(status) else { return nil }
        let file = "/proc/\(process.pid)/status"
        var result = Privileges(sets: sets, noNewPrivileges: status.noNewPrivileges)
        result.evidence = result.named.compactMap { entry in
            status[entry.line].map { Evidence(file, "\(entry.line): \($0)") }
        }
        if let line = status["NoNewPrivs"] { result.evidence.append(Evidence(file, "NoNewPrivs: \(line)")) }
        result.hostHasModule = (try? AppArmor.isEnabled()) == true || (try? SELinux.isEnabled()) == true
        // Without a module the file answers EINVAL.
        if let bytes = try? process.read("attr/current"), !bytes.isEmpty {
            let text = String(decoding: bytes.prefix { $0 != 0 && $0 != 0x0a }, as: UTF8.self)
            result.label = text
            result.labelEvidence = Evidence("/proc/\(process.pid)/attr/current", text)
            result.isConfinedByLabel =
                !text.isEmpty && text != "unconfined" && !text.hasSuffix("(complain)")
                && !text.contains(":unconfined_t:") && text != "kernel"
        }
        return result
    }

    var json: JSONValue {
        var sets: JSONObject = [:]
        for entry in named {
            sets[entry.name] = [
                "mask": .string(entry.set.hexadecimal), "names": .list(entry.set.capabilities.map(\.toolName)),
            ]
        }
        return [
            "sets": .object(sets),
            "meanings": .array(
                all.capabilities.map { ["name": .string($0.toolName), "allows": .string($0.meaning)] }),
            "noNewPrivileges": .bool(noNewPrivileges), "evidence": .array(evidence.map(\.json)),
        ]
    }

    var labelJSON: JSONValue {
        [
            "label": .optional(label), "confines": .bool(isConfinedByLabel), "hostHasModule": .bool(hostHasModule),
            "evidence": .array(labelEvidence.map { [$0.json] } ?? []),
        ]
    }
}

/// How the ids of the process's user namespace are those of the namespace of whoever asks.
package struct UserMapping: Equatable, Sendable {
    package struct Range: Equatable, Sendable {
        package var inside: UInt32
        package var outside: UInt32
        package var count: UInt32

        package init(inside: UInt32, outside: UInt32, count: UInt32) {
            self.inside = inside
            self.outside = outside
            self.count = count
        }

        var json: JSONValue {
            ["inside": JSONValue(inside), "outside": JSONValue(outside), "count": JSONValue(count)]
        }
    }

    package var users: [Range]
    package var groups: [Range]
    package var setgroups: String
    package var evidence: [Evidence]

    package init(users: [Range], groups: [Range], setgroups: String = "allow", evidence: [Evidence] = []) {
        self.users = users
        self.groups = groups
        self.setgroups = setgroups
        self.evidence = evidence
    }

    /// Whether every id is itself: no mapping at all.
    package var isIdentity: Bool { users == [Range(inside: 0, outside: 0, count: .max)] }

    /// The id outside of an id inside.
    package func outside(_ id: UInt32) -> UInt32? { Self.map(id, users) }

    private static func map(_ id: UInt32, _ ranges: [Range]) -> UInt32? {
        for range in ranges where id >= range.inside && id - range.inside < range.count {
            return range.outside.addingReportingOverflow(id - range.inside).partialValue
        }
        return nil
    }

    package static func ranges(_ text: String) -> [Range] {
        text.split(separator: "\n").compactMap { line in
            let numbers = line.split(separator: " ").compactMap { UInt32($0) }
            return numbers.count == 3 ? Range(inside: numbers[0], outside: numbers[1], count: numbers[2]) : nil
        }
    }

    static func read(_ process: borrowing ProcessInformation) -> UserMapping? {
        guard let users = try? process.read("uid_map"), let groups = try? process.read("gid_map") else { return nil }
        let setgroups = (try? process.read("setgroups")).map { String(decoding: $0.dropLast(), as: UTF8.self) }
        func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
        func line(_ bytes: [UInt8]) -> String {
            text(bytes).split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
                .joined(separator: "; ")
        }
        return UserMapping(
            users: ranges(text(users)), groups: ranges(text(groups)), setgroups: setgroups ?? "",
            evidence: [
                Evidence("/proc/\(process.pid)/uid_map", line(users)),
                Evidence("/proc/\(process.pid)/gid_map", line(groups)),
                Evidence("/proc/\(process.pid)/setgroups", setgroups ?? ""),
            ])
    }

    var json: JSONValue {
        [
            "identity": .bool(isIdentity), "users": .array(users.map(\.json)), "groups": .array(groups.map(\.json)),
            "setgroups": .string(setgroups), "evidence": .array(evidence.map(\.json)),
        ]
    }
}
