import LinuxKernel

extension ContainerCgroup {
    /// Sets limits, each where its controller is.
    ///
    /// - Parameters:
    ///   - enforcement: With `.bestEffort`, what cannot be set for want of privileges, or because the cgroup does not exist
    ///     there for want of them, is reported instead of thrown.
    ///   - isEmpty: No process is in the cgroup or comes in meanwhile: then nothing must be stopped for the moment in which
    ///     device rules are half written.
    /// - Returns: What does not hold: with either enforcement, what the kernel in use has no counterpart for.
    /// - Throws: `CgroupError.invalidLimit`, `.controllerMissing`, `.refused`, `.memoryInUse`. Limits that were set before
    ///   the failure stay.
    public func apply(
        _ limits: Limits, _ enforcement: Enforcement = .required, isEmpty: Bool = false
    ) throws(CgroupError) -> [Unenforced] {
        var application = Application(group: self, enforcement: enforcement, isEmpty: isEmpty)
        try application.run(limits)
        return application.gaps
    }

    /// One run over all controllers, with what was found not to hold.
    private struct Application {
        let group: ContainerCgroup
        let enforcement: Enforcement
        let isEmpty: Bool
        var gaps: [Unenforced] = []

        mutating func run(_ limits: Limits) throws(CgroupError) {
            let memory = limits.memory
            let cpu = limits.cpu
            if let pids = limits.pids {
                try set("pids.limit", .pids) { group throws(CgroupError) in
                    try PIDController.apply(pids, to: group)
                    return []
                }
            }
            if memory.isSet {
                try set("memory", .memory) { group throws(CgroupError) in
                    if group.hierarchy.version == .v2 { return try MemoryController.applyUnified(memory, to: group) }
                    try MemoryController.applyLegacy(memory, to: group)
                    return []
                }
            }
            if cpu.hasTime {
                try set("cpu", .cpu) { group throws(CgroupError) in
                    if group.hierarchy.version == .v2 { return try CPUController.applyUnified(cpu, to: group) }
                    try CPUController.applyLegacy(cpu, to: group)
                    return []
                }
            }
            if cpu.cpus != nil || cpu.mems != nil {
                try set("cpu.cpus", .cpuset) { group throws(CgroupError) in
                    try CPUSetController.apply(cpu, to: group)
                    return []
                }
            }
            try runDevices(limits)
            if let devices = limits.devices {
                let freezer = isEmpty ? nil : group.directory(of: .freezer).map { Freezer($0) }
                try set("devices", .devices) { group throws(CgroupError) in
                    try DeviceController.apply(devices, to: group, freezer: freezer)
                    return []
                }
            }
            try runUnified(limits.unified)
        }

        /// Those about block devices, huge pages, network and RDMA.
        private mutating func runDevices(_ limits: Limits) throws(CgroupError) {
            if limits.blockIO != Limits.BlockIO() {
                try set("blockIO", .blkio) { group throws(CgroupError) in
                    if group.hierarchy.version == .v2 {
                        return try BlockIOController.applyUnified(limits.blockIO, to: group)
                    }
                    try BlockIOController.applyLegacy(limits.blockIO, to: group)
                    return []
                }
            }
            if !limits.hugePages.isEmpty {
                try set("hugepageLimits", .hugetlb) { group throws(CgroupError) in
                    try HugePageController.apply(limits.hugePages, to: group)
                    return []
                }
            }
            if !limits.rdma.isEmpty {
                try set("rdma", .rdma) { group throws(CgroupError) in
                    try RDMAController.apply(limits.rdma, to: group)
                    return []
                }
            }
            try runNetwork(limits.network)
        }

        private mutating func runNetwork(_ network: Limits.Network) throws(CgroupError) {
            if let classID = network.classID {
                try setLegacyOnly("network.classID", .netClass) { group throws(CgroupError) in
                    try NetworkController.applyClass(classID, to: group)
                    return []
                }
            }
            if !network.priorities.isEmpty {
                try setLegacyOnly("network.priorities", .netPriority) { group throws(CgroupError) in
                    try NetworkController.applyPriorities(network.priorities, to: group)
                    return []
                }
            }
        }

