import LinuxKernel

/// Memory in huge pages.
///
/// Source: the kernel's admin-guide/cgroup-v1/hugetlb.rst and admin-guide/cgroup-v2.rst, "HugeTLB".
enum HugePageController {
    static func apply(_ limits: [Limits.HugePages], to group: CgroupDirectory) throws(CgroupError) {
        let ending = group.hierarchy.version == .v1 ? "limit_in_bytes" : "max"
        for one in limits {
            let size = try checkedSize(one.pageSize)
            do throws(CgroupError) {
                try group.write("hugetlb.\(size).\(ending)", String(one.limit))
            } catch  where error.code == .noSuchFile {
                throw .invalidLimit(
                    name: "hugepageLimits", value: size, reason: "this host has no huge pages of that size")
            }
            // Since Linux 5.7: what is reserved by mmap counts before it is used, so that the limit shows as a failed
            // call and not as SIGBUS.
            try group.writeIfPresent("hugetlb.\(size).rsvd.\(ending)", String(one.limit))
        }
    }

    /// The kernel's way to write a size: a number without leading zero, then KB, MB or GB.
    private static func checkedSize(_ size: String) throws(CgroupError) -> String {
        let digits = size.utf8.prefix { $0 >= 0x30 && $0 <= 0x39 }
        let unit = size.dropFirst(digits.count)
        guard let first = digits.first, first != UInt8(ascii: "0"), digits.count <= 6,
            unit == "KB" || unit == "MB" || unit == "GB"
        else {
            throw .invalidLimit(name: "hugepageLimits", value: size, reason: "must be a size such as 2MB")
        }
        return size
    }
}
