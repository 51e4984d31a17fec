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
