/// Which devices a container may use, as ordered rules: for each kind of access the last rule that names it decides, and
/// what no rule names is denied.
public struct DeviceRules: Equatable, Sendable {
    /// In order: for each kind of access the last one that names it decides.
    public var rules: [DeviceRule]

    /// Rules in the order in which they were written.
    public init(_ rules: [DeviceRule]) { self.rules = rules }

    /// Whether all of `access` to a device is allowed. Both back ends give the same answer.
    public func decide(_ type: DeviceType, major: UInt32, minor: UInt32, _ access: DeviceAccess) -> Bool {
        var open = access
        for rule in rules.reversed() where rule.matches(type, major, minor) {
            if rule.allow {
                open.subtract(rule.access)
                if open.isEmpty { return true }
            } else if !open.isDisjoint(with: rule.access) {
                return false
            }
        }
        return false
    }
}

/// The two kinds of device files.
public enum DeviceType: Sendable, CaseIterable {
    case character, block

    /// As in v1's files.
    var letter: String { self == .character ? "c" : "b" }
}

/// What may be done with a device.
public struct DeviceAccess: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    // The bits are those of BPF_DEVCG_ACC_MKNOD, _READ and _WRITE.
    /// Making a device file.
    public static let mknod = DeviceAccess(rawValue: 1)
    /// `r`
    public static let read = DeviceAccess(rawValue: 2)
    /// `w`
    public static let write = DeviceAccess(rawValue: 4)
    /// `rwm`
    public static let all: DeviceAccess = [.mknod, .read, .write]

    /// Reads some of the letters `r`, `w` and `m`.
    public init?(letters: String) {
        var access: DeviceAccess = []
        for letter in letters.utf8 {
            switch letter {
            case UInt8(ascii: "r"): access.insert(.read)
            case UInt8(ascii: "w"): access.insert(.write)
            case UInt8(ascii: "m"): access.insert(.mknod)
            default: return nil
            }
        }
        if access.isEmpty { return nil }
        self = access
    }

    var letters: String {
        (contains(.read) ? "r" : "") + (contains(.write) ? "w" : "") + (contains(.mknod) ? "m" : "")
    }
}

/// One rule: allow or deny some access to one device or to many.
public struct DeviceRule: Hashable, Sendable {
    /// False refuses what the rule matches.
    public var allow: Bool
    /// `nil` is both.
    public var type: DeviceType?
    /// `nil` is any.
    public var major: UInt32?
    /// `nil` is any.
    public var minor: UInt32?
    /// Which uses of the device it is about.
    public var access: DeviceAccess

    /// A rule; without a number it matches every one.
    public init(
        allow: Bool, _ type: DeviceType? = nil, major: UInt32? = nil, minor: UInt32? = nil,
        _ access: DeviceAccess = .all
    ) {
        self.allow = allow
        self.type = type
        self.major = major
        self.minor = minor
        self.access = access
    }

    func matches(_ type: DeviceType, _ major: UInt32, _ minor: UInt32) -> Bool {
        (self.type ?? type) == type && (self.major ?? major) == major && (self.minor ?? minor) == minor
    }

    /// Whether it is about every access to every device, so that no earlier rule counts.
    var isTotal: Bool { type == nil && major == nil && minor == nil && access == .all }
}

extension DeviceRules {
    /// What every container may use: the runtime-spec's default devices, pseudo-terminals, and device files of any kind
    /// made but not opened.
    ///
    /// Source: runtime-spec, config-linux.md, "Default Devices".
    public static let containerDefaults: [DeviceRule] = [
        DeviceRule(allow: true, .character, .mknod),
        DeviceRule(allow: true, .block, .mknod),
        DeviceRule(allow: true, .character, major: 1, minor: 3),  // null
        DeviceRule(allow: true, .character, major: 1, minor: 5),  // zero
        DeviceRule(allow: true, .character, major: 1, minor: 7),  // full
        DeviceRule(allow: true, .character, major: 1, minor: 8),  // random
        DeviceRule(allow: true, .character, major: 1, minor: 9),  // urandom
        DeviceRule(allow: true, .character, major: 5, minor: 0),  // tty
        DeviceRule(allow: true, .character, major: 5, minor: 1),  // console
        DeviceRule(allow: true, .character, major: 5, minor: 2),  // ptmx
        DeviceRule(allow: true, .character, major: 136),  // pts/*
    ]

    /// A container's own rules, and behind them what every container may use.
    ///
    /// Where its own begin with "everything is allowed", device files may be made anyhow: the two rules for that stay away, for they
    /// would take back what the container's own deny after it.
    public init(ofContainer own: [DeviceRule]) {
        let isOpen = own.last(where: \.isTotal)?.allow ?? false
        self.init(own + (isOpen ? Self.containerDefaults.filter { $0.access != .mknod } : Self.containerDefaults))
    }
}
