import Testing

@testable import RuntimeCommandLine

@Suite struct OptionParserTests {
    static func options(_ words: String...) throws -> (RuntimeCommand, GivenOptions, [String]) {
        guard case .command(let command, _, let options, let arguments) = try Invocation(words) else {
            throw Unexpected()
        }
        return (command, options, arguments)
    }

    struct Unexpected: Error {}

    @Test(
        "every way to spell a value",
        arguments: [
            ["create", "--bundle", "/b", "x"], ["create", "--bundle=/b", "x"], ["create", "-b", "/b", "x"],
            ["create", "-bundle", "/b", "x"], ["create", "-b=/b", "x"], ["create", "x", "--bundle", "/b"],
        ])
    func spellings(words: [String]) throws {
        guard case .command(.create, _, let options, let arguments) = try Invocation(words) else {
            throw Unexpected()
        }
        #expect(options["bundle"] == "/b")
        #expect(arguments == ["x"])
    }

    @Test("what follows the container's ID belongs to the program")
    func programArguments() throws {
        let (command, options, arguments) = try Self.options(
            "exec", "-t", "-e", "A=1", "-eB=2", "x", "ls", "-l", "--help")
        #expect(command == .exec)
        #expect(options.has("tty"))
        #expect(arguments == ["x", "ls", "-l", "--help"])
        #expect(options.all("env") == ["A=1", "B=2"])
    }

    @Test("letters together, switched off, and the end of options")
    func letters() throws {
        #expect(try Self.options("exec", "-dt", "x", "true").1.has("detach"))
        #expect(try Self.options("exec", "-dt", "x", "true").1.has("tty"))
        #expect(try Self.options("exec", "-tu", "5:6", "x", "true").1["user"] == "5:6")
        #expect(try !Self.options("delete", "--force=false", "x").1.has("force"))
        #expect(try Self.options("exec", "--", "x", "-l").2 == ["x", "-l"])
        #expect(try Self.options("kill", "x", "9", "-a").2 == ["x", "9"])
    }

    @Test("wrong words are told apart")
    func errors() {
        #expect(throws: UsageError.unknownCommand("bogus")) { try Invocation(["bogus"]) }
        #expect(throws: UsageError.unknownOption("--bogus", command: nil)) {
            try Invocation(["--bogus", "state", "x"])
        }
        #expect(throws: UsageError.unknownOption("--bogus", command: "state")) {
            try Invocation(["state", "--bogus=1", "x"])
        }
        #expect(throws: UsageError.unknownOption("-z", command: "state")) { try Invocation(["state", "-z", "x"]) }
        #expect(throws: UsageError.missingValue(option: "--bundle")) { try Invocation(["create", "x", "--bundle"]) }
        #expect(throws: UsageError.invalidValue(option: "force", value: "maybe", expected: "true or false")) {
            try Invocation(["delete", "--force=maybe", "x"])
        }
        #expect(throws: UsageError.self) { try Invocation(["state"]) }
        #expect(throws: UsageError.self) { try Invocation(["state", "a", "b"]) }
        #expect(throws: UsageError.self) { try Invocation(["kill", "a", "9", "c"]) }
        #expect(throws: UsageError.self) { try Invocation(["list", "a"]) }
        #expect(throws: UsageError.self) { try Invocation(["exec"]) }
        #expect(throws: UsageError.self) { try Invocation(["--log-format", "xml", "list"]) }
        #expect(throws: UsageError.self) { try Invocation(["--rootless=perhaps", "list"]) }
        #expect(throws: UsageError.self) { try Invocation(["--cgroup-manager=none", "list"]) }
    }

    @Test("global options come before the command")
    func global() throws {
        let words = [
            "--root", "/r", "--log=/l", "--log-format", "json", "--debug", "--systemd-cgroup", "--rootless=true",
            "--criu",
            "criu", "state", "x",
        ]
        guard case .command(.state, let global, _, ["x"]) = try Invocation(words) else { throw Unexpected() }
        #expect(global.root == "/r")
        #expect(global.logFile == "/l")
        #expect(global.logFormat == .json)
        #expect(global.debug)
        #expect(global.systemdCgroup)
        #expect(global.rootless == .true)
    }

    @Test(
        "help and version",
        arguments: [
            ([], Invocation.help(nil)), (["-h"], .help(nil)), (["help"], .help(nil)), (["help", "exec"], .help(.exec)),
            (["state", "--help"], .help(.state)), (["kill", "-h"], .help(.kill)), (["--version"], .version),
            (["-v"], .version), (["--debug", "-v"], .version),
        ])
    func help(words: [String], expected: Invocation) throws {
        #expect(try Invocation(words) == expected)
    }

    @Test("every command has a help text with all its options", arguments: RuntimeCommand.allCases)
    func helpTexts(command: RuntimeCommand) {
        let text = HelpText.command(command)
        for option in command.options where !option.isHidden { #expect(text.contains("--\(option.name)")) }
        #expect(HelpText.program(version: "1").contains("   \(command.rawValue) "))
        let names = command.options.map(\.name)
        #expect(Set(names).count == names.count)
        let letters = command.options.compactMap(\.letter)
        #expect(Set(letters).count == letters.count)
        #expect(!letters.contains("h"))
    }
}
