import Testing

@testable import KernelTools

@Suite("options as getopt_long takes them")
struct ToolOptionsTests {
    private let known = [
        ToolOption("m", "mount", .optional("FILE"), ""), ToolOption("f", "fork", ""),
        ToolOption("p", "pid", .optional("FILE"), ""),
        ToolOption("S", "setuid", .required("UID"), ""), ToolOption(nil, "mount-proc", .optional("DIR"), ""),
    ]

    private func parse(_ line: String, stops: Bool = true) throws -> ToolOptions {
        try ToolOptions(line.split(separator: " ").map(String.init), known, stopsAtOperand: stops)
    }

    @Test("the list of names is the list of tools")
    func names() { #expect(KernelTools.names == KernelTools.all.map(\.name)) }

    @Test("clusters, joined values and values in the next word")
    func clusters() throws {
        let options = try parse("-fm -S 5 --pid=/tmp/x --mount-proc sh -c -f")
        #expect(options.given.map(\.key) == ["fork", "mount", "setuid", "pid", "mount-proc"])
        #expect(options.value("setuid") == "5")
        #expect(options.value("pid") == "/tmp/x")
        #expect(options.value("mount") == nil)
        #expect(options.operands == ["sh", "-c", "-f"])
        #expect(try parse("-S7").value("setuid") == "7")
        #expect(try parse("-m=/a").value("mount") == "/a")
    }

    @Test("beginnings of names, and the end of options")
    func abbreviations() throws {
        #expect(try parse("--for").has("fork"))
        #expect(try parse("--mount").has("mount"), "a whole name wins over a longer one")
        #expect(try parse("-- -f").operands == ["-f"])
        #expect(try parse("a -f b", stops: false).operands == ["a", "b"])
    }

    @Test(
        "what is wrong, in getopt's words",
        arguments: [
            ("-x", "invalid option -- 'x'"), ("--nope", "unrecognized option '--nope'"),
            ("-S", "option requires an argument -- 'S'"), ("--setuid", "option '--setuid' requires an argument"),
            ("--fork=1", "option '--fork' doesn't allow an argument"),
        ])
    func refusals(_ line: String, _ message: String) {
        #expect(throws: InvalidOption(description: message)) { try parse(line) }
    }

    @Test("no line of random words traps")
    func noTraps() {
        var generator = SystemRandomNumberGenerator()
        let pieces = ["-", "--", "=", "m", "f", "S", "mount", "fork", "\u{301}", "é", "", "0", "-m=", "--mount="]
        for _ in 0..<20_000 {
            let words = (0..<Int.random(in: 0...4, using: &generator)).map { _ in
                (0..<Int.random(in: 0...4, using: &generator)).map { _ in pieces.randomElement(using: &generator) ?? ""
                }.joined()
            }
            _ = try? ToolOptions(words, known, stopsAtOperand: Bool.random(using: &generator))
        }
    }
}
