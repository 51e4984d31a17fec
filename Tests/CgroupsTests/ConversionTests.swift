import Testing

@testable import Cgroups

@Suite("Translations")
struct ConversionTests {
    @Test(
        "CPU shares on v2's scale, as runc 1.3.2 and crun 1.23 have them",
        arguments: [
            (0, 1), (1, 1), (2, 1), (3, 2), (102, 17), (512, 59), (1024, 100), (2000, 170), (2048, 174),
            (100_000, 4340), (262_143, 10_000), (262_144, 10_000), (1 << 40, 10_000),
        ] as [(UInt64, UInt64)])
    func shares(shares: UInt64, weight: UInt64) {
        #expect(CPUController.weight(shares: shares) == weight)
    }

    @Test("more shares never weigh less")
    func monotonous() {
        var last: UInt64 = 1
        for shares in stride(from: UInt64(2), to: 262_145, by: 97) {
            let weight = CPUController.weight(shares: shares)
            #expect(weight >= last)
            last = weight
        }
    }

    @Test(
        "weights of block devices",
        arguments: [(0, 1), (10, 1), (11, 11), (100, 910), (500, 4950), (1000, 10_000)] as [(UInt16, UInt64)])
    func blockWeight(weight: UInt16, result: UInt64) {
        #expect(BlockIOController.unifiedWeight(weight) == result)
    }

    private func memory(_ limit: Int64?, _ swap: Int64?) -> Limits.Memory {
        var memory = Limits.Memory()
        memory.limit = limit.map { Limit(spec: $0) }
        memory.swap = swap.map { Limit(spec: $0) }
        return memory
    }

    @Test(
        "memory and swap together becomes swap alone",
        arguments: [
            (100, 100, "0"), (100, 300, "200"), (100, -1, "max"), (100, nil, nil), (-1, nil, "max"), (-1, 200, "200"),
            (nil, nil, nil), (nil, -1, "max"),
        ] as [(Int64?, Int64?, String?)])
    func unifiedSwap(limit: Int64?, swap: Int64?, text: String?) throws {
        #expect(try MemoryController.unifiedSwap(memory(limit, swap))?.unifiedText == text)
    }

    @Test("swap without memory, and less than memory", arguments: [(nil, 100), (200, 100)] as [(Int64?, Int64?)])
    func wrongSwap(limit: Int64?, swap: Int64?) {
        #expect(throws: CgroupError.self) { try MemoryController.unifiedSwap(memory(limit, swap)) }
    }

    @Test("the order of v1's two limits")
    func order() {
        func steps(_ limit: Int64?, _ swap: Int64?, at current: UInt64?) -> [MemoryController.LegacyStep] {
            MemoryController.legacySteps(memory(limit, swap), current: current.map { Limit($0) })
        }
        #expect(steps(300, 400, at: 100) == [.swap(Limit(400)), .memory(Limit(300))])
        #expect(steps(100, 200, at: 300) == [.memory(Limit(100)), .swap(Limit(200))])
        #expect(steps(150, 200, at: 100) == [.swap(Limit(200)), .memory(Limit(150))])
        #expect(steps(100, -1, at: 300) == [.swapIfCounted(.unlimited), .memory(Limit(100))])
        #expect(steps(-1, nil, at: nil) == [.swapIfCounted(.unlimited), .memory(.unlimited)])
        #expect(steps(100, nil, at: nil) == [.memory(Limit(100))])
        #expect(steps(nil, 200, at: nil) == [.swap(Limit(200))])
        #expect(steps(nil, nil, at: nil) == [])
    }

    /// The kernel's rule: memory's limit is never above that of memory and swap.
    @Test("whatever is asked for, the kernel takes each step")
    func orderHolds() {
        let values: [UInt64] = [50, 100, 200, 400, 1000]
        for (nowMemory, nowSwap) in values.flatMap({ one in values.map { (one, $0) } }) where nowMemory <= nowSwap {
            for (memory, swap) in values.flatMap({ one in values.map { (one, $0) } }) where memory <= swap {
                var limits = Limits.Memory()
                limits.limit = Limit(memory)
                limits.swap = Limit(swap)
                var state = (memory: nowMemory, swap: nowSwap)
                for step in MemoryController.legacySteps(limits, current: Limit(nowMemory)) {
                    switch step {
                    case .memory(let limit): state.memory = limit.amount ?? .max
                    case .swap(let limit), .swapIfCounted(let limit): state.swap = limit.amount ?? .max
                    }
                    #expect(state.memory <= state.swap, "\(nowMemory) \(nowSwap) to \(memory) \(swap)")
                }
                #expect(state == (memory, swap))
            }
        }
    }

    @Test("cpu.max")
    func bandwidth() {
        var cpu = Limits.CPU()
        #expect(CPUController.unifiedBandwidth(cpu) == nil)
        cpu.quotaMicroseconds = Limit(5000)
        #expect(CPUController.unifiedBandwidth(cpu) == "5000")
        cpu.periodMicroseconds = 10_000
        #expect(CPUController.unifiedBandwidth(cpu) == "5000 10000")
        cpu.quotaMicroseconds = .unlimited
        #expect(CPUController.unifiedBandwidth(cpu) == "max 10000")
    }

    @Test("-1 is no limit", arguments: [(-1, "max", "-1"), (-5, "max", "-1"), (0, "0", "0"), (4096, "4096", "4096")])
    func limit(spec: Int64, unified: String, legacy: String) {
        #expect(Limit(spec: spec).unifiedText == unified)
        #expect(Limit(spec: spec).legacyText == legacy)
    }

    @Test("files of v2 by name", arguments: ["memory.high", "cpu.weight.nice", "cgroup.max.depth", "misc.max"])
    func unifiedFile(name: String) throws { _ = try Limits.UnifiedSetting(file: name, value: "1") }

    @Test(
        "no files of v2",
        arguments: [
            "", "memory", ".high", "memory.", "../memory.high", "a/b.c", "/memory.high", "memory.h\n", "cgroup.procs",
            "cgroup.threads", "cgroup.kill", "cgroup.freeze", "cgroup.subtree_control", "cgroup.type", "..", "a b.c",
        ])
    func noUnifiedFile(name: String) {
        #expect(throws: CgroupError.self) { try Limits.UnifiedSetting(file: name, value: "1") }
    }
}
