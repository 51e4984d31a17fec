extension Program {
    /// The program as text, one line an instruction, such as `12: jge 59, 3, 0  ; execve`.
    ///
    /// Jumps are given as the numbers of the lines to go on at. Numbers of calls get the name that they have on the
    /// architecture whose part of the program they stand in.
    public func disassembly() -> [String] {
        var architecture: [Int: Architecture] = [:]
        var lines: [String] = []
        for (position, instruction) in instructions.enumerated() {
            let current = architecture[position]
            let yes = position + 1 + Int(instruction.jumpTrue)
            let no = position + 1 + Int(instruction.jumpFalse)
            var comment: String?
            switch Operation(instruction) {
            case .branch(.equal, .constant(let value)):
                if let found = Architecture.allCases.first(where: { $0.auditToken == value && $0 != .x32 }) {
                    comment = String(describing: found)
                    architecture[yes] = found
                    if let current { architecture[no] = current }
                } else {
                    comment = current.flatMap { Self.name(of: value, $0) }
                    fallthrough
                }
            case .branch(.greaterOrEqual, .constant), .branch(.greater, .constant):
                if comment == nil { comment = current.flatMap { Self.name(of: instruction.operand, $0) } }
                architecture[yes] = current ?? architecture[yes]
                architecture[no] = current ?? architecture[no]
            case .loadData(DataOffset.number, _): architecture[position + 1] = current
            case .jump(let distance):
                if let target = Int(exactly: distance).map({ position + 1 + $0 }) { architecture[target] = current }
            case .loadData: comment = Self.word(instruction.operand)
            case .answer(let value?): comment = Self.text(Action(returnValue: value))
            default: break
            }
            let text = "\(position): \(Self.text(instruction, yes: yes, no: no, position: position))"
            lines.append(comment.map { "\(text)  ; \($0)" } ?? text)
        }
        return lines
    }

    private static func name(of number: UInt32, _ architecture: Architecture) -> String? {
        if architecture == .x86_64, number & Architecture.x32Bit != 0 {
            return number == Architecture.x32Bit ? "x32" : Syscall(number: number, on: .x32)?.name
        }
        return Syscall(number: number, on: architecture)?.name
    }

    private static func word(_ offset: UInt32) -> String? {
        switch offset {
        case DataOffset.number: "number"
        case DataOffset.architecture: "architecture"
        case 8, 12: offset == 8 ? "instruction pointer, low" : "instruction pointer, high"
        case 16..<DataOffset.end: "argument \((offset - 16) / 8), \(offset % 8 == 0 ? "low" : "high")"
        default: nil
        }
    }

    private static func text(_ action: Action) -> String {
        switch action {
        case .killThread: "kill the thread"
        case .killProcess: "kill the process"
        case .trap: "trap"
        case .errno(1): "EPERM"
        case .errno(38): "ENOSYS"
        case .errno(let number): "errno \(number)"
        case .trace(let number): "trace \(number)"
        case .allow: "allow"
        case .log: "log"
        case .notify: "notify"
        }
    }

    private static func text(_ instruction: Instruction, yes: Int, no: Int, position: Int) -> String {
        func register(_ register: Operation.Register) -> String { register == .accumulator ? "ld" : "ldx" }
        func value(_ source: Operation.Source) -> String {
            switch source {
            case .constant(let value): value > 0xFFFF ? "0x\(String(value, radix: 16))" : "\(value)"
            case .index: "x"
            }
        }
        switch Operation(instruction) {
        case .loadData(let offset, let target): return "\(register(target)) [\(offset)]"
        case .loadConstant(let constant, let target): return "\(register(target)) #\(constant)"
        case .loadCell(let cell, let target): return "\(register(target)) M[\(cell)]"
        case .store(let cell, let source): return "\(source == .accumulator ? "st" : "stx") M[\(cell)]"
        case .copyToIndex: return "tax"
        case .copyToAccumulator: return "txa"
        case .negate: return "neg"
        case .arithmetic(let kind, let source): return "\(mnemonic(kind)) \(value(source))"
        case .jump(let distance): return "ja \(UInt64(position) + 1 + UInt64(distance))"
        case .branch(let test, let source): return "\(mnemonic(test)) \(value(source)), \(yes), \(no)"
        case .answer(let constant): return constant.map { "ret 0x\(String($0, radix: 16))" } ?? "ret a"
        case nil: return "unknown 0x\(String(instruction.code, radix: 16))"
        }
    }

    private static func mnemonic(_ kind: Operation.Arithmetic) -> String {
        switch kind {
        case .add: "add"
        case .subtract: "sub"
        case .multiply: "mul"
        case .divide: "div"
        case .or: "or"
        case .and: "and"
        case .shiftLeft: "lsh"
        case .shiftRight: "rsh"
        case .xor: "xor"
        }
    }

    private static func mnemonic(_ test: Operation.Test) -> String {
        switch test {
        case .equal: "jeq"
        case .greater: "jgt"
        case .greaterOrEqual: "jge"
        case .anySet: "jset"
        }
    }
}
