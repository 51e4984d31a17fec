import Seccomp
import Testing

@Suite("Against libseccomp")
struct LibseccompTests {
    @Test(
        "libseccomp has the same number for every call that both know",
        arguments: [
            Architecture.x86, .x86_64, .x32, .arm, .aarch64,
        ])
    func numbers(architecture: Architecture) {
        var known = 0
        for call in Syscall.all(on: architecture) {
            guard let number = Libseccomp.number(of: call.name, on: architecture) else { continue }
            known += 1
            #expect(number == call.number, "\(call.name)")
        }
        #expect(known > 290)
    }

    @Test(
        "Docker's default profile",
        arguments: [
            [], ["CAP_SYS_ADMIN"], ["CAP_SYS_PTRACE", "CAP_BPF", "CAP_SYS_CHROOT"],
        ])
    func defaultProfile(capabilities: [String]) throws {
        for native in [Architecture.x86_64, .aarch64] {
            let profile = DefaultProfile.profile(capabilities: capabilities, kernel: .init(6, 18), architecture: native)
            var equivalence = try Equivalence(profile, native: native)
            var generator = SeededGenerator(seed: 1)
            equivalence.run(&generator)
            #expect(equivalence.failures == [])
            #expect(equivalence.compared > 3000)
            let expected: Set<Equivalence.Difference> = [.newerThanProfile, .unknownToLibseccomp, .highWordOnX32]
            #expect(Set(equivalence.differences.keys).isSubset(of: expected))
        }
    }

    @Test("Docker's own rules for socket, whose comparisons meet")
    func comparisons() throws {
        let rules = [
            Rule(["socket"], .allow, when: [try Condition(index: 0, .less, 38)]),
            Rule(["socket"], .allow, when: [try Condition(index: 0, .equal, 39)]),
            Rule(["socket"], .allow, when: [try Condition(index: 0, .greater, 40)]),
        ]
        let profile = Profile(defaultAction: .errno(1), architectures: [.x86_64], rules: rules)
        var equivalence = try Equivalence(profile, native: .x86_64)
        var generator = SeededGenerator(seed: 1)
        equivalence.run(&generator)
        #expect(equivalence.failures == [])
        #expect(equivalence.differences[.comparisonsMeet] == nil)
    }

    @Test("A thousand random profiles", arguments: 0..<20)
    func randomProfiles(chunk: Int) throws {
        var generator = SeededGenerator(seed: UInt64(chunk) + 1000)
        var compared = 0
        var differences: [Equivalence.Difference: Int] = [:]
        for index in 0..<50 {
            let native: Architecture = index % 5 == 0 ? .aarch64 : .x86_64
            let profile = try Profile.random(native: native, using: &generator)
            var equivalence = try Equivalence(profile, native: native)
            equivalence.run(&generator)
            #expect(equivalence.failures == [], "seed \(chunk + 1000), profile \(index)")
            compared += equivalence.compared
            differences.merge(equivalence.differences) { $0 + $1 }
        }
        // The exclusions are a few per cent of half a million comparisons.
        #expect(compared > 300_000)
        #expect(differences.values.reduce(0, +) < compared / 6)
    }
}
