extension RuntimeConfig.Linux.Resources: Validated {
    /// Checks the limits alone, as for an update of a running container.
    public func validate() throws(SpecError) {
        try OCISpec.validate("devices", devices)
        try OCISpec.validate("memory", memory)
        try OCISpec.validate("cpu", cpu)
        try OCISpec.validate("blockIO", blockIO)
        try OCISpec.validate("hugepageLimits", hugepageLimits)
        try OCISpec.validate("network", network)
        try validateRDMA()
        try validateUnified()
    }

    private func validateRDMA() throws(SpecError) {
        try OCISpec.validate("rdma", rdma) { (device, limits) throws(SpecError) in
            // The name becomes a word of a line in rdma.max.
            try require(
                !device.isEmpty && device.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F }, "", "not the name of a device")
            try require(
                limits.hcaHandles != nil || limits.hcaObjects != nil, "", "hcaHandles or hcaObjects must be given")
        }
    }

    private func validateUnified() throws(SpecError) {
        try OCISpec.validate("unified", unified) { (file, value) throws(SpecError) in
            try requireFileName(file, "")
            try requireText(value, "")
            let controller = file.utf8.prefix { $0 != UInt8(ascii: ".") }
            try require(
                !controller.isEmpty && controller.count < file.utf8.count, "",
                "not the name of a file of a controller, such as memory.max")
        }
    }
}

extension RuntimeConfig.Linux.Resources.DeviceRule: Validated {
    public func validate() throws(SpecError) {
        // -1 is what runc takes for "all", too.
        if let major { try requireRange(major, -1...4095, "major") }
        if let minor { try requireRange(minor, -1...1_048_575, "minor") }
        if let access {
            try require(
                access.utf8.allSatisfy { "rwm".utf8.contains($0) }, "access",
                "\(quoted(access)) is not made of r, w and m")
        }
    }
}

extension RuntimeConfig.Linux.Resources.Memory: Validated {
    public func validate() throws(SpecError) {
        if let swappiness { try requireRange(swappiness, 0...100, "swappiness") }
        if let limit, let swap, limit > 0, swap > 0 {
            try require(swap >= limit, "swap", "\(swap) is below the limit of memory alone, \(limit)")
        }
    }
}

extension RuntimeConfig.Linux.Resources.CPU: Validated {
    public func validate() throws(SpecError) {
        try requireNumberList(cpus, "cpus")
        try requireNumberList(mems, "mems")
        if let idle { try requireRange(idle, 0...1, "idle") }
        if let burst, let quota, quota > 0 {
            try require(burst <= quota.magnitude, "burst", "\(burst) is above quota, \(quota)")
        }
    }
}

extension RuntimeConfig.Linux.Resources.BlockIO: Validated {
    public func validate() throws(SpecError) {
        try requireWeight(weight, "weight")
        try requireWeight(leafWeight, "leafWeight")
        try OCISpec.validate("weightDevice", weightDevice)
        try OCISpec.validate("throttleReadBpsDevice", throttleReadBpsDevice)
        try OCISpec.validate("throttleWriteBpsDevice", throttleWriteBpsDevice)
        try OCISpec.validate("throttleReadIOPSDevice", throttleReadIOPSDevice)
        try OCISpec.validate("throttleWriteIOPSDevice", throttleWriteIOPSDevice)
    }
}

extension RuntimeConfig.Linux.Resources.BlockIO.WeightDevice: Validated {
    public func validate() throws(SpecError) {
        try requireDeviceNumbers(major, minor)
        try require(weight != nil || leafWeight != nil, "weight", "weight or leafWeight must be given")
        try requireWeight(weight, "weight")
        try requireWeight(leafWeight, "leafWeight")
    }
}

extension RuntimeConfig.Linux.Resources.BlockIO.ThrottleDevice: Validated {
    public func validate() throws(SpecError) { try requireDeviceNumbers(major, minor) }
}

/// 0 stands for the default weight.
private func requireWeight(_ weight: UInt16?, _ field: @autoclosure () -> String) throws(SpecError) {
    guard let weight, weight != 0 else { return }
    try requireRange(weight, 10...1000, field())
}

/// The widths of the kernel's dev_t.
private func requireDeviceNumbers(_ major: Int64, _ minor: Int64) throws(SpecError) {
    try requireRange(major, 0...4095, "major")
    try requireRange(minor, 0...1_048_575, "minor")
}

extension RuntimeConfig.Linux.Resources.HugepageLimit: Validated {
    /// The size becomes part of a file name.
    public func validate() throws(SpecError) {
        let digits = pageSize.utf8.prefix(while: isDigit)
        let unit = pageSize.utf8.dropFirst(digits.count)
        try require(
            digits.first.map { $0 != UInt8(ascii: "0") } ?? false
                && ["KB", "MB", "GB"].contains { $0.utf8.elementsEqual(unit) },
            "pageSize", "\(quoted(pageSize)) is not a size such as 2MB")
    }
}

extension RuntimeConfig.Linux.Resources.Network: Validated {
    /// Names become words of lines in net_prio.ifpriomap.
    public func validate() throws(SpecError) {
        for (index, entry) in priorities.enumerated() {
            try require(
                isInterfaceName(entry.name), "priorities[\(index)].name",
                "\(quoted(entry.name)) cannot name a network interface")
        }
    }
}
