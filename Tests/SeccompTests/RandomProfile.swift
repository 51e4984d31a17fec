import Seccomp

extension Profile {
    /// A profile that nobody would write: any action, any condition, all architectures or some.
    static func random(native: Architecture, using generator: inout SeededGenerator) throws -> Profile {
        let names = (Syscall.all(on: native) + Syscall.all(on: native.family[native.family.count - 1])).map(\.name)
        let actions: [Action] = [
            .killThread, .killProcess, .trap, .errno(1), .errno(38), .errno(4094), .trace(1), .trace(7), .allow, .log,
            .notify,
        ]
        let profileActions =
            Int.random(in: 0..<3, using: &generator) == 0
            ? actions : Array(actions.shuffled(using: &generator).prefix(2))
        var rules: [Rule] = []
        for _ in 0..<Int.random(in: 1...30, using: &generator) {
            var chosen: [String] = []
            for _ in 0..<Int.random(in: 1...12, using: &generator) {
                let name = names.randomElement(using: &generator) ?? "read"
                chosen.append(Int.random(in: 0..<40, using: &generator) == 0 ? "no_such_call" : name)
            }
            // Some calls again and again, so that rules meet.
            let popular = ["clone", "socket", "personality", "msgget", "ptrace", "ioctl"]
            if Bool.random(using: &generator) { chosen.append(popular.randomElement(using: &generator) ?? "clone") }
            var action = profileActions.randomElement(using: &generator) ?? .allow
            if action == .notify { chosen.removeAll { $0 == "write" } }
            if chosen.isEmpty { action = .allow }
            rules.append(Rule(chosen, action, when: try conditions(using: &generator)))
        }
        let defaults = actions.filter { $0 != .notify }
        return Profile(
            defaultAction: defaults.randomElement(using: &generator) ?? .allow,
            architectures: native.family.filter { _ in Int.random(in: 0..<3, using: &generator) > 0 },
            rules: rules, listenerPath: "/run/listener")
    }

    private static func conditions(using generator: inout SeededGenerator) throws -> [Condition] {
        guard Int.random(in: 0..<5, using: &generator) > 1 else { return [] }
        let values: [UInt64] = [
            0, 1, 2, 38, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 1 << 32, 1 << 32 + 5, 0xFFFF_FFFF << 32, 1 << 63, .max,
            0x7E02_0000,
        ]
        return try (0..<Int.random(in: 1...3, using: &generator)).map { _ in
            let value =
                Bool.random(using: &generator)
                ? values.randomElement(using: &generator) ?? 0
                : generator.next() >> UInt64.random(in: 0..<63, using: &generator)
            let comparison = Condition.Comparison.allCases.randomElement(using: &generator) ?? .equal
            let two = comparison == .maskedEqual ? value & generator.next() : 0
            return try Condition(index: UInt32.random(in: 0..<6, using: &generator), comparison, value, two)
        }
    }
}
