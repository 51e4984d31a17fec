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
