import Seccomp
import Testing

/// One profile, compiled by us and by libseccomp, both run for every number, architecture and edge of an argument.
struct Equivalence {
    /// Where we mean to differ from libseccomp 2.5.4; ours is then held against the oracle alone.
    enum Difference: Hashable, CaseIterable {
        /// We answer `ENOSYS`, as runc does by a stub in front of libseccomp's program.
        case newerThanProfile
        /// The profile names a call that libseccomp 2.5.4 does not know yet, so that it has no rule for it.
        case unknownToLibseccomp
        /// libseccomp takes x32 for a 32-bit architecture and ignores the high words; x32's registers have 64 bits.
        case highWordOnX32
        /// libseccomp lets socketcall(2) and ipc(2) carry over rules with conditions, comparing arguments that mean
        /// something else there, and does not know that ipc's upper half is a version.
        case multiplexer
        /// Several rules with different actions hold: libseccomp's order is that of its tree. Its answer must be one
        /// of theirs.
        case severalActions
        /// Rules compare the same argument, one of them other than for equality. libseccomp up to 2.6.0 merges their
        /// tests wrongly (GHSA-4q85-33p6-j5g6): of `a4 >= 0x192ffe14931a44` and `a4 <= 0` it takes the second for true
        /// of 0x14931a44.
        case comparisonsMeet
        /// libseccomp takes a comparison under a mask of 0 for none, and so the rule for unconditional.
        case emptyMask
        /// libseccomp refuses a rule of this call (`EEXIST`), runc the whole profile.
        case refusedRule
    }

    var compared = 0
    var differences: [Difference: Int] = [:]
    /// The first few, as text.
    private(set) var failures: [String] = []

    private let oracle: Oracle
    private let native: Architecture
    private let ours: Interpreter
    private let reference: Libseccomp

    init(_ profile: Profile, native: Architecture) throws {
        self.native = native
        oracle = Oracle(profile, native: native)
        ours = try Interpreter(Compiler.compile(profile, native: native))
        reference = try Libseccomp(profile, native: native)
    }

    mutating func run(_ generator: inout SeededGenerator) {
        for token in Probe.tokens {
            fill((0..<6).map { _ in generator.next() })
            for number in Probe.numbers(token: token) {
                let architecture = oracle.architecture(token: token, number: number)
                let clauses = architecture.flatMap { oracle.clauses[$0]?[number] } ?? []
                words[0] = number
                words[1] = token
                if clauses.allSatisfy(\.conditions.isEmpty) {
                    check(architecture, clauses)
                } else {
                    for arguments in Probe.arguments(clauses, &generator) {
                        fill(arguments)
                        check(architecture, clauses)
                    }
                }
            }
        }
    }

    private var arguments: [UInt64] = []
    private var words = [UInt32](repeating: 0, count: 16)

    private mutating func fill(_ arguments: [UInt64]) {
        self.arguments = arguments
        for index in 0..<6 {
            words[4 + 2 * index] = UInt32(truncatingIfNeeded: arguments[index])
            words[5 + 2 * index] = UInt32(truncatingIfNeeded: arguments[index] >> 32)
        }
    }

    private mutating func check(_ architecture: Architecture?, _ clauses: [Oracle.Clause]) {
        let number = words[0]
        let token = words[1]
        let answer = ours.run(words: words)
        let their = reference.interpreter.run(words: words)
        compared += 1
        // The oracle has its say where arguments count and where the two differ.
        if answer == their, clauses.isEmpty { return }
        let expected = oracle.answer(token: token, number: number, arguments: arguments)
        if answer != expected { fail("oracle", number, token, arguments, answer, expected) }
        guard answer != their else { return }
        guard let difference = difference(architecture, number, arguments, clauses, their) else {
            return fail("libseccomp", number, token, arguments, answer, their)
        }
        differences[difference, default: 0] += 1
    }

