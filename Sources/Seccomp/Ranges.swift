/// An architecture's calls as ranges of numbers with the same outcome, and the search among them.
struct Ranges {
    enum Outcome: Equatable {
        case answer(UInt32)
        case clauses([Decisions.Clause])
    }

    /// Reaches to the next one's start.
    struct Range {
        let start: UInt32
        let outcome: Outcome
    }

    private(set) var ranges: [Range] = []
    private let otherwise: UInt32
    private let hasWideArguments: Bool

    init(_ decisions: Decisions, _ architecture: Architecture) {
        otherwise = decisions.defaultAction.returnValue
        hasWideArguments = architecture.hasWideArguments
        let offset = architecture.numberOffset
        // Rows by number; the few numbers far off are sorted.
        var rows = [Int16](repeating: -1, count: 1024)
        var far: [(number: UInt32, row: Int)] = []
        var newest: UInt32?
        for row in 0..<SyscallTable.count where decisions.isNamed(row) || decisions[row] != nil {
            guard let number = SyscallTable.number(row: row, architecture) else { continue }
            if number < Self.armPrivate + offset { newest = max(newest ?? 0, number) }
            guard decisions[row] != nil else { continue }
            if number - offset < 1024 { rows[Int(number - offset)] = Int16(row) } else { far.append((number, row)) }
        }
        let last = newest.map { Int($0 - offset) } ?? rows.count - 1
        append(offset, .answer(otherwise))
        for number in 0...last where rows[number] >= 0 {
            insert(UInt32(number) + offset, decisions[Int(rows[number])], after: otherwise)
        }
        var beyond = otherwise
        if decisions.refusesNewer, let newest {
            beyond = Action.noSuchCall.returnValue
            append(newest + 1, .answer(beyond))
        }
        far.sort { $0.number < $1.number }
        for (number, row) in far { insert(number, decisions[row], after: beyond) }
    }

    /// The first of the numbers that arm keeps for itself.
    private static let armPrivate: UInt32 = 0xF0000

    private mutating func insert(_ number: UInt32, _ decision: Decisions.Decision?, after: UInt32) {
        switch decision {
        case .always(let action): append(number, .answer(action.returnValue))
        case .clauses(let clauses): append(number, .clauses(clauses))
        case nil: append(number, .answer(after))
        }
        append(number + 1, .answer(after))
    }

    private mutating func append(_ start: UInt32, _ outcome: Outcome) {
        // The call right behind another one starts where the gap between them was expected.
        if ranges.last?.start == start { ranges.removeLast() }
        if case .answer = outcome, ranges.last?.outcome == outcome { return }
        ranges.append(Range(start: start, outcome: outcome))
    }

    /// Adds to x86-64's ranges what numbers with x32's bit get.
    ///
    /// - Parameter x32: nil if the profile does not know x32: its calls kill. -1, with which a tracer skips a call, is
    ///   none of them.
    mutating func appendX32(_ x32: Ranges?) {
        if let x32 {
            for range in x32.ranges { append(range.start, range.outcome) }
        } else {
            append(Architecture.x32Bit, .answer(Action.killThread.returnValue))
            append(UInt32.max, .answer(otherwise))
        }
    }

    /// Writes the search for the number in the accumulator.
    ///
    /// - Throws: `tooLarge`.
    func write(to assembler: inout Assembler) throws(ProfileError) -> Assembler.Label {
        var blocks: [Int: Assembler.Label] = [:]
        for (index, range) in ranges.enumerated() {
            guard case .clauses(let clauses) = range.outcome else { continue }
            blocks[index] = try assembler.write(clauses, otherwise: otherwise, wide: hasWideArguments)
        }
        return tree(0..<ranges.count, blocks, &assembler)
    }

    private func tree(
        _ part: Swift.Range<Int>, _ blocks: [Int: Assembler.Label], _ assembler: inout Assembler
    ) -> Assembler.Label {
        let first = part.lowerBound
        if part.count == 1 { return leaf(first, blocks, &assembler) }
        if part.count == 3, ranges[first].outcome == ranges[first + 2].outcome,
            ranges[first + 1].start + 1 == ranges[first + 2].start
        {
            let yes = leaf(first + 1, blocks, &assembler)
            let no = leaf(first, blocks, &assembler)
            return assembler.branch(Instruction.jumpIfEqual, ranges[first + 1].start, yes: yes, no: no)
        }
        let middle = first + part.count / 2
        let right = tree(middle..<part.upperBound, blocks, &assembler)
        let left = tree(first..<middle, blocks, &assembler)
        return assembler.branch(Instruction.jumpIfGreaterOrEqual, ranges[middle].start, yes: right, no: left)
    }

    private func leaf(
        _ index: Int, _ blocks: [Int: Assembler.Label], _ assembler: inout Assembler
    ) -> Assembler.Label {
        switch ranges[index].outcome {
        case .answer(let value): assembler.answer(value)
        case .clauses: blocks[index] ?? assembler.answer(otherwise)
        }
    }
}
