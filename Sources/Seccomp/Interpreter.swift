/// What a filter sees of a call. Source: linux/seccomp.h, `struct seccomp_data`.
public struct CallData: Hashable, Sendable {
    /// With x32's bit for x32.
    public var number: UInt32
    /// The kernel's `AUDIT_ARCH_…`.
    public var architecture: UInt32
    /// The address of the instruction after the call.
    public var instructionPointer: UInt64
    /// Six; missing ones are 0.
    public var arguments: [UInt64]

    /// A call as a filter sees it; arguments that are not given are 0.
    public init(number: UInt32, architecture: UInt32, instructionPointer: UInt64 = 0, arguments: [UInt64] = []) {
        self.number = number
        self.architecture = architecture
        self.instructionPointer = instructionPointer
        self.arguments = arguments
    }

    /// A call of an architecture that has a table here; nil otherwise.
    public init?(_ name: String, on architecture: Architecture, _ arguments: UInt64...) {
        guard let call = Syscall(named: name, on: architecture), let token = architecture.auditToken else { return nil }
        self.init(number: call.number, architecture: token, arguments: arguments)
    }

    /// The words as programs load them.
    func words() -> [UInt32] {
        var words = [number, architecture]
        for value in [instructionPointer] + (0..<6).map({ $0 < arguments.count ? arguments[$0] : 0 }) {
            words.append(UInt32(truncatingIfNeeded: value))
            words.append(UInt32(truncatingIfNeeded: value >> 32))
        }
        return words
    }
}

/// Runs programs as the kernel would, without the kernel.
public struct Interpreter: Sendable {
    private let instructions: [Instruction]

    /// - Throws: What is wrong with the program; one that is taken ends after at most as many steps as it is long.
    public init(_ program: Program) throws(Program.Defect) {
        try program.validate()
        instructions = program.instructions
    }

    /// The program's answer to this call.
    public func run(_ call: CallData) -> UInt32 { run(words: call.words()) }

    /// What becomes of this call.
    public func action(for call: CallData) -> Action { Action(returnValue: run(call)) }

    /// The answer to a call given as the 16 words of `struct seccomp_data`; missing ones are 0.
    package func run(words: [UInt32]) -> UInt32 {
        guard words.count >= 16 else { return run(words: words + Array(repeating: 0, count: 16 - words.count)) }
        return words.withUnsafeBufferPointer { words in
            instructions.withUnsafeBufferPointer { instructions in
                guard let words = words.baseAddress, let first = instructions.baseAddress else { return 0 }
                return Self.run(first, words)
            }
        }
    }

    /// The program is valid: every load, cell and jump is within bounds, and it ends with an answer.
    private static func run(_ first: UnsafePointer<Instruction>, _ words: UnsafePointer<UInt32>) -> UInt32 {
        var accumulator: UInt32 = 0
        var index: UInt32 = 0
        var cells: [UInt32] = []
        var next = first
        while true {
            let instruction = next.pointee
            let code = instruction.code
            let operand = instruction.operand
            next += 1
            // What filters are made of comes first and by its number, which costs a tenth of telling operations apart.
            let holds: Bool
            if code == 0x35 {
                holds = accumulator >= operand
            } else if code == 0x15 {
                holds = accumulator == operand
            } else if code == 0x25 {
                holds = accumulator > operand
            } else if code == 0x20 {
                accumulator = words[Int(truncatingIfNeeded: operand >> 2)]
                continue
            } else if code == 0x06 {
                return operand
            } else {
                switch Operation(instruction) {
                case .loadData(let offset, .accumulator): accumulator = words[Int(offset >> 2)]
                case .loadData(let offset, .index): index = words[Int(offset >> 2)]
                case .loadConstant(let value, .accumulator): accumulator = value
                case .loadConstant(let value, .index): index = value
                case .loadCell(let cell, let register):
                    let value = cells.isEmpty ? 0 : cells[Int(cell)]
                    if register == .accumulator { accumulator = value } else { index = value }
                case .store(let cell, let register):
                    if cells.isEmpty { cells = Array(repeating: 0, count: Int(Operation.cells)) }
                    cells[Int(cell)] = register == .accumulator ? accumulator : index
                case .copyToIndex: index = accumulator
                case .copyToAccumulator: accumulator = index
                case .negate: accumulator = 0 &- accumulator
                case .arithmetic(let kind, let source):
                    guard let value = compute(kind, accumulator, value(source, index)) else { return 0 }
                    accumulator = value
                case .jump(let distance): next += Int(distance)
                case .branch(let test, let source):
                    let holds = self.holds(test, accumulator, value(source, index))
                    next += Int(holds ? instruction.jumpTrue : instruction.jumpFalse)
                case .answer(let value): return value ?? accumulator
                case nil: return 0
                }
                continue
            }
            next += Int(holds ? instruction.jumpTrue : instruction.jumpFalse)
        }
    }

    private static func value(_ source: Operation.Source, _ index: UInt32) -> UInt32 {
        switch source {
        case .constant(let value): value
        case .index: index
        }
    }

    private static func holds(_ test: Operation.Test, _ left: UInt32, _ right: UInt32) -> Bool {
        switch test {
        case .equal: left == right
        case .greater: left > right
        case .greaterOrEqual: left >= right
        case .anySet: left & right != 0
        }
    }

    /// nil ends the program with 0: division by zero.
    private static func compute(_ kind: Operation.Arithmetic, _ left: UInt32, _ right: UInt32) -> UInt32? {
        switch kind {
        case .add: left &+ right
        case .subtract: left &- right
        case .multiply: left &* right
        case .divide: right == 0 ? nil : left / right
        case .or: left | right
        case .and: left & right
        case .xor: left ^ right
        // As the kernel's translation has it: five bits count.
        case .shiftLeft: left &<< right
        case .shiftRight: left &>> right
        }
    }
}
