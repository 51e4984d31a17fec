/// One instruction of classic BPF, laid out as the kernel's `struct sock_filter`. Source: linux/filter.h.
public struct Instruction: Hashable, Sendable {
    /// `BPF_*` bits: class, size, mode or operation.
    public let code: UInt16
    /// Instructions to skip if the condition holds, counted from the next one.
    public let jumpTrue: UInt8
    /// Instructions to skip if it does not.
    public let jumpFalse: UInt8
    /// The constant, or the offset in `seccomp_data`.
    public let operand: UInt32

    /// An instruction as the kernel reads it: `struct sock_filter`.
    public init(code: UInt16, jumpTrue: UInt8 = 0, jumpFalse: UInt8 = 0, operand: UInt32) {
        self.code = code
        self.jumpTrue = jumpTrue
        self.jumpFalse = jumpFalse
        self.operand = operand
    }
}

extension Instruction {
    /// `BPF_LD | BPF_W | BPF_ABS`: the accumulator becomes a word of the call's data.
    static let load: UInt16 = 0x20
    /// `BPF_ALU | BPF_AND | BPF_K`
    static let and: UInt16 = 0x54
    /// `BPF_JMP | BPF_JA`
    static let jump: UInt16 = 0x05
    /// `BPF_JMP | BPF_JEQ | BPF_K`
    static let jumpIfEqual: UInt16 = 0x15
    /// `BPF_JMP | BPF_JGT | BPF_K`
    static let jumpIfGreater: UInt16 = 0x25
    /// `BPF_JMP | BPF_JGE | BPF_K`
    static let jumpIfGreaterOrEqual: UInt16 = 0x35
    /// `BPF_JMP | BPF_JSET | BPF_K`
    static let jumpIfAnySet: UInt16 = 0x45
    /// `BPF_RET | BPF_K`
    static let answer: UInt16 = 0x06
}

/// Where the words of a call's data lie. Source: linux/seccomp.h, `struct seccomp_data`, on little-endian machines.
enum DataOffset {
    static let number: UInt32 = 0
    static let architecture: UInt32 = 4
    static func low(_ argument: UInt8) -> UInt32 { 16 + 8 * UInt32(argument) }
    static func high(_ argument: UInt8) -> UInt32 { 20 + 8 * UInt32(argument) }
    static let end: UInt32 = 64
}
