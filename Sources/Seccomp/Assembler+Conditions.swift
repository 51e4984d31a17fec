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
        var rest = clauses[...]
        while let clause = rest.last {
            let run = rest.reversed().prefix { $0.isAlternative(to: clause, wide: wide) }.count
            if run > 1 {
                next = values(of: rest.suffix(run), wide: wide, no: next)
                rest.removeLast(run)
            } else {
                var label = answer(clause.action.returnValue)
                for condition in clause.conditions.reversed() {
                    label = test(condition, wide: wide, yes: label, no: next)
                }
                next = label
                rest.removeLast()
            }
            if reversed.count > Compiler.limit { throw .tooLarge(instructions: reversed.count) }
        }
        return next
    }

    /// Writes the comparison of one argument with several values of the same high word, which is looked at once.
    private mutating func values(of clauses: ArraySlice<Decisions.Clause>, wide: Bool, no: Label) -> Label {
        guard let condition = clauses.first?.conditions.first else { return no }
        let offset = DataOffset.low(condition.index)
        var next = no
        for clause in clauses.reversed() {
            guard let value = clause.conditions.first?.value.low else { continue }
            let yes = answer(clause.action.returnValue)
            next = branch(Instruction.jumpIfEqual, value, yes: yes, no: next, loaded: offset)
        }
        let low = load(offset, then: next)
        guard wide else { return low }
        return word(DataOffset.high(condition.index), Instruction.jumpIfEqual, condition.value.high, yes: low, no: no)
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

extension Decisions.Clause {
    /// Whether both compare the same argument with a value, and the values differ in the low word at most.
    fileprivate func isAlternative(to other: Self, wide: Bool) -> Bool {
        guard conditions.count == 1, other.conditions.count == 1, let one = conditions.first,
            let two = other.conditions.first, one.comparison == .equal, two.comparison == .equal
        else { return false }
        return one.index == two.index && (!wide || one.value.high == two.value.high)
    }
}

extension UInt64 {
    fileprivate var low: UInt32 { UInt32(truncatingIfNeeded: self) }
    fileprivate var high: UInt32 { UInt32(truncatingIfNeeded: self >> 32) }
}
