import CommandLineUI
import Testing

@Suite("options in Docker's grammar")
struct CommandFlagsTests {
    struct Options: Equatable, Sendable {
        var isOn = false
        var isInteractive = false
        var names: [String] = []
        var count = 0
    }

    static let flags = CommandFlags<Options>([
        .toggle("tty", letter: "t", help: "") { $0.isOn = $1 },
        .toggle("interactive", letter: "i", help: "") { $0.isInteractive = $1 },
        .value("env", "environment", letter: "e", of: "KEY=VALUE", help: "") { $0.names.append($1) },
        .value("count", letter: "c", of: "N", help: "") {
            guard let number = Int($1) else { throw FlagError("not a number") }
            $0.count = number
        },
    ])

    private func parse(_ words: String...) throws -> (Options, CommandFlags<Options>.Outcome) {
        var options = Options()
        let outcome = try Self.flags.parse(words, into: &options)
        return (options, outcome)
    }

    @Test("all ways to write a value")
    func values() throws {
        let (options, rest) = try parse(
            "-eA=1", "-e", "B=2", "-e=C=3", "--env", "D", "--env=E=5", "--environment=", "-ite", "F", "image", "-t",
            "--x")
        #expect(options.names == ["A=1", "B=2", "C=3", "D", "E=5", "", "F"])
        #expect(options.isOn && options.isInteractive)
        #expect(rest == .words(["image", "-t", "--x"]))
    }

    @Test("switches take a value behind =, and only there")
    func toggles() throws {
        #expect(try parse("--tty=false").0.isOn == false)
        #expect(try parse("-t=1", "false").1 == .words(["false"]))
        #expect(try parse("-it=false").0 == Options(isOn: false, isInteractive: true))
        #expect(try parse("--", "-t").1 == .words(["-t"]))
        #expect(try parse("-", "-t").1 == .words(["-", "-t"]))
        #expect(try parse("--help").1 == .help)
        #expect(try parse("-th").1 == .help)
    }

    @Test(
        "what is wrong is told in Docker's words",
        arguments: [
            (["--nope"], "unknown flag: --nope"),
            (["-tz"], "unknown shorthand flag: 'z' in -tz"),
            (["--env"], "flag needs an argument: --env"),
            (["-ie"], "flag needs an argument: 'e' in -ie"),
            (["--=x"], "bad flag syntax: --=x"),
            (["---x"], "bad flag syntax: ---x"),
            (["-c", "x"], #"invalid argument "x" for "-c, --count" flag: not a number"#),
            (
                ["--tty=maybe"],
                #"invalid argument "maybe" for "-t, --tty" flag: strconv.ParseBool: parsing "maybe": invalid syntax"#
            ),
        ])
    func errors(words: [String], message: String) {
        var options = Options()
        #expect(throws: FlagError(message)) { try Self.flags.parse(words, into: &options) }
    }
}
