/// A kernel resource controller, by its name on v1; `description` gives v2's where that differs.
public enum Controller: UInt8, CaseIterable, Sendable {
    case cpu, cpuacct, cpuset, memory, devices, freezer, blkio, pids, hugetlb, rdma, misc, netClass, netPriority
    case perfEvent

    /// The name in `/proc/cgroups` and in the options of a v1 mount.
    public var name: String {
        switch self {
        case .cpu: "cpu"
        case .cpuacct: "cpuacct"
        case .cpuset: "cpuset"
        case .memory: "memory"
        case .devices: "devices"
        case .freezer: "freezer"
        case .blkio: "blkio"
        case .pids: "pids"
        case .hugetlb: "hugetlb"
        case .rdma: "rdma"
        case .misc: "misc"
        case .netClass: "net_cls"
        case .netPriority: "net_prio"
        case .perfEvent: "perf_event"
        }
    }

    /// The controller of this name on v1 (`blkio`) or on v2 (`io`).
    public init?(name: some StringProtocol) {
        if name == "io" {
            self = .blkio
            return
        }
        guard let match = Controller.allCases.first(where: { $0.name == name }) else { return nil }
        self = match
    }
}

/// Some of the controllers.
public struct ControllerSet: OptionSet, Hashable, Sendable {
    public let rawValue: UInt16
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// The set of one.
    public init(_ controller: Controller) { rawValue = 1 << UInt16(controller.rawValue) }

    /// Reads names; unknown ones, such as `name=systemd`, are left out.
    init(names: some Sequence<some StringProtocol>) {
        var result: ControllerSet = []
        for name in names {
            if let controller = Controller(name: name) { result.insert(ControllerSet(controller)) }
        }
        self = result
    }

    /// Reads the content of `cgroup.controllers` or `cgroup.subtree_control`: names with blanks in between.
    init(list: some Sequence<UInt8>) {
        self.init(names: String(decoding: Array(list), as: UTF8.self).split { $0 == " " || $0 == "\n" })
    }

    /// Whether the controller is in the set.
    public func contains(_ controller: Controller) -> Bool { contains(ControllerSet(controller)) }

    /// The members in the order of `Controller`.
    public var members: [Controller] { Controller.allCases.filter { contains($0) } }

    /// Those that v2 lets threads of one process share out: cgroup-v2.rst, "Threads"; with them those of no controller.
    static let forThreads: ControllerSet = [
        ControllerSet(.cpu), ControllerSet(.cpuset), ControllerSet(.pids), ControllerSet(.freezer),
        ControllerSet(.devices), ControllerSet(.cpuacct), ControllerSet(.perfEvent),
    ]

    /// Those that v2 has without a file in `cgroup.controllers`: its freezer, devices by eBPF, CPU time in `cpu.stat`.
    static let implicitOnUnified: ControllerSet = [
        ControllerSet(.freezer), ControllerSet(.devices), ControllerSet(.cpuacct), ControllerSet(.perfEvent),
    ]
}
