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

extension HugePageController {
    /// For each size of the host's, found by the names of the files.
    static func statistics(_ group: CgroupDirectory) throws(CgroupError) -> [Statistics.HugePages] {
        let isLegacy = group.hierarchy.version == .v1
        let ending = isLegacy ? ".usage_in_bytes" : ".current"
        var result: [Statistics.HugePages] = []
        for name in try group.fileNames() where name.hasPrefix("hugetlb.") && name.hasSuffix(ending) {
            let size = String(name.dropFirst("hugetlb.".count).dropLast(ending.count))
            // What is reserved has files of its own: hugetlb.2MB.rsvd.current
            guard !size.contains(".") else { continue }
            let prefix = "hugetlb.\(size)."
            let failures =
                isLegacy
                ? try group.number(prefix + "failcnt") : try group.numbers(prefix + "events")["max"]
            result.append(
                Statistics.HugePages(
                    pageSize: size, usage: try group.number(name) ?? 0,
                    peak: isLegacy ? try group.number(prefix + "max_usage_in_bytes") : nil, failures: failures ?? 0))
        }
        return result.sorted { $0.pageSize < $1.pageSize }
    }
}
