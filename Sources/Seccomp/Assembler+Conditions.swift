extension Assembler {
    /// Writes the test of a call's arguments: the first clause that holds decides.
    ///
    /// - Parameters:
    ///   - otherwise: The answer if none holds.
    ///   - wide: Whether arguments have 64 bits.
    /// - Throws: `tooLarge`.
    mutating func write(
        _ clauses: [Decisions.Clause], otherwise: UInt32, wide: Bool
    ) throws(ProfileError) -> Label {
        var next = answer(otherwise)
        for clause in clauses.reversed() {
            var label = answer(clause.action.returnValue)
            for condition in clause.conditions.reversed() {
                label = test(condition, wide: wide, yes: label, no: next)
            }
            next = label
            if reversed.count > Compiler.limit { throw .tooLarge(instructions: reversed.count) }
        }
        return next
    }

    /// Writes one comparison; whoever enters it may have anything in the accumulator.
    private mutating func test(_ condition: Condition, wide: Bool, yes: Label, no: Label) -> Label {
        switch condition.comparison {
        case .equal: equal(condition, wide, yes: yes, no: no)
        case .notEqual: equal(condition, wide, yes: no, no: yes)
        case .greater: order(condition, Instruction.jumpIfGreater, wide, yes: yes, no: no)
        case .lessOrEqual: order(condition, Instruction.jumpIfGreater, wide, yes: no, no: yes)
        case .greaterOrEqual: order(condition, Instruction.jumpIfGreaterOrEqual, wide, yes: yes, no: no)
        case .less: order(condition, Instruction.jumpIfGreaterOrEqual, wide, yes: no, no: yes)
        case .maskedEqual: masked(condition, wide, yes: yes, no: no)
        }
    }

    private mutating func equal(_ condition: Condition, _ wide: Bool, yes: Label, no: Label) -> Label {
        let low = word(
            DataOffset.low(condition.index), Instruction.jumpIfEqual, condition.value.low, yes: yes, no: no)
        guard wide else { return low }
        return word(DataOffset.high(condition.index), Instruction.jumpIfEqual, condition.value.high, yes: low, no: no)
    }

    /// Greater, or greater or equal: the high words decide unless they are equal.
    private mutating func order(
        _ condition: Condition, _ code: UInt16, _ wide: Bool, yes: Label, no: Label
    ) -> Label {
        let low = word(DataOffset.low(condition.index), code, condition.value.low, yes: yes, no: no)
        guard wide else { return low }
        let offset = DataOffset.high(condition.index)
        let high = condition.value.high
        // What is not above 0 is 0.
        let same = high == 0 ? low : branch(Instruction.jumpIfEqual, high, yes: low, no: no, loaded: offset)
        return word(offset, Instruction.jumpIfGreater, high, yes: yes, no: same)
    }

    private mutating func masked(_ condition: Condition, _ wide: Bool, yes: Label, no: Label) -> Label {
        let mask = condition.value
        let wanted = condition.valueTwo
        let low = maskedWord(DataOffset.low(condition.index), mask.low, wanted.low, yes: yes, no: no)
        guard wide else { return low }
        return maskedWord(DataOffset.high(condition.index), mask.high, wanted.high, yes: low, no: no)
    }

    private mutating func maskedWord(
        _ offset: UInt32, _ mask: UInt32, _ wanted: UInt32, yes: Label, no: Label
    ) -> Label {
        if wanted & ~mask != 0 { return no }
        if mask == 0 { return yes }
        if mask == .max { return word(offset, Instruction.jumpIfEqual, wanted, yes: yes, no: no) }
        if wanted == 0 { return word(offset, Instruction.jumpIfAnySet, mask, yes: no, no: yes) }
        let compare = branch(Instruction.jumpIfEqual, wanted, yes: yes, no: no)
        return load(offset, then: and(mask, then: compare))
    }

    private mutating func word(
        _ offset: UInt32, _ code: UInt16, _ value: UInt32, yes: Label, no: Label
    ) -> Label {
        let compare = branch(code, value, yes: yes, no: no, loaded: offset)
        // Both ways lead to the same place, or to one that loads the word itself.
        return load(offset, then: compare)
    }
}

extension UInt64 {
    fileprivate var low: UInt32 { UInt32(truncatingIfNeeded: self) }
    fileprivate var high: UInt32 { UInt32(truncatingIfNeeded: self >> 32) }
}
