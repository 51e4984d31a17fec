internal import OCISpec

extension HostConfiguration {
    /// Docker shows these as null where nothing was given.
    private static let nullWhenUnset: Set<String> = [
        "Binds", "VolumesFrom", "CapAdd", "CapDrop", "ExtraHosts", "GroupAdd", "Links", "SecurityOpt",
        "DeviceCgroupRules",
        "MemorySwappiness", "PidsLimit",
    ]
    /// These it leaves out.
    private static let absentWhenUnset: Set<String> = ["Annotations", "Tmpfs", "Sysctls", "Mounts", "Init"]

    /// As `inspect` shows it.
    func shown() throws -> JSONValue {
        guard case .object(let all) = try JSONValue(encoding: self) else { return .null }
        var result = JSONObject()
        for member in all.members {
            let isUnset: Bool =
                switch member.value {
                case .array(let elements): elements.isEmpty
                case .object(let object): object.members.isEmpty
                case .bool(let bool): !bool
                case .integer(let number): number <= (member.key == "MemorySwappiness" ? -1 : 0)
                default: false
                }
            if isUnset, Self.absentWhenUnset.contains(member.key) { continue }
            result[member.key] = isUnset && Self.nullWhenUnset.contains(member.key) ? .null : member.value
        }
        return .object(result)
    }
}