    private func difference(
        _ architecture: Architecture?, _ number: UInt32, _ arguments: [UInt64], _ clauses: [Oracle.Clause],
        _ their: UInt32
    ) -> Difference? {
        guard let architecture else { return nil }
        if oracle.isNewer(number, architecture) { return .newerThanProfile }
        let name = Self.names[architecture]?[number]
        if let name, Libseccomp.number(of: name, on: architecture) == nil { return .unknownToLibseccomp }
        if architecture == .x86, name == "socketcall" || name == "ipc" {
            let carriesConditions = oracle.profile.rules.contains { rule in
                !rule.conditions.isEmpty && rule.names.contains { Oracle.multiplexed[$0]?.call == name }
            }
            if carriesConditions || (name == "ipc" && arguments[0] & 0xFFFF_FFFF > 0xFFFF) { return .multiplexer }
        }
        if let name, reference.refused.contains(name) || refusesMultiplexed(name) { return .refusedRule }
        if architecture == .x32, clauses.flatMap(\.conditions).contains(where: { arguments[Int($0.index)] >> 32 != 0 })
        {
            return .highWordOnX32
        }
        // Values above 32 bits are cut by libseccomp on x32.
        if architecture == .x32, clauses.flatMap(\.conditions).contains(where: { ($0.value | $0.valueTwo) >> 32 != 0 })
        {
            return .highWordOnX32
        }
        let width: UInt64 = architecture == .x86 || architecture == .arm ? 0xFFFF_FFFF : .max
        let conditions = clauses.flatMap(\.conditions)
        if conditions.contains(where: { $0.comparison == .maskedEqual && $0.value & width == 0 }) { return .emptyMask }
        if conditions.contains(where: { one in
            one.comparison != .equal && one.comparison != .maskedEqual && conditions.count { $0.index == one.index } > 1
        }) {
            return .comparisonsMeet
        }
        let actions = Set(oracle.holding(architecture, number, arguments).map(\.action.returnValue))
        if actions.count > 1, actions.contains(their) { return .severalActions }
        return nil
    }

    /// Names by number: `Syscall(number:on:)` searches the whole table.
    private static let names: [Architecture: [UInt32: String]] = {
        var found: [Architecture: [UInt32: String]] = [:]
        for architecture in [Architecture.x86, .x86_64, .x32, .arm, .aarch64] {
            for call in Syscall.all(on: architecture) { found[architecture, default: [:]][call.number] = call.name }
        }
        return found
    }()

    /// libseccomp adds a rule for a multiplexed call in one transaction with the multiplexer's.
    private func refusesMultiplexed(_ name: String) -> Bool {
        reference.refused.contains { Oracle.multiplexed[$0]?.call == name }
            || (Oracle.multiplexed[name] != nil && !reference.refused.isEmpty
                && reference.refused.contains { Oracle.multiplexed[$0] != nil || $0 == Oracle.multiplexed[name]?.call })
    }

    /// The call's clauses, for reading.
    private func rules(_ architecture: Architecture?, _ number: UInt32) -> String {
        let clauses = architecture.flatMap { oracle.clauses[$0]?[number] } ?? []
        return clauses.map { clause in
            let conditions = clause.conditions.map { condition in
                "a\(condition.index) \(condition.comparison) \(String(condition.value, radix: 16))"
                    + " \(String(condition.valueTwo, radix: 16))"
            }
            return "[\(conditions.joined(separator: ", "))] \(clause.action)"
        }.joined(separator: "; ") + "; otherwise \(oracle.profile.defaultAction)"
    }

    private mutating func fail(
        _ against: String, _ number: UInt32, _ token: UInt32, _ arguments: [UInt64], _ answer: UInt32, _ other: UInt32
    ) {
        guard failures.count < 5 else { return }
        let call = oracle.architecture(token: token, number: number)
        let name = call.flatMap { Syscall(number: number, on: $0)?.name } ?? "?"
        let hex = arguments.map { String($0, radix: 16) }.joined(separator: " ")
        failures.append(
            "\(native) \(String(token, radix: 16)) \(number & 0xFFF_FFFF) \(name)(\(hex)): "
                + "ours \(Action(returnValue: answer)), \(against) \(Action(returnValue: other)) of "
                + rules(call, number))
    }
}
