extension RuntimeConfig.Linux {
    /// The entry for a kind of namespace, nil if the container shares that of the runtime.
    public func namespace(_ kind: Namespace.Kind) -> Namespace? { namespaces.first { $0.type == kind } }
}

extension RuntimeConfig.Linux: Validated {
    public func validate() throws(SpecError) {
        try validateNamespaces()
        try validateUserNamespace()
        try validateTimeNamespace()
        try validateNetDevices()
        try OCISpec.validate("resources", resources)
        try validateCgroupsPath()
        try OCISpec.validate("devices", devices)
        try OCISpec.validate("seccomp", seccomp)
        try validateHiddenPaths()
        try requireLine(mountLabel, "mountLabel")
        try OCISpec.validate("intelRdt", intelRdt)
        try OCISpec.validate("memoryPolicy", memoryPolicy)
    }

    private func validateCgroupsPath() throws(SpecError) {
        guard let cgroupsPath else { return }
        try requireLine(cgroupsPath, "cgroupsPath")
        try require(!hasParentComponent(cgroupsPath), "cgroupsPath", "\(quoted(cgroupsPath)) contains '..'")
    }

    private func validateHiddenPaths() throws(SpecError) {
        try validateHiddenPaths(maskedPaths, "maskedPaths")
        try validateHiddenPaths(readonlyPaths, "readonlyPaths")
    }

    private func validateHiddenPaths(_ paths: [String], _ field: String) throws(SpecError) {
        // In the mount namespace of the host they would be hidden from the host.
        try require(
            paths.isEmpty || namespace(.mount) != nil, field, "needs a mount namespace in linux.namespaces")
        for (index, path) in paths.enumerated() { try requireAbsolute(path, "\(field)[\(index)]") }
    }
}

extension RuntimeConfig.Linux.Device: Validated {
    public func validate() throws(SpecError) {
        try requireAbsolute(path, "path")
        guard type != .fifo else { return }
        // The widths of the kernel's dev_t.
        try requireRange(major, 0...4095, "major")
        try requireRange(minor, 0...1_048_575, "minor")
    }
}

extension RuntimeConfig.Linux.IntelRdt: Validated {
    public func validate() throws(SpecError) {
        if let closID, closID != "/" { try requireFileName(closID, "closID") }
        try requireLine(l3CacheSchema, "l3CacheSchema")
        try requireLine(memBwSchema, "memBwSchema")
        if let memBwSchema {
            try require(
                memBwSchema.utf8.starts(with: "MB:".utf8), "memBwSchema",
                "\(quoted(memBwSchema)) does not begin with MB:")
        }
        for (index, line) in schemata.enumerated() { try requireLine(line, "schemata[\(index)]") }
    }
}

extension RuntimeConfig.Linux.MemoryPolicy: Validated {
    public func validate() throws(SpecError) {
        try requireNumberList(nodes, "nodes")
        switch mode {
        case .default, .local:
            try require(nodes == nil, "nodes", "must not be given with \(mode.rawValue)")
        case .bind, .interleave, .weightedInterleave, .preferredMany:
            try require(nodes != nil, "nodes", "missing, \(mode.rawValue) needs them")
        case .preferred:
            break
        }
    }
}

/// Whether a component of the path is `..`.
private func hasParentComponent(_ path: String) -> Bool {
    // Dots since the last slash, nil after anything else.
    var dots: Int? = 0
    for byte in path.utf8 {
        switch byte {
        case UInt8(ascii: "/"):
            if dots == 2 { return true }
            dots = 0
        case UInt8(ascii: "."): dots = dots.map { $0 + 1 }
        default: dots = nil
        }
    }
    return dots == 2
}
