import LinuxKernel
import OCISpec
import Testing

@testable import Engine

@Suite("what update, stats, top and diff compute")
struct ChangeTests {
    @Test("update changes what it names, and says what does not go together")
    func update() throws {
        var old = HostConfiguration()
        (old.memory, old.memorySwap) = (64 << 20, 128 << 20)
        var change = ResourceChange()
        change.memory = 32 << 20
        change.pidsLimit = 10
        let new = try change.applied(to: old)
        #expect(new.memory == 32 << 20 && new.memorySwap == 128 << 20 && new.pidsLimit == 10)
        let told = try ResourcePlan(new, HostFacts()).changes(since: ResourcePlan(old, HostFacts()))
        #expect(told == .init(memory: .init(limit: 32 << 20), pids: .init(limit: 10)))
        change = ResourceChange()
        change.pidsLimit = -1
        let free = try change.applied(to: new)
        #expect(
            try ResourcePlan(free, HostFacts()).changes(since: ResourcePlan(new, HostFacts()))
                == .init(pids: .init(limit: -1)))
        change = ResourceChange()
        change.memory = 256 << 20
        #expect(throws: EngineError.self) { try change.applied(to: old) }
        change = ResourceChange()
        change.nanoCpus = 1
        old.cpuQuota = 5000
        #expect(throws: EngineError.self) { try change.applied(to: old) }
        old.autoRemove = true
        change = ResourceChange()
        change.restartPolicy = try HostConfiguration.RestartPolicy("always")
        #expect(throws: EngineError.self) { try change.applied(to: old) }
    }

    @Test("shares of the processor are of the time between two looks")
    func shares() throws {
        let id = try #require(SpecificationTests.id)
        var one = ContainerStatistics(id: id, name: "a")
        (one.moment, one.processorTime) = (1000, 500_000_000)
        var two = one
        (two.moment, two.processorTime) = (2000, 2_000_000_000)
        #expect(two.processorShare(since: one) == 150)
        #expect(one.processorShare(since: two) == 0)
        #expect(one.processorShare(since: nil) == 0)
        (two.memory, two.memoryLimit) = (50, 200)
        #expect(two.memoryShare == 25)
    }

    @Test("traffic of all interfaces but the loopback")
    func traffic() {
        let text = """
            Inter-|   Receive                                                |  Transmit
             face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs
                lo:     100       1    0    0    0     0          0         0      100       1    0
              eth0:    2000       3    0    0    0     0          0         0      300       2    0
              eth1:       5       3    0    0    0     0          0         0        7       2    0
            """
        let traffic = NetworkTraffic(parsing: text)
        #expect(traffic.received == 2005 && traffic.sent == 307)
        #expect(NetworkTraffic(parsing: "eth0: x").received == 0)
    }

    @Test("rows of ps are chosen by their PID")
    func ps() throws {
        let text = "USER  PID COMMAND\nroot    1 init\nme     22 sh -c a b\n"
        let table = try Engine.select(text, [22])
        #expect(table.titles == ["USER", "PID", "COMMAND"])
        #expect(table.processes == [["me", "22", "sh -c a b"]])
        #expect(throws: EngineError.self) { try Engine.select("USER CMD\n", [1]) }
        #expect(Engine.terminal(0x8803) == "pts/3")
        #expect(Engine.terminal(0) == "?")
        #expect(Engine.clock(3723.9) == "01:02:03")
    }
}

@Suite("Rows of the host's ps")
struct ProcessTableTests {
    @Test(
        "those of the container, wherever the number stands and however wide it is",
        arguments: [
            ("    PID\n      7\n  12345\n", [["7"], ["12345"]]),
            ("    PID COMMAND\n      7 sh -c a b\n", [["7", "sh -c a b"]]),
            ("USER       PID\nroot         7\nroot         8\n", [["root", "7"]]),
        ])
    func rows(text: String, rows: [[String]]) throws {
        #expect(try Engine.select(text, [7, 12345]).processes == rows)
    }
}
