internal import CLinux
public import LinuxKernel

/// The five sets of a process. Source: capabilities(7).
public struct ProcessCapabilities: Equatable, Sendable {
    /// What exec can give at most.
    public var bounding: CapabilitySet
    /// What can be made effective.
    public var permitted: CapabilitySet
    /// What counts now.
    public var effective: CapabilitySet
    /// What a file's own inheritable set lets through exec.
    public var inheritable: CapabilitySet
    /// What goes through exec of an ordinary file. Linux 4.3.
    public var ambient: CapabilitySet

    /// Five sets, empty unless given.
    public init(
        bounding: CapabilitySet, permitted: CapabilitySet, effective: CapabilitySet, inheritable: CapabilitySet = [],
        ambient: CapabilitySet = []
    ) {
        self.bounding = bounding
        self.permitted = permitted
        self.effective = effective
        self.inheritable = inheritable
        self.ambient = ambient
    }

    /// The sets as `/proc/PID/status` shows them, or `nil` if a line is missing.
    public init?(_ status: ProcessStatus) {
        guard let bounding = status.mask("CapBnd"), let permitted = status.mask("CapPrm"),
            let effective = status.mask("CapEff"), let inheritable = status.mask("CapInh")
        else { return nil }
        self.init(
            bounding: CapabilitySet(rawValue: bounding), permitted: CapabilitySet(rawValue: permitted),
            effective: CapabilitySet(rawValue: effective), inheritable: CapabilitySet(rawValue: inheritable),
            ambient: CapabilitySet(rawValue: status.mask("CapAmb") ?? 0))
    }

    /// The sets of a process.
    ///
    /// - Throws: `ENOENT` or `ESRCH` if there is none.
    public init(of pid: Int32) throws(SyscallError) {
        guard let sets = ProcessCapabilities(try ProcessInformation(pid: pid).status()) else {
            throw SyscallError(call: "read", subject: "/proc/\(pid)/status", code: .invalidArgument)
        }
        self = sets
    }

    /// The calling thread's permitted set, by one system call and without procfs.
    public static func ownPermitted() throws(SyscallError) -> CapabilitySet {
        var (effective, permitted, inheritable): (UInt64, UInt64, UInt64) = (0, 0, 0)
        try kernel("capget", "own capabilities") { clinux_capget(0, &effective, &permitted, &inheritable) }
        return CapabilitySet(rawValue: permitted)
    }

    /// The calling thread's effective set, by one system call and without procfs.
    public static func ownEffective() throws(SyscallError) -> CapabilitySet {
        var (effective, permitted, inheritable): (UInt64, UInt64, UInt64) = (0, 0, 0)
        try kernel("capget", "own capabilities") { clinux_capget(0, &effective, &permitted, &inheritable) }
        return CapabilitySet(rawValue: effective)
    }
}

extension Capability {
    /// The last capability that the running kernel knows: `/proc/sys/kernel/cap_last_cap`.
    public static func last() throws(SyscallError) -> Capability {
        let path = "/proc/sys/kernel/cap_last_cap"
        let text = try readText(path).split(separator: "\n").first ?? ""
        guard let number = UInt8(text), let last = Capability(rawValue: number) else {
            throw SyscallError(call: "read", subject: path, code: .invalidArgument)
        }
        return last
    }
}
