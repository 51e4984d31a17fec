import Seccomp

/// Repeatable random numbers (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// Which numbers and arguments are tried.
enum Probe {
    static let tokens: [UInt32] = [0xC000_003E, 0x4000_0003, 0xC000_00B7, 0x4000_0028, 0x4000_003E, 0]

    /// Every number that a call of this architecture has or might get, x32's, the edges of the signed and the unsigned
    /// range, arm's own.
    static func numbers(token: UInt32) -> [UInt32] {
        let edges: [UInt32] = [
            0x3FFF_FFFF, 0x7FFF_FFFF, 0x8000_0000, 0x8000_0001, 0xBFFF_FFFF, 0xC000_0000, 0xFFFF_FFFE, .max, 0xFFFF,
            0x10000, 0xEFFFF,
        ]
        switch token {
        case 0xC000_003E: return Array(0...1024) + (0...1024).map { 0x4000_0000 + $0 } + edges
        case 0x4000_0028: return Array(0...1024) + (0xF0000...0xF0010) + edges
        case 0x4000_0003, 0xC000_00B7: return Array(0...1024) + [0x4000_0000, 0x4000_0001] + edges
        // No architecture of ours: a few are as good as all.
        default: return [0, 1, 59, 0x4000_0001, .max]
        }
    }

    /// Sets of arguments at the edges of what the clauses compare with.
    static func arguments(_ clauses: [Oracle.Clause], _ generator: inout SeededGenerator) -> [[UInt64]] {
        var candidates: [[UInt64]] = Array(repeating: [0, .max], count: 6)
        for condition in clauses.flatMap(\.conditions) { candidates[Int(condition.index)] += edges(condition) }
        var sets: [[UInt64]] = []
        for clause in clauses {
            var base: [UInt64] = (0..<6).map { _ in generator.next() }
            for condition in clause.conditions {
                base[Int(condition.index)] =
                    candidates[Int(condition.index)].first(where: condition.holds) ?? condition.value
            }
            sets.append(base)
            for index in Set(clause.conditions.map { Int($0.index) }) {
                for value in candidates[index] {
                    var varied = base
                    varied[index] = value
                    sets.append(varied)
                }
            }
        }
        for _ in 0..<12 { sets.append(candidates.map { $0.randomElement(using: &generator) ?? 0 }) }
        return sets
    }

    private static func edges(_ condition: Condition) -> [UInt64] {
        var values: [UInt64] = []
        for value in condition.comparison == .maskedEqual ? [condition.valueTwo, condition.value] : [condition.value] {
            values += [
                value, value &+ 1, value &- 1, value ^ 1 << 32, value & 0xFFFF_FFFF, value & 0xFFFF_FFFF << 32,
                value | 0xFFFF_FFFF << 32, value &+ 1 << 32, value &- 1 << 32, value ^ 1 << 63, value ^ 1 << 31,
            ]
        }
        if condition.comparison == .maskedEqual {
            values += [
                condition.valueTwo | ~condition.value, condition.valueTwo ^ (condition.value & (0 &- condition.value)),
            ]
        }
        return values
    }
}