        /// v2 has no such controller, so that asking for it there is no mistake of this host's.
        private mutating func setLegacyOnly(
            _ limit: String, _ controller: Controller,
            _ body: (CgroupDirectory) throws(CgroupError) -> [Unenforced]
        ) throws(CgroupError) {
            if group.host.layout == .unified {
                gaps.append(Unenforced(limit: limit, reason: "cgroup v2 has no \(controller.name) controller"))
            } else {
                try set(limit, controller, body)
            }
        }

        private mutating func runUnified(_ settings: [Limits.UnifiedSetting]) throws(CgroupError) {
            for setting in settings {
                let name = "unified \"\(setting.file)\""
                guard let directory = group.unified else {
                    try lack(name, reason: group.host.unified == nil ? "this host has no cgroup v2" : nil)
                    continue
                }
                // Files such as cgroup.max.depth and cpu.pressure belong to no controller.
                if let controller = Controller(name: setting.controllerName),
                    !directory.controllers.contains(controller), !directory.has(setting.file)
                {
                    try lack(name, controller)
                    continue
                }
                try attempt(name) { () throws(CgroupError) in
                    try UnifiedSettings.apply(setting, to: directory)
                    return []
                }
            }
        }

        // MARK: One limit

        private mutating func set(
            _ limit: String, _ controller: Controller,
            _ body: (CgroupDirectory) throws(CgroupError) -> [Unenforced]
        ) throws(CgroupError) {
            guard let directory = group.directory(of: controller) else { return try lack(limit, controller) }
            try attempt(limit) { () throws(CgroupError) in
                do throws(CgroupError) {
                    return try body(directory)
                } catch {
                    // The file that is not there has a name; that says more than "no such file".
                    if case .refused(let file, _, .noSuchFile) = error {
                        let name = file.split(separator: "/").last.map { String($0) } ?? file
                        throw .controllerMissing(controller, limit: limit, reason: "this kernel has no \(name)")
                    }
                    throw error
                }
            }
        }

        private mutating func attempt(
            _ limit: String, _ body: () throws(CgroupError) -> [Unenforced]
        ) throws(CgroupError) {
            do throws(CgroupError) {
                gaps += try body()
            } catch  where enforcement == .bestEffort && error.isWantOfPrivilege {
                gaps.append(Unenforced(limit: limit, reason: "\(error)"))
            }
        }

        private mutating func lack(_ limit: String, _ controller: Controller) throws(CgroupError) {
            try lack(limit, reason: group.reasonForLack(of: controller), controller)
        }

        private mutating func lack(
            _ limit: String, reason: String?, _ controller: Controller? = nil
        ) throws(CgroupError) {
            let reason = reason ?? "the container has no cgroup of its own there"
            if enforcement == .bestEffort {
                gaps.append(Unenforced(limit: limit, reason: reason))
            } else if let controller {
                throw .controllerMissing(controller, limit: limit, reason: reason)
            } else {
                throw .invalidLimit(name: limit, value: "", reason: reason)
            }
        }
    }

    /// Why the container has no directory with this controller's files.
    func reasonForLack(of controller: Controller) -> String {
        if let reason = unified?.missingReason { return reason }
        if host.hierarchy(of: controller) != nil { return "the container has no cgroup of its own there" }
        return CgroupHost.kernelSwitchedOff(controller)
            ? "it is switched off (kernel parameter cgroup_disable)"
            : "no mounted cgroup hierarchy of this host has it"
    }
}

extension CgroupHost {
    /// Whether the kernel knows the controller and was told not to use it. Source: `/proc/cgroups`.
    static func kernelSwitchedOff(_ controller: Controller) -> Bool {
        // Only makes a message better.
        guard let table = try? readFile("/proc/cgroups", limit: 65_536) else { return false }
        return table.lines.contains { line in
            let words = line.flatMap { $0.split(separator: "\t") }
            return words.count == 4 && words[0] == controller.name && words[3] == "0"
        }
    }
}
