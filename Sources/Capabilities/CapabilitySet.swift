/// A set of capabilities in the kernel's form: one bit a capability.
public struct CapabilitySet: OptionSet, Hashable, Sendable {
    /// As in the `CapEff` line of `/proc/PID/status`.
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// The set of these capabilities.
    public init(_ capabilities: some Sequence<Capability>) {
        self.init(rawValue: capabilities.reduce(0) { $0 | 1 << UInt64($1.rawValue) })
    }

    /// Whether the capability is in the set.
    public func contains(_ capability: Capability) -> Bool { rawValue & (1 << UInt64(capability.rawValue)) != 0 }

    /// The members by number.
    public var capabilities: [Capability] {
        (UInt8(0)..<64).filter { rawValue >> UInt64($0) & 1 == 1 }.compactMap(Capability.init(rawValue:))
    }

    /// Every capability that has a name in this library.
    public static let named = CapabilitySet(Capability.named)

    /// Every capability that a kernel knows whose `cap_last_cap` is this.
    public static func all(upTo last: Capability) -> CapabilitySet {
        CapabilitySet(rawValue: .max >> UInt64(63 - last.rawValue))
    }

    /// What Docker gives a container that asks for nothing else.
    public static let dockerDefault = CapabilitySet([
        .chown, .dacOverride, .fsetid, .fowner, .mknod, .netRaw, .setgid, .setuid, .setfcap, .setpcap, .netBindService,
        .sysChroot, .kill, .auditWrite,
    ])
}

extension CapabilitySet: CustomStringConvertible {
    /// Tool names with commas, by number: `cap_chown,cap_kill`.
    public var description: String { capabilities.map(\.toolName).joined(separator: ",") }

    /// Sixteen hexadecimal digits, as procfs shows it.
    public var hexadecimal: String {
        let digits = String(rawValue, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// Reads a mask as `capsh --decode` takes it: up to 16 hexadecimal digits, with or without `0x`.
    public init?(hexadecimal text: String) {
        let digits = text.hasPrefix("0x") || text.hasPrefix("0X") ? text.dropFirst(2) : text[...]
        guard !digits.isEmpty, digits.utf8.count <= 16, digits.first != "+",
            let value = UInt64(digits, radix: 16)
        else { return nil }
        self.init(rawValue: value)
    }

    /// The mask with its meaning, as `capsh --decode` prints it: `0x0000000000000020=cap_kill`.
    public var decoded: String { "0x\(hexadecimal)=\(description)" }
}

/// A name that is no capability's.
public struct UnknownCapability: Error, Equatable, CustomStringConvertible {
    /// What was given, as it was.
    public let name: String

    /// For a name that no capability has.
    public init(name: String) { self.name = name }

    public var description: String { "unknown capability \"\(name)\"" }
}

extension CapabilitySet {
    /// Reads names as a user types them, in any case, with or without `CAP_`.
    ///
    /// - Throws: `UnknownCapability` for the first name that is none.
    public init(names: some Sequence<String>) throws(UnknownCapability) {
        var value: UInt64 = 0
        for name in names {
            guard let capability = Capability(name: name) else { throw UnknownCapability(name: name) }
            value |= 1 << UInt64(capability.rawValue)
        }
        self.init(rawValue: value)
    }

    /// Reads names as a runtime-spec document has them. Names that are none come back in `unknown`, to be warned of and
    /// ignored, as the specification says.
    ///
    /// Source: runtime-spec config.md, `process.capabilities`.
    public init(specNames: [String], unknown: inout [String]) {
        var value: UInt64 = 0
        for name in specNames {
            if let capability = Capability(specName: name) {
                value |= 1 << UInt64(capability.rawValue)
            } else if !unknown.contains(name) {
                unknown.append(name)
            }
        }
        self.init(rawValue: value)
    }

    /// Docker's `--cap-add` and `--cap-drop` applied to a set: a drop of `ALL` leaves only what is added, an addition of
    /// `ALL` all but what is dropped; otherwise drops win over the set and additions over drops.
    ///
    /// - Parameter all: What `ALL` stands for.
    /// - Throws: `UnknownCapability`.
    public func adjusted(
        adding added: [String], dropping dropped: [String], all: CapabilitySet = .named
    ) throws(UnknownCapability) -> CapabilitySet {
        func isAll(_ name: String) -> Bool { name.uppercased() == "ALL" || name.uppercased() == "CAP_ALL" }
        let plus = try CapabilitySet(names: added.filter { !isAll($0) })
        let minus = try CapabilitySet(names: dropped.filter { !isAll($0) })
        if added.contains(where: isAll) {
            return all.subtracting(minus).union(dropped.contains(where: isAll) ? plus : [])
        }
        if dropped.contains(where: isAll) { return plus }
        return subtracting(minus).union(plus)
    }
}
