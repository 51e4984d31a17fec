internal import Cgroups

/// How a parameter of one version of cgroups is read and written on the other.
///
/// Pure: it says which files to read and what to make of them. Sources: the kernel's admin-guide/cgroup-v1 and
/// cgroup-v2.rst; for `cpu.shares` the scheduler's own scale, in which 1024 shares are a weight of 100.
struct ParameterTranslation: Sendable {
    /// The files of the hierarchy that is there, in the order in which `read` gets their contents.
    let files: [String]
    /// The value in the words of the parameter that was asked for.
    let read: @Sendable ([String]) -> String?
    /// What to write to which file, given the present contents; `nil` if the value makes no sense. No closure: it is
    /// only to be read.
    let write: (@Sendable (String, [String]) -> [(file: String, value: String)]?)?

    init(
        _ files: [String], read: @escaping @Sendable ([String]) -> String?,
        write: (@Sendable (String, [String]) -> [(file: String, value: String)]?)? = nil
    ) {
        self.files = files
        self.read = read
        self.write = write
    }

    /// The translation of a parameter that hierarchies of this version do not have under this name.
    static func of(_ name: String, on version: Hierarchy.Version) -> ParameterTranslation? {
        let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return nil }
        if parts[0] == "hugetlb" { return hugePages(parts[1], on: version) }
        return version == .v2 ? unified[name] : legacy[name]
    }

    // MARK: - Names of v1 on v2

    private static let unified: [String: ParameterTranslation] = [
        "memory.limit_in_bytes": bytes("memory.max"),
        "memory.soft_limit_in_bytes": bytes("memory.low"),
        "memory.usage_in_bytes": same("memory.current"),
        "memory.max_usage_in_bytes": same("memory.peak"),
        "memory.failcnt": field("max", of: "memory.events"),
        "memory.memsw.limit_in_bytes": ParameterTranslation(
            ["memory.max", "memory.swap.max"],
            read: { contents in sum(contents[0], contents[1]) ?? unlimitedBytes },
            write: { value, contents in
                if value == "-1" || value == "max" { return [("memory.swap.max", "max")] }
                // v1 counts memory and swap together, v2 swap alone.
                guard let total = size(value), let memory = UInt64(contents[0]), total >= memory else { return nil }
                return [("memory.swap.max", "\(total - memory)")]
            }),
        "memory.memsw.usage_in_bytes": ParameterTranslation(["memory.current", "memory.swap.current"]) {
            sum($0[0], $0[1])
        },
        "cpu.shares": ParameterTranslation(
            ["cpu.weight"], read: { UInt64($0[0]).map { "\(shares(weight: $0))" } },
            write: { value, _ in UInt64(value).map { [("cpu.weight", "\(weight(shares: $0))")] } }),
        "cpu.cfs_quota_us": ParameterTranslation(
            ["cpu.max"], read: { words($0[0]).first.map { $0 == "max" ? "-1" : $0 } },
            write: { value, contents in
                guard let number = Int64(value) else { return nil }
                let period = words(contents[0]).last ?? "100000"
                return [("cpu.max", "\(number < 0 ? "max" : "\(number)") \(period)")]
            }),
        "cpu.cfs_period_us": ParameterTranslation(
            ["cpu.max"], read: { words($0[0]).last },
            write: { value, contents in
                guard UInt64(value) != nil else { return nil }
                return [("cpu.max", "\(words(contents[0]).first ?? "max") \(value)")]
            }),
        "cpu.cfs_burst_us": same("cpu.max.burst"),
        "cpuacct.usage": ParameterTranslation(["cpu.stat"]) {
            value("usage_usec", $0[0]).map { "\(thousandfold($0))" }
        },
        "cpuacct.usage_user": ParameterTranslation(["cpu.stat"]) {
            value("user_usec", $0[0]).map { "\(thousandfold($0))" }
        },
        "cpuacct.usage_sys": ParameterTranslation(["cpu.stat"]) {
            value("system_usec", $0[0]).map { "\(thousandfold($0))" }
        },
        // In ticks of a hundredth of a second.
        "cpuacct.stat": ParameterTranslation(["cpu.stat"]) { contents in
            guard let user = value("user_usec", contents[0]), let system = value("system_usec", contents[0]) else {
                return nil
            }
            return "user \(user / 10_000)\nsystem \(system / 10_000)"
        },
        "cpuset.effective_cpus": same("cpuset.cpus.effective"),
        "cpuset.effective_mems": same("cpuset.mems.effective"),
        "blkio.weight": ParameterTranslation(
            ["io.weight"],
            read: { contents in
                value("default", contents[0]).map { "\(10 + (max(1, min($0, 10_000)) - 1) * 990 / 9_999)" }
            },
            write: { text, _ in
                guard let number = UInt64(text), (10...1_000).contains(number) else { return nil }
                return [("io.weight", "default \(1 + (number - 10) * 9_999 / 990)")]
            }),
        "blkio.throttle.read_bps_device": throttle("rbps"),
        "blkio.throttle.write_bps_device": throttle("wbps"),
        "blkio.throttle.read_iops_device": throttle("riops"),
        "blkio.throttle.write_iops_device": throttle("wiops"),
        "freezer.state": ParameterTranslation(
            ["cgroup.freeze"], read: { $0[0] == "1" ? "FROZEN" : "THAWED" },
            write: { value, _ in
                ["FROZEN": "1", "THAWED": "0"][value].map { [("cgroup.freeze", $0)] }
            }),
    ]

    private static func throttle(_ key: String) -> ParameterTranslation {
        ParameterTranslation(
            ["io.max"],
            read: { contents in
                contents[0].split(separator: "\n").compactMap { line -> String? in
                    let words = line.split(separator: " ")
                    guard let device = words.first, let entry = words.first(where: { $0.hasPrefix("\(key)=") }),
                        !entry.hasSuffix("=max")
                    else { return nil }
                    return "\(device) \(entry.dropFirst(key.count + 1))"
                }.joined(separator: "\n")
            },
            write: { value, _ in
                let parts = words(value)
                guard parts.count == 2, let number = UInt64(parts[1]) else { return nil }
                return [("io.max", "\(parts[0]) \(key)=\(number == 0 ? "max" : "\(number)")")]
            })
    }

    // MARK: - Names of v2 on v1

    private static let legacy: [String: ParameterTranslation] = [
        "memory.max": maximum("memory.limit_in_bytes"),
        "memory.low": maximum("memory.soft_limit_in_bytes"),
        "memory.current": same("memory.usage_in_bytes"),
        "memory.peak": same("memory.max_usage_in_bytes"),
        "memory.swap.max": ParameterTranslation(
            ["memory.limit_in_bytes", "memory.memsw.limit_in_bytes"],
            read: { contents in
                guard let memory = UInt64(contents[0]), let both = UInt64(contents[1]) else { return nil }
                return both >= hugeBytes ? "max" : "\(both - min(both, memory))"
            },
            write: { value, contents in
                if value == "max" { return [("memory.memsw.limit_in_bytes", "-1")] }
                guard let swap = size(value), let memory = UInt64(contents[0]), memory < hugeBytes else { return nil }
                return [("memory.memsw.limit_in_bytes", "\(memory + min(swap, hugeBytes))")]
            }),
        "memory.swap.current": ParameterTranslation(["memory.usage_in_bytes", "memory.memsw.usage_in_bytes"]) {
            contents in
            guard let memory = UInt64(contents[0]), let both = UInt64(contents[1]) else { return nil }
            return "\(both - min(both, memory))"
        },
        "cpu.weight": ParameterTranslation(
            ["cpu.shares"], read: { UInt64($0[0]).map { "\(weight(shares: $0))" } },
            write: { value, _ in
                guard let number = UInt64(value), (1...10_000).contains(number) else { return nil }
                return [("cpu.shares", "\(shares(weight: number))")]
            }),
        "cpu.max": ParameterTranslation(
            ["cpu.cfs_quota_us", "cpu.cfs_period_us"],
            read: { "\($0[0].hasPrefix("-") ? "max" : $0[0]) \($0[1])" },
            write: { value, _ in
                let parts = words(value)
                guard let quota = parts.first, parts.count <= 2, quota == "max" || UInt64(quota) != nil else {
                    return nil
                }
                // The period first: a quota may not be larger than what the old period allows.
                let period = parts.count == 2 ? [(file: "cpu.cfs_period_us", value: parts[1])] : []
                return period + [("cpu.cfs_quota_us", quota == "max" ? "-1" : quota)]
            }),
        "cpu.max.burst": same("cpu.cfs_burst_us"),
        "cpuset.cpus.effective": same("cpuset.effective_cpus"),
        "cpuset.mems.effective": same("cpuset.effective_mems"),
        "io.weight": ParameterTranslation(
            ["blkio.weight"],
            read: { UInt64($0[0]).map { "default \(1 + (max(10, min($0, 1_000)) - 10) * 9_999 / 990)" } },
            write: { value, _ in
                guard let last = words(value).last, let number = UInt64(last), (1...10_000).contains(number) else {
                    return nil
                }
                return [("blkio.weight", "\(10 + (number - 1) * 990 / 9_999)")]
            }),
        "io.max": ParameterTranslation(
            throttleFiles.map(\.file),
            read: { contents in
                var devices: [(device: String, limits: [String: String])] = []
                for (index, (_, key)) in throttleFiles.enumerated() {
                    for line in contents[index].split(separator: "\n").map({ words(String($0)) }) where line.count == 2
                    {
                        let at = devices.firstIndex { $0.device == line[0] } ?? devices.count
                        if at == devices.count { devices.append((line[0], [:])) }
                        devices[at].limits[key] = line[1]
                    }
                }
                return devices.map { device, limits in
                    "\(device) " + throttleFiles.map { "\($0.key)=\(limits[$0.key] ?? "max")" }.joined(separator: " ")
                }.joined(separator: "\n")
            },
            write: { value, _ in
                let parts = words(value)
                guard let device = parts.first, parts.count > 1 else { return nil }
                var writes: [(file: String, value: String)] = []
                for part in parts.dropFirst() {
                    let halves = part.split(separator: "=").map(String.init)
                    guard halves.count == 2, let file = throttleFiles.first(where: { $0.key == halves[0] })?.file,
                        halves[1] == "max" || UInt64(halves[1]) != nil
                    else { return nil }
                    writes.append((file, "\(device) \(halves[1] == "max" ? "0" : halves[1])"))
                }
                return writes
            }),
        "cgroup.freeze": ParameterTranslation(
            ["freezer.state"], read: { $0[0] == "THAWED" ? "0" : "1" },
            write: { value, _ in ["1": "FROZEN", "0": "THAWED"][value].map { [("freezer.state", $0)] } }),
    ]

    private static let throttleFiles: [(file: String, key: String)] = [
        ("blkio.throttle.read_bps_device", "rbps"), ("blkio.throttle.write_bps_device", "wbps"),
        ("blkio.throttle.read_iops_device", "riops"), ("blkio.throttle.write_iops_device", "wiops"),
    ]

    /// `2MB.limit_in_bytes` and the like: the name has the size of a page in it.
    private static func hugePages(_ rest: String, on version: Hierarchy.Version) -> ParameterTranslation? {
        let parts = rest.split(separator: ".", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return nil }
        let prefix = "hugetlb.\(parts[0])."
        switch (version, parts[1]) {
        case (.v2, "limit_in_bytes"): return bytes(prefix + "max")
        case (.v2, "usage_in_bytes"): return same(prefix + "current")
        case (.v2, "failcnt"): return field("max", of: prefix + "events")
        case (.v1, "max"): return maximum(prefix + "limit_in_bytes")
        case (.v1, "current"): return same(prefix + "usage_in_bytes")
        default: return nil
        }
    }

    // MARK: - Forms that several have

    private static func same(_ file: String) -> ParameterTranslation {
        ParameterTranslation([file], read: { $0[0] }, write: { value, _ in [(file, value)] })
    }

    /// A limit of v1, -1 or a huge number for none, in a file of v2, which says `max`.
    private static func bytes(_ file: String) -> ParameterTranslation {
        ParameterTranslation(
            [file], read: { $0[0] == "max" ? unlimitedBytes : $0[0] },
            write: { value, _ in [(file, value == "-1" ? "max" : value)] })
    }

    private static func maximum(_ file: String) -> ParameterTranslation {
        ParameterTranslation(
            [file], read: { contents in UInt64(contents[0]).map { $0 >= hugeBytes ? "max" : "\($0)" } },
            write: { value, _ in [(file, value == "max" ? "-1" : value)] })
    }

    private static func field(_ name: String, of file: String) -> ParameterTranslation {
        ParameterTranslation([file]) { value(name, $0[0]).map { "\($0)" } }
    }

    // MARK: - Numbers

    /// What v1 shows where there is no limit, and from where on a number means that.
    static let unlimitedBytes = "9223372036854771712"
    private static let hugeBytes: UInt64 = 0x7fff_ffff_ffff_0000

    /// The scheduler's scale: a weight of 100 is a load of 1024.
    static func weight(shares: UInt64) -> UInt64 {
        max(1, min((min(max(shares, 2), 262_144) * 100 + 512) / 1024, 10_000))
    }

    static func shares(weight: UInt64) -> UInt64 { max(2, (max(1, min(weight, 10_000)) * 1024 + 50) / 100) }

    private static func words(_ text: String) -> [String] { text.split { $0 == " " || $0 == "\n" }.map(String.init) }

    /// The number behind a name in a file of names and numbers.
    private static func value(_ name: String, _ content: String) -> UInt64? {
        for line in content.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 2, words[0] == name { return UInt64(words[1]) }
        }
        return nil
    }

    private static func sum(_ left: String, _ right: String) -> String? {
        guard let a = UInt64(left), let b = UInt64(right) else { return nil }
        let (sum, overflow) = a.addingReportingOverflow(b)
        return overflow ? nil : "\(sum)"
    }

    private static func thousandfold(_ number: UInt64) -> UInt64 {
        let (product, overflow) = number.multipliedReportingOverflow(by: 1_000)
        return overflow ? .max : product
    }

    /// Bytes with a suffix as the kernel takes it: K, M, G, T.
    static func size(_ text: String) -> UInt64? {
        guard let last = text.last else { return nil }
        let powers: [Character: UInt64] = ["k": 10, "m": 20, "g": 30, "t": 40]
        guard let shift = powers[Character(last.lowercased())] else { return UInt64(text) }
        guard let number = UInt64(text.dropLast()) else { return nil }
        let (product, overflow) = number.multipliedReportingOverflow(by: 1 << shift)
        return overflow ? nil : product
    }
}
