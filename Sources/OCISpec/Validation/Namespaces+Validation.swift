extension RuntimeConfig.Linux {
    func validateNamespaces() throws(SpecError) {
        for (index, namespace) in namespaces.enumerated() {
            try require(
                !namespaces[..<index].contains { $0.type == namespace.type }, "namespaces[\(index)].type",
                "\(namespace.type.rawValue) is given twice")
            if let path = namespace.path { try requireAbsolute(path, "namespaces[\(index)].path") }
        }
    }

    /// A new user namespace needs mappings; for one that is joined they may repeat what it has.
    func validateUserNamespace() throws(SpecError) {
        try validateUserNamespace(uidMappings, "uidMappings")
        try validateUserNamespace(gidMappings, "gidMappings")
    }

    private func validateUserNamespace(_ mappings: [IDMapping], _ field: String) throws(SpecError) {
        if let user = namespace(.user) {
            try require(user.path != nil || !mappings.isEmpty, field, "missing, a new user namespace needs them")
        } else {
            try require(mappings.isEmpty, field, "needs a user namespace in linux.namespaces")
        }
        try validateMappings(mappings, field)
    }

    func validateTimeNamespace() throws(SpecError) {
        guard !timeOffsets.isEmpty else { return }
        guard let time = namespace(.time) else {
            throw .field(path: "timeOffsets", problem: "needs a time namespace in linux.namespaces")
        }
        try require(time.path == nil, "timeOffsets", "the clocks of a time namespace that is joined cannot be changed")
        try OCISpec.validate("timeOffsets", timeOffsets) { (clock, offset) throws(SpecError) in
            try require(
                sameBytes(clock, "monotonic") || sameBytes(clock, "boottime"), "", "not a clock with an offset")
            try require(offset.nanosecs < 1_000_000_000, "", "\(offset.nanosecs) nanoseconds are a second or more")
        }
    }

    func validateNetDevices() throws(SpecError) {
        guard !netDevices.isEmpty else { return }
        try require(namespace(.network) != nil, "netDevices", "needs a network namespace in linux.namespaces")
        try OCISpec.validate("netDevices", netDevices) { (name, device) throws(SpecError) in
            try require(isInterfaceName(name), "", "not the name of a network interface")
            guard let newName = device.name else { return }
            try require(isInterfaceName(newName), "name", "\(quoted(newName)) cannot name a network interface")
        }
    }
}

/// Ranges as user_namespaces(7) wants them: not empty, within 32 bits, without overlap on either side.
func validateMappings(_ mappings: [RuntimeConfig.Linux.IDMapping], _ field: String) throws(SpecError) {
    // The limit of the kernel, Linux 4.15.
    try require(mappings.count <= 340, field, "has \(mappings.count) entries, at most 340 are possible")
    for (index, mapping) in mappings.enumerated() {
        let field = "\(field)[\(index)]"
        try require(mapping.size > 0, "\(field).size", "must not be 0")
        try require(
            max(mapping.inside.upperBound, mapping.outside.upperBound) <= 1 << 32, field,
            "reaches beyond the last id, \(UInt32.max)")
        let overlaps = mappings[..<index].contains {
            $0.inside.overlaps(mapping.inside) || $0.outside.overlaps(mapping.outside)
        }
        try require(!overlaps, field, "overlaps with an earlier one")
    }
}

extension RuntimeConfig.Linux.IDMapping {
    fileprivate var inside: Range<UInt64> { UInt64(containerID)..<UInt64(containerID) + UInt64(size) }
    fileprivate var outside: Range<UInt64> { UInt64(hostID)..<UInt64(hostID) + UInt64(size) }
}

/// As dev_valid_name of the kernel: 1 to 15 bytes without slash, colon and white space.
func isInterfaceName(_ name: String) -> Bool {
    1...15 ~= name.utf8.count && name != "." && name != ".."
        && name.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: ":") }
}
