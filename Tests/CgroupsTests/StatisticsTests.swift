import LinuxKernel
import Testing

@testable import Cgroups

/// Files captured from kernels 6.18 (v1) and 6.1 (v2), with numbers put in.
@Suite("Statistics")
struct StatisticsTests {
    @Test("of v2")
    func unified() throws {
        let tree = try FakeTree()
        let base = "sys/fs/cgroup/web/"
        try tree.file("sys/fs/cgroup/cgroup.controllers", "cpu io memory hugetlb pids rdma\n")
        let files = [
            "cgroup.controllers": "cpu io memory hugetlb pids rdma\n", "cgroup.procs": "",
            "cpu.stat": """
            usage_usec 5000
            user_usec 3000
            system_usec 2000
            nr_periods 10
            nr_throttled 4
            throttled_usec 700
            nr_bursts 1
            burst_usec 9

            """,
            "cpu.pressure": """
            some avg10=1.50 avg60=0.25 avg300=0.00 total=777
            full avg10=0.00 avg60=0.00 avg300=0.00 total=0

            """,
            "memory.current": "1000\n", "memory.max": "4096\n", "memory.peak": "2000\n",
            "memory.swap.current": "50\n", "memory.swap.max": "100\n",
            "memory.stat": "anon 300\nfile 400\nkernel 30\ninactive_file 100\n",
            "memory.events": "low 0\nhigh 0\nmax 7\noom 2\noom_kill 1\n", "pids.current": "3\n", "pids.max": "max\n",
            "pids.events": "max 5\n", "io.stat": "8:0 rbytes=10 wbytes=20 rios=1 wios=2 dbytes=0 dios=0\n",
            "hugetlb.2MB.current": "2097152\n", "hugetlb.2MB.rsvd.current": "0\n", "hugetlb.2MB.events": "max 6\n",
            "rdma.current": "mlx hca_handle=1 hca_object=2\n", "rdma.max": "mlx hca_handle=3 hca_object=max\n",
        ]
        for (name, content) in files { try tree.file(base + name, content) }
        let host = CgroupHost(mountInfo: Captured.unifiedMounts, membership: "0::/\n", root: tree.root)
        let all = try ContainerCgroup.open(CgroupPlacement([("", "web")]), on: host).statistics()

        let cpu = try #require(all.cpu)
        #expect(cpu.usageNanoseconds == 5_000_000)
        #expect(cpu.userNanoseconds == 3_000_000)
        #expect(cpu.throttling.throttledPeriods == 4)
        #expect(cpu.throttling.throttledNanoseconds == 700_000)
        #expect(cpu.pressure?.some.average10 == 1.5)
        #expect(cpu.pressure?.some.totalMicroseconds == 777)
        let memory = try #require(all.memory)
        #expect(memory.usage.current == 1000)
        #expect(memory.usage.peak == 2000)
        #expect(memory.usage.limit == Limit(4096))
        #expect(memory.usage.failures == 7)
        #expect(memory.withSwap?.current == 1050)
        #expect(memory.withSwap?.limit == Limit(4196))
        #expect(memory.kernel?.current == 30)
        #expect(memory.working == 900)
        #expect(memory.outOfMemoryKills == 1)
        #expect(memory.details.map { $0.name } == ["anon", "file", "kernel", "inactive_file"])
        #expect(all.pids?.current == 3)
        #expect(all.pids?.limit == .unlimited)
        #expect(all.pids?.failures == 5)
        #expect(all.blockIO.map { Statistics.BlockIO.total(.write, of: $0.bytes) } == 20)
        #expect(all.hugePages == [.init(pageSize: "2MB", usage: 2_097_152, peak: nil, failures: 6)])
        #expect(all.rdma.first?.handleLimit == Limit(3))
        #expect(all.rdma.first?.objectLimit == .unlimited)
    }

    @Test("of v1")
    func legacy() throws {
        let tree = try FakeTree()
        let files = [
            "cpu/web/cpu.stat": "nr_periods 2\nnr_throttled 1\nthrottled_time 99\nnr_bursts 0\nburst_time 0\n",
            "cpuacct/web/cpuacct.usage": "300\n",
            "cpuacct/web/cpuacct.usage_all": "cpu user system\n0 100 50\n1 100 50\n",
            "memory/web/memory.usage_in_bytes": "1000\n", "memory/web/memory.max_usage_in_bytes": "2000\n",
            "memory/web/memory.limit_in_bytes": "9223372036854771712\n", "memory/web/memory.failcnt": "3\n",
            "memory/web/memory.memsw.usage_in_bytes": "1500\n",
            "memory/web/memory.memsw.limit_in_bytes": "9223372036854771712\n",
            "memory/web/memory.stat": "cache 1\nrss 2\ntotal_cache 10\ntotal_rss 20\ntotal_inactive_file 5\n",
            "memory/web/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 4\n",
        ]
        for (name, content) in files { try tree.file("sys/fs/cgroup/" + name, content) }
        let host = CgroupHost(mountInfo: Captured.hybridMounts, membership: Captured.hybridOwn, root: tree.root)
        let placement = CgroupPlacement([("cpu", "web"), ("cpuacct", "web"), ("memory", "web")])
        let group = try ContainerCgroup.open(placement, on: host)
        let all = try group.statistics()
        #expect(all.cpu?.usageNanoseconds == 300)
        #expect(all.cpu?.userNanoseconds == 200)
        #expect(all.cpu?.perCPU.count == 2)
        #expect(all.cpu?.throttling.throttledNanoseconds == 99)
        #expect(all.memory?.usage.limit == .unlimited)
        #expect(all.memory?.usage.failures == 3)
        #expect(all.memory?.swap?.current == 500)
        #expect(all.memory?.anonymous == 20)
        #expect(all.memory?.working == 995)
        #expect(try group.outOfMemoryKills() == 4)
        #expect(all.pids == nil)
        #expect(all.blockIO == nil)
    }

    @Test(
        "nothing that a file says is fatal",
        arguments: ["", "\n\n", "x", "a b c d", "usage_usec -1", "\u{0}", "some x=y"])
    func garbage(text: String) throws {
        let tree = try FakeTree()
        try tree.file("sys/fs/cgroup/web/cgroup.controllers", "cpu io memory hugetlb pids rdma\n")
        for name in [
            "cpu.stat", "cpu.pressure", "memory.stat", "memory.current", "memory.max", "memory.events", "pids.max",
            "io.stat", "rdma.max", "rdma.current", "hugetlb.2MB.current", "pids.events",
        ] {
            try tree.file("sys/fs/cgroup/web/" + name, text)
        }
        let host = CgroupHost(mountInfo: Captured.unifiedMounts, membership: "0::/\n", root: tree.root)
        _ = try ContainerCgroup.open(CgroupPlacement([("", "web")]), on: host).statistics()
    }
}
