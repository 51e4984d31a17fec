/// What an instruction does: classic BPF as far as the kernel takes it in a filter for calls.
///
/// Source: kernel/seccomp.c, `seccomp_check_filter`; linux/filter.h.
enum Operation: Equatable {
    enum Register: Equatable { case accumulator, index }
    enum Source: Equatable {
        case constant(UInt32)
        case index
    }
    enum Arithmetic: UInt16 {
        case add = 0x00, subtract = 0x10, multiply = 0x20, divide = 0x30, or = 0x40, and = 0x50, shiftLeft = 0x60
        case shiftRight = 0x70, xor = 0xA0
    }
    enum Test: UInt16 { case equal = 0x10, greater = 0x20, greaterOrEqual = 0x30, anySet = 0x40 }

    case loadData(offset: UInt32, Register)
    case loadConstant(UInt32, Register)
    case loadCell(UInt32, Register)
    case store(UInt32, Register)
    case copyToIndex, copyToAccumulator
    case arithmetic(Arithmetic, Source)
    case negate
    case jump(UInt32)
    case branch(Test, Source)
    /// nil is the accumulator.
    case answer(UInt32?)

    /// Number of cells that programs may store to.
    static let cells: UInt32 = 16

    init?(_ instruction: Instruction) {
        let k = instruction.operand
        let source: Source = instruction.code & 0x08 == 0 ? .constant(k) : .index
        switch instruction.code {
        case 0x20: self = .loadData(offset: k, .accumulator)
        // The length of the data, which is always the same.
        case 0x80: self = .loadConstant(DataOffset.end, .accumulator)
        case 0x81: self = .loadConstant(DataOffset.end, .index)
        case 0x00: self = .loadConstant(k, .accumulator)
        case 0x01: self = .loadConstant(k, .index)
        case 0x60: self = .loadCell(k, .accumulator)
        case 0x61: self = .loadCell(k, .index)
        case 0x02: self = .store(k, .accumulator)
        case 0x03: self = .store(k, .index)
        case 0x07: self = .copyToIndex
        case 0x87: self = .copyToAccumulator
        case 0x84: self = .negate
        case 0x05: self = .jump(k)
        case 0x06: self = .answer(k)
        case 0x16: self = .answer(nil)
        case let code where code & 0x07 == 0x04 && code < 0x100:
            guard let kind = Arithmetic(rawValue: code & 0xF0) else { return nil }
            self = .arithmetic(kind, source)
        case let code where code & 0x07 == 0x05 && code < 0x100:
            guard let kind = Test(rawValue: code & 0xF0) else { return nil }
            self = .branch(kind, source)
        default: return nil
        }
    }
}
