import LinuxKernel
import Testing

@testable import Cgroups

/// Against this machine's kernel, whichever hierarchies it has: needs root.
@Suite("Limits on the kernel", .enabled(if: mayMakeCgroups))
struct KernelLimitTests {
    @Test("made in every hierarchy, and gone from every one")
    func createAndDelete() throws {
        var places: [String] = []
        try withGroup("plain/inner") { group throws in
            places = group.directories.map { $0.fullPath }
            #expect(places.count == group.host.hierarchies.count)
            for place in places { #expect(exists(place)) }
            #expect(try group.processes().isEmpty)
            let reopened = try ContainerCgroup.open(group.placement, on: group.host)
            #expect(reopened.directories.map { $0.fullPath } == places)
        }
        for place in places { #expect(!exists(place)) }
        // The parent stays, as it may be anybody's.
        for place in places {
            let parent = place.split(separator: "/").dropLast().joined(separator: "/")
            let above = place.split(separator: "/").dropLast(2).joined(separator: "/")
            #expect(parent.hasSuffix("-plain"))
            try OwnedDescriptor(open: "/" + above, [.read, .directory])
                .removeDirectory("brig-test-\(ownProcess)-plain")
        }
    }

    @Test("memory and its swap in any order")
    func memory() throws {
        try withGroup("memory") { group throws in
            var limits = Limits()
            for (memory, swap) in [(64, 128), (256, 512), (32, 64), (100, 100)] as [(UInt64, UInt64)] {
                limits.memory.limit = Limit(memory << 20)
                limits.memory.swap = Limit(swap << 20)
                limits.memory.reservation = Limit(16 << 20)
                #expect(try group.apply(limits) == [])
                if isUnifiedHost {
                    #expect(try group.text(.memory, "memory.max") == "\(memory << 20)")
                    #expect(try group.text(.memory, "memory.swap.max") == "\((swap - memory) << 20)")
                    #expect(try group.text(.memory, "memory.low") == "\(16 << 20)")
                } else {
                    #expect(try group.text(.memory, "memory.limit_in_bytes") == "\(memory << 20)")
                    #expect(try group.text(.memory, "memory.memsw.limit_in_bytes") == "\(swap << 20)")
                    #expect(try group.text(.memory, "memory.soft_limit_in_bytes") == "\(16 << 20)")
                }
            }
            limits.memory = Limits.Memory()
            limits.memory.limit = .unlimited
            #expect(try group.apply(limits) == [])
            let file = isUnifiedHost ? "memory.max" : "memory.limit_in_bytes"
            #expect(try group.text(.memory, file) == (isUnifiedHost ? "max" : "9223372036854771712"))
        }
    }

    @Test("CPU time")
    func cpu() throws {
        try withGroup("cpu") { group throws in
            var limits = Limits()
            limits.cpu.shares = 1024
            limits.cpu.quotaMicroseconds = Limit(50_000)
            limits.cpu.periodMicroseconds = 200_000
            limits.cpu.burstMicroseconds = 10_000
            #expect(try group.apply(limits) == [])
            if isUnifiedHost {
                #expect(try group.text(.cpu, "cpu.weight") == "100")
                #expect(try group.text(.cpu, "cpu.max") == "50000 200000")
                #expect(try group.text(.cpu, "cpu.max.burst") == "10000")
            } else {
                #expect(try group.text(.cpu, "cpu.shares") == "1024")
                #expect(try group.text(.cpu, "cpu.cfs_quota_us") == "50000")
                #expect(try group.text(.cpu, "cpu.cfs_period_us") == "200000")
                #expect(try group.text(.cpu, "cpu.cfs_burst_us") == "10000")
            }
            limits = Limits()
            limits.cpu.periodMicroseconds = 100_000
            #expect(try group.apply(limits) == [])
            let quota = isUnifiedHost ? ("cpu.max", "50000 100000") : ("cpu.cfs_quota_us", "50000")
            #expect(try group.text(.cpu, quota.0) == quota.1)
        }
    }

    @Test("CPU sets and tasks")
    func cpuset() throws {
        try withGroup("cpuset") { group throws in
            var limits = Limits()
            limits.cpu.cpus = "0"
            limits.cpu.mems = "0"
            limits.pids = Limit(17)
            #expect(try group.apply(limits) == [])
            #expect(try group.text(.cpuset, "cpuset.cpus") == "0")
            #expect(try group.text(.pids, "pids.max") == "17")
            limits = Limits()
            limits.pids = .unlimited
            #expect(try group.apply(limits) == [])
            #expect(try group.text(.pids, "pids.max") == "max")
            limits.cpu.cpus = "4000"
            #expect(throws: CgroupError.self) { try group.apply(limits) }
        }
    }

    @Test("huge pages, wherever their controller is", .enabled(if: hostHas(.hugetlb)))
    func hugePages() throws {
        try withGroup("huge") { group throws in
            var limits = Limits()
            limits.hugePages = [Limits.HugePages(pageSize: "2MB", limit: 8 << 20)]
            #expect(try group.apply(limits) == [])
            let isUnified = group.host.hierarchy(of: .hugetlb)?.version == .v2
            let ending = isUnified ? "max" : "limit_in_bytes"
            #expect(try group.text(.hugetlb, "hugetlb.2MB.\(ending)") == "\(8 << 20)")
            #expect(try group.text(.hugetlb, "hugetlb.2MB.rsvd.\(ending)") == "\(8 << 20)")
            #expect(try group.statistics().hugePages.contains { $0.pageSize == "2MB" && $0.usage == 0 })
            for size in ["3MB", "2mb", "0KB", "02MB", "2MB/..", "MB", ""] {
                limits.hugePages = [Limits.HugePages(pageSize: size, limit: 1 << 20)]
                #expect(throws: CgroupError.self) { try group.apply(limits) }
            }
        }
    }

    @Test("rates of a block device", .enabled(if: hostHas(.blkio)))
    func throttles() throws {
        // The first disk, as `   8        0   16777216 sda`.
        let disk = try readText("/proc/partitions").split(separator: "\n").dropFirst()
            .map { $0.split(separator: " ") }.first
        guard let disk, disk.count == 4, let major = UInt32(disk[0]), let minor = UInt32(disk[1]) else { return }
        let device = DeviceNumber(major: major, minor: minor)
        try withGroup("blkio") { group throws in
            var limits = Limits()
            limits.blockIO.throttles = [
                .init(.readBytes, device, perSecond: 1 << 20), .init(.writeBytes, device, perSecond: 2 << 20),
                .init(.readOperations, device, perSecond: 100), .init(.writeOperations, device, perSecond: 200),
            ]
            #expect(try group.apply(limits) == [])
            if isUnifiedHost {
                #expect(
                    try group.text(.blkio, "io.max") == "\(device) rbps=1048576 wbps=2097152 riops=100 wiops=200")
            } else {
                #expect(try group.text(.blkio, "blkio.throttle.read_bps_device") == "\(device) 1048576")
                #expect(try group.text(.blkio, "blkio.throttle.write_iops_device") == "\(device) 200")
            }
            limits.blockIO.throttles = limits.blockIO.throttles.map { .init($0.kind, device, perSecond: 0) }
            #expect(try group.apply(limits) == [])
            let file = isUnifiedHost ? "io.max" : "blkio.throttle.read_bps_device"
            #expect(try group.text(.blkio, file).isEmpty)
        }
    }

    @Test("weights of block devices", .enabled(if: hostHas(.blkio)))
    func weights() throws {
        try withGroup("weight") { group throws in
            let isHere = ["blkio.weight", "blkio.bfq.weight", "io.bfq.weight", "io.weight"].contains { name in
                group.directory(of: .blkio)?.has(name) == true
            }
            var limits = Limits()
            limits.blockIO.weight = 500
            if isHere {
                #expect(try group.apply(limits) == [])
            } else {
                // No scheduler of this kernel's knows weights.
                #expect(throws: CgroupError.self) { try group.apply(limits) }
            }
            limits.blockIO.weight = 5
            #expect(
                throws: CgroupError.invalidLimit(name: "blockIO.weight", value: "5", reason: "must be 10 to 1000")
            ) { try group.apply(limits) }
        }
    }

