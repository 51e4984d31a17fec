import LinuxKernel

extension ContainerCgroup {
    /// What the container has used so far.
    ///
    /// - Throws: `CgroupError.failed` if a file cannot be read. A file that this kernel has not got leaves its part out.
    public func statistics() throws(CgroupError) -> Statistics {
        var result = Statistics()
        result.cpu = try CPUController.statistics(cpu: directory(of: .cpu), accounting: directory(of: .cpuacct))
        if let group = directory(of: .memory) { result.memory = try MemoryController.statistics(group) }
        if let group = directory(of: .pids) { result.pids = try PIDController.statistics(group) }
        if let group = directory(of: .blkio) { result.blockIO = try BlockIOController.statistics(group) }
        if let group = directory(of: .hugetlb) { result.hugePages = try HugePageController.statistics(group) }
        if let group = directory(of: .rdma) { result.rdma = try RDMAController.statistics(group) }
        return result
    }

    /// How often the kernel has killed a process of the container for want of memory; `nil` without the controller.
    public func outOfMemoryKills() throws(CgroupError) -> UInt64? {
        try directory(of: .memory)?.outOfMemoryKills()
    }
}
