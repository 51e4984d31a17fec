/// Writes a program from its end to its beginning.
///
/// Jumps go forward only, so whatever an instruction can jump to is already there, and a distance that does not fit
/// into the 8 bits of a conditional jump is known at once and bridged by a nearer instruction.
struct Assembler {
    /// An instruction that can be jumped to: its distance from the program's end.
    typealias Label = Int

    /// The program, last instruction first.
    private(set) var reversed: [Instruction] = []
    private var answers: [(value: UInt32, label: Label)] = []

    init(capacity: Int) { reversed.reserveCapacity(capacity) }

    /// Ends the program with this answer. One that exists is used again.
    mutating func answer(_ value: UInt32) -> Label {
        for known in answers where known.value == value { return known.label }
        let label = append(Instruction(code: Instruction.answer, operand: value))
        answers.append((value, label))
        return label
    }

    /// Loads a word of the call's data and goes on at `next`.
    mutating func load(_ offset: UInt32, then next: Label) -> Label {
        fall(to: next)
        return append(Instruction(code: Instruction.load, operand: offset))
    }

    /// Keeps the accumulator's bits in `mask` and goes on at `next`.
    mutating func and(_ mask: UInt32, then next: Label) -> Label {
        fall(to: next)
        return append(Instruction(code: Instruction.and, operand: mask))
    }

    /// Compares the accumulator and goes on at one of two places.
    ///
    /// - Parameter loaded: The offset of the word in the accumulator if it is known; a target that would load it again
    ///   is entered behind its load.
    mutating func branch(
        _ code: UInt16, _ operand: UInt32, yes: Label, no: Label, loaded: UInt32? = nil
    ) -> Label {
        var yes = skippingLoad(of: loaded, at: yes)
        var no = skippingLoad(of: loaded, at: no)
        yes = nearest(yes)
        no = nearest(no)
        if yes == no { return yes }
        // Bridging the second can put one instruction between.
        yes = near(yes, room: 1)
        no = near(no, room: 0)
        let here = reversed.count
        return append(
            Instruction(
                code: code, jumpTrue: UInt8(here - yes - 1), jumpFalse: UInt8(here - no - 1), operand: operand))
    }

    /// The program, first instruction first.
    ///
    /// - Parameter start: Where it begins.
    mutating func program(from start: Label) -> [Instruction] {
        fall(to: start)
        return reversed.reversed()
    }

    private mutating func append(_ instruction: Instruction) -> Label {
        reversed.append(instruction)
        return reversed.count - 1
    }

    private func skippingLoad(of offset: UInt32?, at label: Label) -> Label {
        guard let offset, label > 0, reversed[label] == Instruction(code: Instruction.load, operand: offset) else {
            return label
        }
        return label - 1
    }

    /// The last written copy if `label` is an answer.
    private func nearest(_ label: Label) -> Label {
        guard reversed[label].code == Instruction.answer else { return label }
        return answers.first { $0.value == reversed[label].operand }?.label ?? label
    }

    /// Makes `target` what comes next.
    private mutating func fall(to target: Label) {
        if target != reversed.count - 1 { _ = bridge(to: target) }
    }

    /// A label for `target` that a conditional jump reaches when `room` more instructions come before it.
    private mutating func near(_ target: Label, room: Int) -> Label {
        reversed.count + room - target - 1 <= 255 ? target : bridge(to: target)
    }

    /// A copy of an answer, or a jump: unconditional ones have 32 bits.
    private mutating func bridge(to target: Label) -> Label {
        let there = reversed[target]
        guard there.code == Instruction.answer else {
            return append(Instruction(code: Instruction.jump, operand: UInt32(reversed.count - target - 1)))
        }
        let copy = append(there)
        for index in answers.indices where answers[index].value == there.operand { answers[index].label = copy }
        return copy
    }
}