    @Test("network classes", .enabled(if: hostHas(.netClass)))
    func network() throws {
        try withGroup("net") { group throws in
            var limits = Limits()
            limits.network.classID = 0x10_0001
            limits.network.priorities = [.init(interface: "lo", priority: 5)]
            #expect(try group.apply(limits) == [])
            #expect(try group.text(.netClass, "net_cls.classid") == "1048577")
            #expect(try group.text(.netPriority, "net_prio.ifpriomap").contains("lo 5"))
            limits.network.priorities = [.init(interface: "no/name", priority: 5)]
            #expect(throws: CgroupError.self) { try group.apply(limits) }
        }
    }

    @Test("default devices")
    func devices() throws {
        try withGroup("devices") { group throws in
            var limits = Limits()
            limits.devices = DeviceRules([DeviceRule(allow: false)] + DeviceRules.containerDefaults)
            #expect(try group.apply(limits) == [])
            if !isUnifiedHost {
                let listing = try group.text(.devices, "devices.list").split(separator: "\n").sorted()
                #expect(
                    listing == [
                        "b *:* m", "c *:* m", "c 136:* rwm", "c 1:3 rwm", "c 1:5 rwm", "c 1:7 rwm", "c 1:8 rwm",
                        "c 1:9 rwm", "c 5:0 rwm", "c 5:1 rwm", "c 5:2 rwm",
                    ])
            }
        }
    }
}
