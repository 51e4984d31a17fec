import Seccomp
import Testing

@Suite("Programs")
struct ProgramTests {
    private func program(_ instructions: (UInt16, UInt8, UInt8, UInt32)...) -> Program {
        Program(
            instructions: instructions.map {
                Instruction(code: $0.0, jumpTrue: $0.1, jumpFalse: $0.2, operand: $0.3)
            })
    }

    @Test("What the kernel would refuse is refused")
    func defects() {
        let answer: (UInt16, UInt8, UInt8, UInt32) = (0x06, 0, 0, 0)
        let cases: [(Program, Program.Defect)] = [
            (program(), .length(0)),
            (Program(instructions: Array(repeating: .init(code: 6, operand: 0), count: 4097)), .length(4097)),
            (program((0x20, 0, 0, 0)), .noEnd),
            (program((0x20, 0, 0, 64), answer), .loadOutside(at: 0)),
            (program((0x20, 0, 0, 2), answer), .loadOutside(at: 0)),
            (program((0x15, 1, 0, 0), answer), .jumpOutside(at: 0)),
            (program((0x15, 0, 9, 0), answer), .jumpOutside(at: 0)),
            (program((0x05, 0, 0, .max), answer), .jumpOutside(at: 0)),
            (program((0x28, 0, 0, 0), answer), .unknownInstruction(at: 0)),
            (program((0x1234, 0, 0, 0), answer), .unknownInstruction(at: 0)),
            (program((0x60, 0, 0, 16), answer), .cell(at: 0)),
            (program((0x34, 0, 0, 0), answer), .divisionByZero(at: 0)),
            (program((0x64, 0, 0, 32), answer), .shift(at: 0)),
        ]
        for (program, defect) in cases {
            #expect(throws: defect) { try program.validate() }
            #expect(throws: defect) { try Interpreter(program) }
        }
    }

    @Test("Arithmetic, cells and registers")
    func operations() throws {
        let steps: [(UInt16, UInt8, UInt8, UInt32)] = [
            (0x00, 0, 0, 7), (0x02, 0, 0, 3), (0x07, 0, 0, 0), (0x04, 0, 0, 5), (0x2C, 0, 0, 0), (0x14, 0, 0, 4),
            (0x34, 0, 0, 8), (0x64, 0, 0, 4), (0x44, 0, 0, 3), (0xA4, 0, 0, 1), (0x54, 0, 0, 0xFF), (0x61, 0, 0, 3),
            (0x0C, 0, 0, 0), (0x74, 0, 0, 1), (0x84, 0, 0, 0), (0x16, 0, 0, 0),
        ]
        let program = Program(
            instructions: steps.map { Instruction(code: $0.0, jumpTrue: $0.1, jumpFalse: $0.2, operand: $0.3) })
        var expected: UInt32 = 7
        let index = expected
        expected = ((expected + 5) * index - 4) / 8
        expected = ((expected << 4 | 3) ^ 1) & 0xFF
        expected = 0 &- ((expected + 7) >> 1)
        #expect(try Interpreter(program).run(CallData(number: 0, architecture: 0)) == expected)
    }

    @Test(
        "Data is loaded from where the kernel puts it",
        arguments: [
            (0, 0x0000_002A), (4, 0xC000_003E), (8, 0x89AB_CDEF), (12, 0x0123_4567), (16, 0x1111_1111),
            (20, 0x2222_2222),
            (56, 0x3333_3333), (60, 0x4444_4444),
        ] as [(UInt32, UInt32)])
    func data(offset: UInt32, value: UInt32) throws {
        let call = CallData(
            number: 42, architecture: 0xC000_003E, instructionPointer: 0x0123_4567_89AB_CDEF,
            arguments: [0x2222_2222_1111_1111, 0, 0, 0, 0, 0x4444_4444_3333_3333])
        let program = program((0x20, 0, 0, offset), (0x16, 0, 0, 0))
        #expect(try Interpreter(program).run(call) == value)
    }

    @Test("The text of a program names calls, words and actions")
    func disassembly() throws {
        let rules = [
            Rule(["read", "mount"], .allow), Rule(["personality"], .allow, when: [try Condition(index: 0, .equal, 8)]),
        ]
        let profile = Profile(defaultAction: .errno(1), rules: rules)
        let text = try Compiler.compile(profile, native: .x86_64).disassembly()
        #expect(text.first == "0: ld [4]  ; architecture")
        #expect(text.contains { $0.hasPrefix("1: jeq 0xc000003e, 2, ") && $0.hasSuffix("; x86_64") })
        #expect(text.contains { $0.contains(" 135, ") && $0.hasSuffix("; personality") })
        #expect(text.contains { $0.hasSuffix("ld [16]  ; argument 0, low") })
        #expect(text.contains { $0.hasSuffix("ret 0x50001  ; EPERM") })
        #expect(text.contains { $0.hasSuffix("ret 0x50026  ; ENOSYS") })
        #expect(text.contains { $0.hasSuffix("ret 0x7fff0000  ; allow") })
    }
}
