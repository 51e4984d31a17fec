/// Device rules as a program that the kernel runs on each use of a device: cgroup v2 has no file for it.
///
/// Source: the kernel's uapi/linux/bpf.h, `bpf_cgroup_dev_ctx`, and bpf/standardization/instruction-set.rst.
struct DeviceProgram: Equatable {
    let instructions: [BPFInstruction]

    /// Writes the rules last to first. What is asked for stands in one register and loses the bits that a rule allows;
    /// when none is left the answer is yes, and a rule that denies one of those left makes it no.
    init(_ rules: DeviceRules) {
        // struct bpf_cgroup_dev_ctx: access << 16 | type, major, minor; each 32 bits.
        var code: [BPFInstruction] = [
            .load(.type, offset: 0), .and(.type, 0xffff),
            .load(.access, offset: 0), .shiftRight(.access, 16),
            .load(.major, offset: 4), .load(.minor, offset: 8),
        ]
        for rule in rules.rules.reversed() {
            if rule.isTotal {
                // Nothing before it counts, and the kernel refuses a program with parts that are never reached.
                code += DeviceProgram.answer(rule.allow)
                instructions = code
                return
            }
            code += DeviceProgram.block(rule)
        }
        instructions = code + DeviceProgram.answer(false)
    }

    private static func answer(_ allow: Bool) -> [BPFInstruction] { [.move(.result, allow ? 1 : 0), .exit] }

    private static func block(_ rule: DeviceRule) -> [BPFInstruction] {
        var body: [BPFInstruction]
        if rule.allow {
            let left = Int32(DeviceAccess.all.subtracting(rule.access).rawValue)
            body = [.and(.access, left), .skip(2, unless: .access, equals: 0)] + answer(true)
        } else {
            body =
                [.copy(.scratch, from: .access), .and(.scratch, Int32(rule.access.rawValue))]
                + [.skip(2, if: .scratch, equals: 0)] + answer(false)
        }
        // A number that does not fit cannot be a device's; nor does it fit into an instruction.
        for (register, number) in [(BPFRegister.minor, rule.minor), (.major, rule.major)] {
            guard let number else { continue }
            guard let value = Int32(exactly: number) else { return [] }
            body.insert(.skip(Int16(body.count), unless: register, equals: value), at: 0)
        }
        if let type = rule.type {
            // BPF_DEVCG_DEV_BLOCK and _CHAR
            body.insert(.skip(Int16(body.count), unless: .type, equals: type == .block ? 1 : 2), at: 0)
        }
        return body
    }
}

/// Registers by what the program keeps in them.
enum BPFRegister: UInt8 {
    case result = 0, context, type, access, major, minor, scratch
}

/// One instruction in the kernel's format: code, two registers, offset and an immediate number.
struct BPFInstruction: Equatable {
    let code: UInt8
    let destination: BPFRegister
    let source: BPFRegister
    let offset: Int16
    let immediate: Int32

    private init(
        _ code: UInt8, _ destination: BPFRegister = .result, from source: BPFRegister = .result, offset: Int16 = 0,
        _ immediate: Int32 = 0
    ) {
        self.code = code
        self.destination = destination
        self.source = source
        self.offset = offset
        self.immediate = immediate
    }

    /// 32 bits from the context: `BPF_LDX | BPF_MEM | BPF_W`.
    static func load(_ to: BPFRegister, offset: Int16) -> Self { Self(0x61, to, from: .context, offset: offset) }
    /// `BPF_ALU | BPF_AND | BPF_K`
    static func and(_ register: BPFRegister, _ mask: Int32) -> Self { Self(0x54, register, mask) }
    /// `BPF_ALU | BPF_RSH | BPF_K`
    static func shiftRight(_ register: BPFRegister, _ bits: Int32) -> Self { Self(0x74, register, bits) }
    /// `BPF_ALU64 | BPF_MOV | BPF_K`
    static func move(_ register: BPFRegister, _ value: Int32) -> Self { Self(0xb7, register, value) }
    /// `BPF_ALU64 | BPF_MOV | BPF_X`
    static func copy(_ register: BPFRegister, from source: BPFRegister) -> Self { Self(0xbf, register, from: source) }
    /// Leaves out the next `count` instructions: `BPF_JMP | BPF_JNE | BPF_K`.
    static func skip(_ count: Int16, unless register: BPFRegister, equals value: Int32) -> Self {
        Self(0x55, register, offset: count, value)
    }
    /// `BPF_JMP | BPF_JEQ | BPF_K`
    static func skip(_ count: Int16, if register: BPFRegister, equals value: Int32) -> Self {
        Self(0x15, register, offset: count, value)
    }
    /// `BPF_JMP | BPF_EXIT`
    static let exit = Self(0x95)

    /// As in memory on little-endian machines, which are all that Brig runs on.
    var encoded: UInt64 {
        UInt64(code) | UInt64(destination.rawValue | source.rawValue << 4) << 8
            | UInt64(UInt16(bitPattern: offset)) << 16 | UInt64(UInt32(bitPattern: immediate)) << 32
    }
}
