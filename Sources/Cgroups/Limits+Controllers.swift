extension Limits {
    /// The controllers without which these limits cannot be set.
    public var controllers: ControllerSet {
        var result: ControllerSet = []
        func need(_ controller: Controller, if isNeeded: Bool) {
            if isNeeded { result.insert(ControllerSet(controller)) }
        }
        need(.memory, if: memory.isSet)
        need(.cpu, if: cpu.hasTime)
        need(.cpuset, if: cpu.cpus != nil || cpu.mems != nil)
        need(.pids, if: pids != nil)
        need(.blkio, if: blockIO != BlockIO())
        need(.hugetlb, if: !hugePages.isEmpty)
        need(.rdma, if: !rdma.isEmpty)
        need(.netClass, if: network.classID != nil)
        need(.netPriority, if: !network.priorities.isEmpty)
        need(.devices, if: devices != nil)
        for setting in unified {
            if let controller = Controller(name: setting.controllerName) { need(controller, if: true) }
        }
        return result
    }
}

extension Limits.Memory {
    /// Whether anything is set that the kernel is told.
    var isSet: Bool {
        var rest = self
        rest.kernel = nil
        rest.kernelTCP = nil
        rest.checkBeforeUpdate = nil
        return rest != Limits.Memory()
    }
}

extension Limits.CPU {
    /// Whether anything but CPU sets is set.
    var hasTime: Bool {
        var rest = self
        rest.cpus = nil
        rest.mems = nil
        return rest != Limits.CPU()
    }
}
