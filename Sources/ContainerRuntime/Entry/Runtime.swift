internal import Cgroups
internal import LinuxKernel

/// The runtime on one state root: what makes containers and starts programs in them.
///
/// Synchronous and single-threaded: the kernel refuses a user namespace to a process with a second thread.
package struct Runtime {
    package let root: StateRoot
    package let log: Log
    package let cgroupUse: CgroupUse

    package init(root: StateRoot, log: Log, cgroupUse: CgroupUse = .ofCaller) {
        self.root = root
        self.log = log
        self.cgroupUse = cgroupUse
    }
}

/// What becomes of a container whose cgroup cannot be made, or whose limits cannot be set, for want of privilege.
package enum CgroupUse: Sendable {
    /// It is not made.
    case required
    /// It runs, and what is not enforced is told.
    case bestEffort
    /// No cgroup is even tried: it stays in those of the caller.
    case none

    /// An ordinary user seldom has a cgroup to write to.
    package static var ofCaller: CgroupUse { CallerIdentity.effectiveUid == 0 ? .required : .bestEffort }

    var enforcement: Enforcement { self == .required ? .required : .bestEffort }
}
