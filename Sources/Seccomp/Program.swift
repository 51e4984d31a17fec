/// A filter as the kernel takes it.
public struct Program: Hashable, Sendable {
    /// The kernel takes at most 4096 (`BPF_MAXINSNS`).
    public let instructions: [Instruction]
    /// How it wants to be loaded; with `newListener` if a rule says `notify`.
    public let flags: FilterFlags
    /// Names in the profile that no architecture has a call for, as often as they were there.
    public let skippedNames: [String]

    /// A program of these instructions, which nobody has checked.
    public init(instructions: [Instruction], flags: FilterFlags = [], skippedNames: [String] = []) {
        self.instructions = instructions
        self.flags = flags
        self.skippedNames = skippedNames
    }
}

extension Program {
    /// Why the kernel would refuse a program.
    public enum Defect: Error, Hashable, Sendable {
        /// None, or more than 4096.
        case length(Int)
        case unknownInstruction(at: Int)
        case jumpOutside(at: Int)
        case loadOutside(at: Int)
        case cell(at: Int)
        case divisionByZero(at: Int)
        case shift(at: Int)
        /// The last instruction is no return.
        case noEnd
    }

    /// Checks what the kernel checks when a filter is loaded: known instructions, jumps and loads within bounds, a
    /// return at the end. Source: kernel/seccomp.c, net/core/filter.c.
    public func validate() throws(Defect) {
        guard !instructions.isEmpty, instructions.count <= Compiler.limit else { throw .length(instructions.count) }
        for (index, instruction) in instructions.enumerated() {
            let rest = instructions.count - index - 1
            switch Operation(instruction) {
            case nil: throw .unknownInstruction(at: index)
            case .loadData(let offset, _) where offset % 4 != 0 || offset >= DataOffset.end:
                throw .loadOutside(at: index)
            case .loadCell(let cell, _), .store(let cell, _):
                if cell >= Operation.cells { throw .cell(at: index) }
            case .arithmetic(.divide, .constant(0)): throw .divisionByZero(at: index)
            case .arithmetic(.shiftLeft, .constant(let by)) where by >= 32: throw .shift(at: index)
            case .arithmetic(.shiftRight, .constant(let by)) where by >= 32: throw .shift(at: index)
            case .jump(let distance) where distance >= UInt32(rest): throw .jumpOutside(at: index)
            case .branch where max(Int(instruction.jumpTrue), Int(instruction.jumpFalse)) >= rest:
                throw .jumpOutside(at: index)
            default: break
            }
        }
        guard case .answer = instructions.last.flatMap(Operation.init) else { throw .noEnd }
    }
}
