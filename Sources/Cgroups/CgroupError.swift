public import LinuxKernel

/// What went wrong with a cgroup: what was tried, on which file, and the kernel's answer.
public enum CgroupError: Error, Equatable {
    /// The text is no path of a cgroup.
    case invalidPath(String, reason: String)
    /// A limit that no kernel would take, or that the runtime-spec forbids.
    case invalidLimit(name: String, value: String, reason: String)
    /// The limit needs a controller that this cgroup has not got; `reason` says what is in the way.
    case controllerMissing(Controller, limit: String, reason: String)
    /// The kernel refused a value.
    case refused(file: String, value: String, Errno)
    /// A memory limit below what is in use and cannot be reclaimed, in bytes.
    case memoryInUse(file: String, limit: UInt64, usage: UInt64, peak: UInt64?)
    /// A call failed, on a directory or in reading.
    case failed(SyscallError)
    /// A file of the kernel's has a content that this version cannot read.
    case unexpected(file: String, content: String)
    /// A path below a cgroup mount leads to another file system: somebody has put something else there.
    case notCgroupFileSystem(String)
    /// No cgroup hierarchy is mounted.
    case noHierarchies
    /// The cgroup to be used for a new container holds processes already.
    case occupied(String, processes: Int)
    /// Another command is making a container in this cgroup.
    case claimed(String)
    /// The cgroup to be used for a new container is frozen: its processes would never start.
    case frozen(String)
    /// This cgroup cannot be frozen: it has no freezer, or the caller is in it.
    case cannotFreeze
    /// The processes did not all stop in time.
    case freezeTimedOut(String)
    /// The cgroup could not be removed, for it still holds processes.
    case stillInUse(String, processes: [Int32])
}

extension CgroupError {
    /// What a caller can do about the failure.
    public enum Kind: Sendable {
        /// The request is wrong as it stands.
        case invalidInput
        /// This host cannot do it.
        case unsupported
        /// The user may not do it.
        case forbidden
        /// Another container, or a process, is in the way.
        case conflict
        /// None of these.
        case fault
    }

    /// What a caller can do about it.
    public var kind: Kind {
        switch self {
        case .invalidPath, .invalidLimit: .invalidInput
        case .controllerMissing, .noHierarchies, .cannotFreeze: .unsupported
        case .occupied, .claimed, .frozen, .stillInUse, .memoryInUse: .conflict
        case .refused(_, _, let code): Kind(code)
        case .failed(let error): Kind(error.code)
        case .unexpected, .notCgroupFileSystem, .freezeTimedOut: .fault
        }
    }

    /// The kernel's answer, where there was one.
    public var code: Errno? {
        switch self {
        case .refused(_, _, let code): code
        case .failed(let error): error.code
        case .memoryInUse: .busy
        default: nil
        }
    }

    /// Whether a user without privileges would see this for want of them.
    var isWantOfPrivilege: Bool { code.map { Kind($0) == .forbidden } ?? false }
}

extension CgroupError.Kind {
    init(_ code: Errno) {
        switch code {
        case .notPermitted, .accessDenied, .readOnlyFileSystem: self = .forbidden
        case .invalidArgument, .outOfRange: self = .invalidInput
        case .notSupported, .noSuchCall: self = .unsupported
        case .busy: self = .conflict
        default: self = .fault
        }
    }
}

extension CgroupError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .invalidPath(let path, let reason): "cgroup path \"\(path)\": \(reason)"
        case .invalidLimit(let name, let value, let reason): "\(name) \(value.printable): \(reason)"
        case .controllerMissing(let controller, let limit, let reason):
            "cannot set \(limit): no \(controller.name) controller: \(reason)"
        case .refused(let file, let value, let code):
            "write \"\(value.printable)\" to \(file): \(code)" + (CgroupError.advice(file, value, code) ?? "")
        case .memoryInUse(let file, let limit, let usage, let peak):
            "set \(file) to \(limit): the cgroup uses \(usage) bytes" + (peak.map { " (peak \($0))" } ?? "")
                + " and not enough can be reclaimed"
        case .failed(let error): error.description
        case .unexpected(let file, let content): "\(file) says \"\(content.printable)\", which is not understood"
        case .notCgroupFileSystem(let path): "\(path) does not lie on a cgroup file system"
        case .noHierarchies: "no cgroup file system is mounted (expected at /sys/fs/cgroup)"
        case .occupied(let path, let count):
            "cgroup \(path) is in use: it holds \(count) process\(count == 1 ? "" : "es")"
        case .claimed(let path): "cgroup \(path) is in use: a container is being made in it"
        case .frozen(let path): "cgroup \(path) is frozen; thaw it or choose another"
        case .cannotFreeze: "this container has no cgroup that can be frozen, or the caller is in it"
        case .freezeTimedOut(let path): "cgroup \(path) did not freeze in time; it has been thawed"
        case .stillInUse(let path, let processes):
            "remove cgroup \(path): device or resource busy; it holds "
                + (processes.isEmpty
                    ? "cgroups that are in use"
                    : "process \(processes.prefix(5).map { "\($0)" }.joined(separator: ", "))")
        }
    }

    /// What the kernel's number means for this file, where the number alone misleads.
    private static func advice(_ file: String, _ value: String, _ code: Errno) -> String? {
        if file.hasSuffix("/cgroup.subtree_control"), code == .busy {
            return " (on cgroup v2 a cgroup with processes of its own gives its children no controllers)"
        }
        if file.hasSuffix("/cgroup.procs") || file.hasSuffix("/tasks") {
            if code == .noSpace { return " (the cpuset has no CPUs or no memory nodes)" }
            if code == .noSuchProcess { return " (the process has ended)" }
            if code == .busy {
                return " (on cgroup v2 a cgroup that has given controllers to its children takes no processes)"
            }
            if code == .notSupported { return " (the cgroup is threaded or an invalid domain; see cgroup.type)" }
        }
        if file.contains("cpuset."), code == .invalidArgument { return " (the host or the parent has not got these)" }
        if file.hasSuffix("cpu.rt_runtime_us"), code == .invalidArgument {
            return " (the parent cgroup has no real-time budget to give)"
        }
        return nil
    }
}

/// A limit that was asked for and does not hold, with the reason in one clause.
public struct Unenforced: Equatable, Hashable, Sendable, CustomStringConvertible {
    /// The limit by its name in the runtime-spec, such as `memory.swappiness`, or `cgroup` for all of them.
    public let limit: String
    /// Why, for people.
    public let reason: String

    /// A limit that was asked for and does not hold.
    public init(limit: String, reason: String) {
        self.limit = limit
        self.reason = reason
    }

    public var description: String { "\(limit) is not enforced: \(reason)" }
}

/// What to do where privileges are missing.
public enum Enforcement: Sendable {
    /// A limit that cannot be set is an error.
    case required
    /// For users without privileges: what they may not set is reported and left out. Wrong values stay errors.
    case bestEffort
}
