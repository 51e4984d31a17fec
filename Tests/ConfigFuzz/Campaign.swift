import Foundation
import LinuxKernel
import OCISpec
import TestSupport

/// Changed configs, one after the other, and what came of them.
struct Campaign {
    private let seeds: [Seed]
    private var mutator: Mutator
    private let seed: UInt64
    private let bench: Bench
    private var outcomes: [String: Int] = [:]
    private(set) var findings: [String] = []
    private let begin = ContinuousClock.now
    private var longest = (duration: Duration.zero, number: 0)

    init(seed: UInt64) throws {
        self.seed = seed
        seeds = try Seed.all()
        mutator = Mutator(random: SplitMix64(state: seed), donors: seeds.map(\.bytes))
        bench = try Bench()
    }

    mutating func run(_ count: Int) throws {
        for number in 1...count {
            let config = nextConfig()
            let isRun = mutator.below(3) > 0
            let trial = try bench.trial(config, isRun ? .run : .steps)
            outcomes[trial.outcome, default: 0] += 1
            if trial.duration > longest.duration { longest = (trial.duration, number) }
            for problem in trial.problems { try keep("\(number): \(problem)", config, number) }
            if number % 1000 == 0 { print("\(number) of \(count), \(ContinuousClock.now - begin)") }
        }
    }

    private mutating func keep(_ problem: String, _ config: [UInt8], _ number: Int) throws {
        findings.append(problem)
        print("FOUND \(problem)")
        // Enough to repeat it by hand: the place is thrown away.
        if findings.count <= 20 { print(String(decoding: config, as: UTF8.self)) }
    }

    /// A third has changed bytes; the others are JSON, most of them with a program that ends at once, so that the way goes on
    /// to its end.
    private mutating func nextConfig() -> [UInt8] {
        // Mostly a bundle that works here, so that a change is met by more than the first check.
        var config = seeds[mutator.below(4) == 0 ? mutator.below(seeds.count) : seeds.count - 1].config
        for _ in 0..<mutator.below(3) {
            // A part of another document, so that the parts meet in all combinations.
            let donor = seeds[mutator.below(seeds.count)].config
            let path = Seed.parts[mutator.below(Seed.parts.count)]
            if let part = donor[path] { config[path] = part }
        }
        if mutator.below(10) > 0 { config["process.args"] = ["/bin/true"] }
        if mutator.below(10) > 0 { config["process.terminal"] = false }
        if mutator.below(10) > 0 { config["root"] = ["path": "rootfs"] }
        if mutator.below(3) == 0 { return mutator.mutate(config.json.bytes()) }
        for _ in 0...mutator.below(3) { config.json = mutator.mutate(config.json) }
        return config.json.bytes()
    }

    func report() {
        let elapsed = ContinuousClock.now - begin
        for (outcome, number) in outcomes.sorted(by: { $0.value > $1.value }) { print("\(number)\t\(outcome)") }
        print("longest: \(longest.duration) (number \(longest.number)); all: \(elapsed); seed \(seed)")
        print("\(findings.count) findings")
    }
}

/// A document to start from.
struct Seed {
    let config: Config
    let bytes: [UInt8]

    /// Parts that are exchanged between documents.
    static let parts = [
        "process", "process.user", "process.capabilities", "process.rlimits", "process.scheduler", "process.ioPriority",
        "process.execCPUAffinity", "mounts", "hooks", "root", "annotations", "hostname", "domainname", "linux",
        "linux.namespaces", "linux.uidMappings", "linux.gidMappings", "linux.timeOffsets", "linux.devices",
        "linux.netDevices", "linux.cgroupsPath", "linux.resources", "linux.resources.memory", "linux.resources.cpu",
        "linux.resources.blockIO", "linux.resources.hugepageLimits", "linux.resources.rdma", "linux.resources.unified",
        "linux.resources.devices", "linux.resources.network", "linux.sysctl", "linux.seccomp",
        "linux.rootfsPropagation",
        "linux.maskedPaths", "linux.readonlyPaths", "linux.mountLabel", "linux.personality", "linux.intelRdt",
        "linux.memoryPolicy",
    ]

    static func all() throws -> [Seed] {
        let directory = "\(Machine.repository)/Tests/OCISpecTests/Corpus"
        let names = [
            "minimal", "process", "hooks", "mounts", "resources", "seccomp", "namespaces", "linux", "other", "full",
            "engine",
        ]
        var seeds: [Seed] = []
        for name in names {
            let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: "\(directory)/\(name).json")))
            seeds.append(Seed(config: Config(json: try JSONValue(parsing: bytes, sizeLimit: .max)), bytes: bytes))
        }
        // The last, and half of those that give parts to others, is a bundle that works here.
        let plain = Config.plain(command: ["/bin/true"], cgroup: "/fuzz")
        return seeds + seeds.map { _ in Seed(config: plain, bytes: plain.json.bytes()) }
    }
}
