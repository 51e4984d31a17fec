/// Handles and objects of RDMA devices; the same on v1 and v2.
///
/// Source: the kernel's admin-guide/cgroup-v1/rdma.rst.
enum RDMAController {
    static func apply(_ limits: [Limits.RDMA], to group: CgroupDirectory) throws(CgroupError) {
        for one in limits {
            guard !one.device.isEmpty, one.device.utf8.count < 64,
                one.device.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f })
            else {
                throw .invalidLimit(name: "rdma", value: one.device, reason: "is no name of a device")
            }
            let parts =
                [one.handles.map { "hca_handle=\($0)" }, one.objects.map { "hca_object=\($0)" }].compactMap { $0 }
            guard !parts.isEmpty else {
                throw .invalidLimit(name: "rdma", value: one.device, reason: "sets neither handles nor objects")
            }
            try group.write("rdma.max", "\(one.device) \(parts.joined(separator: " "))")
        }
    }
}

extension RDMAController {
    static func statistics(_ group: CgroupDirectory) throws(CgroupError) -> [Statistics.RDMA] {
        let limits = values(try group.readIfPresent("rdma.max") ?? [])
        return values(try group.readIfPresent("rdma.current") ?? []).map { current in
            let limit = limits.first { $0.device == current.device }
            return Statistics.RDMA(
                device: String(current.device), handles: current.handles, objects: current.objects,
                handleLimit: limit?.handles ?? .unlimited, objectLimit: limit?.objects ?? .unlimited)
        }
    }

    /// `mlx5_1 hca_handle=3 hca_object=max`
    private static func values(_ bytes: [UInt8]) -> [(device: Substring, handles: Limit, objects: Limit)] {
        bytes.lines.compactMap { words in
            guard let device = words.first else { return nil }
            func value(_ name: String) -> Limit {
                for word in words.dropFirst() where word.hasPrefix(name + "=") {
                    if let limit = Limit(unified: word.dropFirst(name.count + 1)) { return limit }
                }
                return .unlimited
            }
            return (device, value("hca_handle"), value("hca_object"))
        }
    }
}
