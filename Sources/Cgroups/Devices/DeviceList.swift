import LinuxKernel

/// What v1's devices controller can hold: a default and exceptions from it.
///
/// Source: the kernel's admin-guide/cgroup-v1/devices.rst and security/device_cgroup.c.
struct DeviceList: Equatable {
    var allowsByDefault: Bool
    /// The access that is not as the default says.
    var exceptions: [Device: DeviceAccess]

    struct Device: Hashable {
        let type: DeviceType
        /// `nil` is any.
        let major: UInt32?
        let minor: UInt32?

        /// As the kernel writes and reads it, such as `c 136:*`.
        var text: String {
            "\(type.letter) \(major.map { decimal($0) } ?? "*"):\(minor.map { decimal($0) } ?? "*")"
        }

        func covers(_ other: Device) -> Bool {
            type == other.type && (major == nil || major == other.major) && (minor == nil || minor == other.minor)
        }

        func meets(_ other: Device) -> Bool {
            type == other.type && (major == nil || other.major == nil || major == other.major)
                && (minor == nil || other.minor == nil || minor == other.minor)
        }
    }

    init(allowsByDefault: Bool = false, exceptions: [Device: DeviceAccess] = [:]) {
        self.allowsByDefault = allowsByDefault
        self.exceptions = exceptions
    }

    /// Brings ordered rules into the kernel's form.
    ///
    /// - Throws: `CgroupError.invalidLimit` for a rule that takes back a part of an earlier one, such as all of `c 1:*`
    ///   but `c 1:3`: v1 has no exceptions from exceptions, and anything near it would allow too much or too little.
    init(_ rules: DeviceRules) throws(CgroupError) {
        self.init()
        for rule in rules.rules {
            if rule.isTotal {
                self = DeviceList(allowsByDefault: rule.allow)
                continue
            }
            for type in rule.type.map({ [$0] }) ?? DeviceType.allCases {
                try take(Device(type: type, major: rule.major, minor: rule.minor), rule)
            }
        }
        if !allowsByDefault { spreadAccess() }
    }

    private mutating func take(_ device: Device, _ rule: DeviceRule) throws(CgroupError) {
        if rule.allow != allowsByDefault {
            exceptions[device, default: []].formUnion(rule.access)
            return
        }
        for (exception, access) in exceptions where exception.meets(device) && !access.isDisjoint(with: rule.access) {
            guard device.covers(exception) else {
                throw .invalidLimit(
                    name: "devices", value: "\(rule.allow ? "allow" : "deny") \(device.text) \(rule.access.letters)",
                    reason: "cgroup v1 cannot take a part of \(exception.text) \(access.letters) back")
            }
            let left = access.subtracting(rule.access)
            exceptions[exception] = left.isEmpty ? nil : left
        }
    }

    /// The kernel grants an access of several kinds only if one exception has them all: so each gets what those have that
    /// cover it.
    private mutating func spreadAccess() {
        for device in exceptions.keys {
            for (other, access) in exceptions where other.covers(device) {
                exceptions[device, default: []].formUnion(access)
            }
        }
    }
}

// MARK: - As the kernel shows it

extension DeviceList {
    /// Reads `devices.list`. Of a list that allows by default the kernel shows no exceptions.
    init(listing: [UInt8], file: String) throws(CgroupError) {
        self.init()
        for words in listing.lines {
            guard let line = Line(words) else {
                throw .unexpected(file: file, content: words.joined(separator: " "))
            }
            switch line {
            case .everything: self = DeviceList(allowsByDefault: true)
            case .exception(let device, let access): exceptions[device, default: []].formUnion(access)
            }
        }
    }

    private enum Line {
        case everything
        case exception(Device, DeviceAccess)

        init?(_ words: [Substring]) {
            guard words.count == 3, let access = DeviceAccess(letters: String(words[2])) else { return nil }
            if words[0] == "a" {
                self = .everything
                return
            }
            let numbers = words[1].split(separator: ":", omittingEmptySubsequences: false)
            guard numbers.count == 2, words[0] == "c" || words[0] == "b" else { return nil }
            let major = UInt32(numbers[0])
            let minor = UInt32(numbers[1])
            guard major != nil || numbers[0] == "*", minor != nil || numbers[1] == "*" else { return nil }
            self = .exception(Device(type: words[0] == "c" ? .character : .block, major: major, minor: minor), access)
        }
    }
}

// MARK: - From one state to another

extension DeviceList {
    /// A line for one of the kernel's two files.
    struct Step: Equatable {
        let allow: Bool
        let line: String

        var file: String { allow ? "devices.allow" : "devices.deny" }
        /// Whether it sets the default, which forgets every exception.
        var isReset: Bool { line == "a" }
    }

    /// The fewest writes that lead from here to `target`, those that take access away first.
    ///
    /// A list that allows by default shows nothing of its exceptions, so such a one always begins anew. Between that reset
    /// and the last step the cgroup allows more, or less, than it did and than it will.
    func steps(to target: DeviceList) -> [Step] {
        var steps: [Step] = []
        var current = self
        if allowsByDefault || target.allowsByDefault {
            steps.append(Step(allow: target.allowsByDefault, line: "a"))
            current = DeviceList(allowsByDefault: target.allowsByDefault)
        }
        func add(_ from: DeviceList, _ to: DeviceList, allow: Bool) {
            for (device, access) in from.sortedExceptions {
                let changed = access.subtracting(to.exceptions[device] ?? [])
                if !changed.isEmpty {
                    steps.append(Step(allow: allow, line: "\(device.text) \(changed.letters)"))
                }
            }
        }
        add(current, target, allow: target.allowsByDefault)
        add(target, current, allow: !target.allowsByDefault)
        return steps
    }

    /// In an order that does not change from run to run: any before each.
    private var sortedExceptions: [(key: Device, value: DeviceAccess)] {
        func order(_ number: UInt32?) -> Int64 { number.map { Int64($0) } ?? -1 }
        func order(_ device: Device) -> (Int, Int64, Int64) {
            (device.type == .character ? 0 : 1, order(device.major), order(device.minor))
        }
        return exceptions.sorted { order($0.key) < order($1.key) }
    }
}
