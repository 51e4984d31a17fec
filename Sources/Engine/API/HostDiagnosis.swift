internal import Cgroups
internal import LinuxKernel

/// What this host can enforce, one thing at a time.
public struct HostDiagnosis: Equatable, Sendable {
    /// One thing that was looked at.
    public struct Finding: Equatable, Sendable {
        /// What was looked at, such as `cgroups` or `seccomp`.
        public let subject: String
        /// Whether this host can enforce it.
        public let isFine: Bool
        /// What was found, and what follows.
        public let text: String
        /// The command that mends it; empty where nothing is to be done, or nothing can be.
        public let remedy: String
    }

    /// In the order in which they are shown.
    public var findings: [Finding] = []

    /// Nothing looked at yet.
    public init() {}

    mutating func add(_ subject: String, _ isFine: Bool, fine: String, bad: String, remedy: String = "") {
        findings.append(
            Finding(subject: subject, isFine: isFine, text: isFine ? fine : bad, remedy: isFine ? "" : remedy))
    }
}

extension Engine {
    /// Asks the kernel what containers can rely on here.
    public func diagnosis() throws(EngineError) -> HostDiagnosis {
        let facts = try HostFacts.read()
        var result = HostDiagnosis()
        do {
            let cgroups = try CgroupHost.detect()
            for (controller, name, limits) in [
                (Controller.memory, "memory", "--memory"), (.cpu, "cpu", "--cpus and --cpu-shares"),
                (.cpuset, "cpuset", "--cpuset-cpus"), (.pids, "pids", "--pids-limit"),
                (.blkio, "io", "--device-read-bps"),
            ] {
                result.add(
                    "cgroup \(name)", cgroups.hierarchy(of: controller) != nil, fine: "\(limits) hold",
                    bad: "no hierarchy has this controller: \(limits) cannot hold",
                    remedy: facts.hasUnifiedCgroups ? "echo +\(name) > /sys/fs/cgroup/cgroup.subtree_control" : "")
            }
        } catch {
            throw .wrapping(error, while: "look at the cgroups of this host")
        }
        result.add(
            "swap", facts.countsSwap, fine: "is counted for each container",
            bad: "is not counted: --memory does not limit it, --memory-swap is refused",
            remedy: "add swapaccount=1 to the kernel's command line and restart")
        result.add(
            "AppArmor", facts.hasAppArmor, fine: "confines containers",
            bad: "is not there: capabilities, seccomp and masked paths confine alone",
            remedy: "add security=apparmor to the kernel's command line, apt install apparmor, and restart")
        result.add(
            "limits", facts.canRaiseLimits, fine: "can be raised",
            bad:
                "cannot be raised above this process's own (\(facts.openFilesHardLimit) open files): CAP_SYS_RESOURCE is missing",
            remedy: "run brig with CAP_SYS_RESOURCE")
        result.add(
            "read-only mounts", facts.hasRecursiveReadOnly, fine: "are so with all that is mounted below them",
            bad: "leave what is mounted below them writable: this kernel is older than 5.12")
        result.add(
            "disks by weight", facts.hasBlockWeights, fine: "--blkio-weight holds",
            bad: "--blkio-weight is refused: no disk has a scheduler that works by weights",
            remedy: "modprobe bfq && echo bfq > /sys/block/DISK/queue/scheduler")
        result.add(
            "real-time scheduling", facts.hasRealtimeGroups, fine: "--cpu-rt-runtime is known",
            bad: "--cpu-rt-runtime is refused: the kernel was built without CONFIG_RT_GROUP_SCHED")
        result.add(
            "overlay", (try? readText("/proc/filesystems"))?.contains("\toverlay\n") ?? false,
            fine: "containers share their images' files", bad: "is not there: each container gets a copy of its image",
            remedy: "modprobe overlay")
        result.add(
            "forwarding", (try? readText("/proc/sys/net/ipv4/ip_forward"))?.hasPrefix("1") ?? false,
            fine: "is on", bad: "is off until the first container is on a bridge",
            remedy: "sysctl net.ipv4.ip_forward=1")
        result.add(
            "brig-runtime", exists(runtime), fine: runtime, bad: "\(runtime) is not there: no container can be started",
            remedy: "put it beside brig, or name it in BRIG_RUNTIME")
        return result
    }
}
