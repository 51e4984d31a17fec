public import Cgroups
import LinuxKernel
public import OCISpec

extension Limits {
    /// What `linux.resources` of a bundle, or of an update, asks for.
    ///
    /// A number that other runtimes take for "not set" is taken so here, too, for engines write it: 0 for memory, shares,
    /// quota, period and weights, and an empty list of CPUs.
    ///
    /// - Parameter devices: What becomes of the device rules.
    /// - Throws: `CgroupError.invalidLimit` for a value that no kernel takes.
    public init(_ resources: RuntimeConfig.Linux.Resources?, devices: DeviceRuleUse) throws(CgroupError) {
        self.init()
        switch devices {
        case .none: break
        case .ofContainer:
            // Without any rule of its own a container may use the default devices only.
            var rules: [DeviceRule] = []
            for rule in resources?.devices ?? [] { rules.append(try DeviceRule(rule)) }
            self.devices = DeviceRules(ofContainer: rules)
        }
        guard let resources else { return }
        if let value = resources.memory { memory = Memory(value) }
        if let value = resources.cpu { cpu = CPU(value) }
        pids = resources.pids?.limit.map { Limit(spec: $0) }
        if let value = resources.blockIO { blockIO = try BlockIO(value) }
        hugePages = resources.hugepageLimits.map { HugePages(pageSize: $0.pageSize, limit: $0.limit) }
        if let value = resources.network { network = Network(value) }
        rdma = resources.rdma.members.map {
            RDMA(device: $0.key, handles: $0.value.hcaHandles, objects: $0.value.hcaObjects)
        }
        for member in resources.unified.members {
            unified.append(try UnifiedSetting(file: member.key, value: member.value))
        }
    }

    /// What becomes of the rules in `linux.resources.devices`.
    public enum DeviceRuleUse: Sendable {
        /// They are set, after "deny all" and before what every container may use.
        case ofContainer
        /// They stay as they are: an update of limits.
        case none
    }
}

// MARK: - Controller by controller

private typealias Resources = RuntimeConfig.Linux.Resources

extension Limits.Memory {
    fileprivate init(_ spec: Resources.Memory) {
        self.init()
        func limit(_ value: Int64?) -> Limit? { value.flatMap { $0 == 0 ? nil : Limit(spec: $0) } }
        self.limit = limit(spec.limit)
        reservation = limit(spec.reservation)
        swap = limit(spec.swap)
        kernel = limit(spec.kernel)
        kernelTCP = limit(spec.kernelTCP)
        // Engines pass -1, which is the largest number here, for "as the host has it".
        swappiness = spec.swappiness == .max ? nil : spec.swappiness
        disableOOMKiller = spec.disableOOMKiller
        useHierarchy = spec.useHierarchy
        checkBeforeUpdate = spec.checkBeforeUpdate
    }
}

extension Limits.CPU {
    fileprivate init(_ spec: Resources.CPU) {
        self.init()
        shares = spec.shares.nonZero
        quotaMicroseconds = spec.quota.nonZero.map { Limit(spec: $0) }
        burstMicroseconds = spec.burst
        periodMicroseconds = spec.period.nonZero
        realtimeRuntimeMicroseconds = spec.realtimeRuntime.nonZero
        realtimePeriodMicroseconds = spec.realtimePeriod.nonZero
        cpus = spec.cpus.flatMap { $0.isEmpty ? nil : $0 }
        mems = spec.mems.flatMap { $0.isEmpty ? nil : $0 }
        idle = spec.idle
    }
}

extension Limits.BlockIO {
    fileprivate init(_ spec: Resources.BlockIO) throws(CgroupError) {
        self.init()
        weight = spec.weight.nonZero
        leafWeight = spec.leafWeight.nonZero
        for one in spec.weightDevice {
            deviceWeights.append(
                DeviceWeight(
                    try deviceNumber(one.major, one.minor), weight: one.weight.nonZero,
                    leafWeight: one.leafWeight.nonZero))
        }
        let kinds: [(Throttle.Kind, [Resources.BlockIO.ThrottleDevice])] = [
            (.readBytes, spec.throttleReadBpsDevice), (.writeBytes, spec.throttleWriteBpsDevice),
            (.readOperations, spec.throttleReadIOPSDevice), (.writeOperations, spec.throttleWriteIOPSDevice),
        ]
        for (kind, devices) in kinds {
            for one in devices {
                throttles.append(Throttle(kind, try deviceNumber(one.major, one.minor), perSecond: one.rate))
            }
        }
    }
}

extension Limits.Network {
    fileprivate init(_ spec: Resources.Network) {
        self.init()
        classID = spec.classID
        priorities = spec.priorities.map { Priority(interface: $0.name, priority: $0.priority) }
    }
}

extension DeviceRule {
    /// - Throws: `CgroupError.invalidLimit` for an access that is not made of `r`, `w` and `m`, and for a number outside of
    ///   what the kernel has for devices.
    public init(_ spec: RuntimeConfig.Linux.Resources.DeviceRule) throws(CgroupError) {
        var access = DeviceAccess.all
        // An absent access is all of it, as the kernel's own "a".
        if let letters = spec.access, !letters.isEmpty {
            guard let some = DeviceAccess(letters: letters) else {
                throw .invalidLimit(name: "devices.access", value: letters, reason: "must be some of r, w and m")
            }
            access = some
        }
        let type: DeviceType? =
            switch spec.type {
            case nil, .all: nil
            case .character: .character
            case .block: .block
            }
        self.init(
            allow: spec.allow, type, major: try number(spec.major, "major"), minor: try number(spec.minor, "minor"),
            access)
    }
}

/// -1 is written for "any" by many.
private func number(_ value: Int64?, _ name: String) throws(CgroupError) -> UInt32? {
    guard let value, value != -1 else { return nil }
    guard let number = UInt32(exactly: value) else {
        throw .invalidLimit(name: "devices.\(name)", value: String(value), reason: "is no number of a device")
    }
    return number
}

private func deviceNumber(_ major: Int64, _ minor: Int64) throws(CgroupError) -> DeviceNumber {
    guard let first = UInt32(exactly: major), let second = UInt32(exactly: minor) else {
        throw .invalidLimit(name: "blockIO", value: "\(major):\(minor)", reason: "is no number of a device")
    }
    return DeviceNumber(major: first, minor: second)
}

extension Optional where Wrapped: FixedWidthInteger {
    /// `nil` for 0.
    fileprivate var nonZero: Wrapped? { flatMap { $0 == 0 ? nil : $0 } }
}
