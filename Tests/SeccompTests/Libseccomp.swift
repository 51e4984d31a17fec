import CLibseccomp
import LinuxKernel
import Seccomp

/// A profile compiled by libseccomp, in the steps that runc takes.
struct Libseccomp {
    let interpreter: Interpreter
    /// Names whose rules libseccomp would not take: it finds two with different actions for the same arguments.
    let refused: Set<String>

    struct Failure: Error {
        let step: String
        let code: Int32
    }

    init(_ profile: Profile, native: Architecture) throws {
        guard let context = seccomp_init(profile.defaultAction.returnValue) else {
            throw Failure(step: "init", code: 0)
        }
        defer { seccomp_release(context) }
        var architectures = profile.architectures.filter { native.family.contains($0) && $0 != native }
        if native == .x86_64 {
            architectures.insert(native, at: 0)
        } else {
            architectures.insert(native, at: 0)
            try Self.check("remove", seccomp_arch_remove(context, Self.token(.x86_64)))
        }
        for architecture in architectures {
            let result = seccomp_arch_add(context, Self.token(architecture))
            // -EEXIST: the machine's own is there from the start.
            if result != -17 { try Self.check("add \(architecture)", result) }
        }
        // A binary tree, as runc wants it for all but small profiles; libseccomp 2.5.4 fails at it without rules.
        if profile.rules.count > 2 {
            try Self.check("optimise", seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2))
        }

        var refused: Set<String> = []
        for rule in profile.rules where rule.action != profile.defaultAction {
            for name in rule.names {
                let number = seccomp_syscall_resolve_name(name)
                if number == -1 { continue }
                for alternative in Self.alternatives(rule) {
                    let result = seccomp_rule_add_array(
                        context, rule.action.returnValue, number, UInt32(alternative.count), alternative)
                    if result == -17 { refused.insert(name) } else { try Self.check("rule \(name)", result) }
                }
            }
        }
        self.refused = refused

        let pipe = try Pipe()
        try Self.check("export", seccomp_export_bpf(context, pipe.writeEnd.raw))
        let bytes = try pipe.readEnd.read(upTo: 65_536)
        var instructions: [Instruction] = []
        for at in stride(from: 0, to: bytes.count - 7, by: 8) {
            let code = UInt16(bytes[at]) | UInt16(bytes[at + 1]) << 8
            var operand: UInt32 = 0
            for byte in bytes[(at + 4)..<(at + 8)].reversed() { operand = operand << 8 | UInt32(byte) }
            instructions.append(
                Instruction(code: code, jumpTrue: bytes[at + 2], jumpFalse: bytes[at + 3], operand: operand))
        }
        interpreter = try Interpreter(Program(instructions: instructions))
    }

    /// runc: an argument used twice makes each condition a rule.
    private static func alternatives(_ rule: Rule) -> [[scmp_arg_cmp]] {
        let comparisons = rule.conditions.map { condition in
            scmp_arg_cmp(
                arg: UInt32(condition.index), op: op(condition.comparison), datum_a: condition.value,
                datum_b: condition.valueTwo)
        }
        if Set(rule.conditions.map(\.index)).count < rule.conditions.count { return comparisons.map { [$0] } }
        return [comparisons]
    }

    private static func op(_ comparison: Condition.Comparison) -> scmp_compare {
        switch comparison {
        case .notEqual: SCMP_CMP_NE
        case .less: SCMP_CMP_LT
        case .lessOrEqual: SCMP_CMP_LE
        case .equal: SCMP_CMP_EQ
        case .greaterOrEqual: SCMP_CMP_GE
        case .greater: SCMP_CMP_GT
        case .maskedEqual: SCMP_CMP_MASKED_EQ
        }
    }

    /// `SCMP_ARCH_…`, macros that Swift cannot import.
    static func token(_ architecture: Architecture) -> UInt32 {
        switch architecture {
        case .x86: 0x4000_0003
        case .x86_64: 0xC000_003E
        case .x32: 0x4000_003E
        case .arm: 0x4000_0028
        case .aarch64: 0xC000_00B7
        default: 0
        }
    }

    /// The number that libseccomp has for a call; nil for none of its own, also where it has a negative stand-in.
    static func number(of name: String, on architecture: Architecture) -> UInt32? {
        let number = seccomp_syscall_resolve_name_arch(token(architecture), name)
        return number < 0 ? nil : UInt32(number)
    }

    static func knows(_ name: String) -> Bool { seccomp_syscall_resolve_name(name) != -1 }

    private static func check(_ step: String, _ result: Int32) throws {
        if result < 0 { throw Failure(step: step, code: result) }
    }
}
