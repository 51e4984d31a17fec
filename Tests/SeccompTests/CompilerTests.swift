import LinuxKernel
import Seccomp
import Testing

@Suite("Compiler")
struct CompilerTests {
    static let denies = Action.errno(1)

    private func action(_ profile: Profile, _ call: CallData?) throws -> Action {
        try Interpreter(Compiler.compile(profile, native: .x86_64)).action(for: try #require(call))
    }

    @Test("A rule allows, what is left out is denied, what is newer does not exist")
    func order() throws {
        let profile = Profile(defaultAction: Self.denies, rules: [Rule(["read", "clone3"], .allow)])
        #expect(try action(profile, CallData("read", on: .x86_64)) == .allow)
        #expect(try action(profile, CallData("write", on: .x86_64)) == Self.denies)
        #expect(try action(profile, CallData("clone3", on: .x86_64)) == .allow)
        #expect(try action(profile, CallData("mseal", on: .x86_64)) == .errno(38))
    }

    @Test("Calls are only newer where the default action refuses", arguments: [Action.allow, .log, .trace(1)])
    func permissive(action: Action) throws {
        let profile = Profile(defaultAction: action, rules: [Rule(["read"], .killProcess)])
        #expect(try self.action(profile, CallData("mseal", on: .x86_64)) == action)
    }

    @Test("A name in an entry without effect still makes the profile know the call")
    func redundant() throws {
        let profile = Profile(
            defaultAction: Self.denies, rules: [Rule(["read"], .allow), Rule(["mseal"], Self.denies)])
        #expect(try action(profile, CallData("clone3", on: .x86_64)) == Self.denies)
        #expect(try action(profile, CallData("listns", on: .x86_64)) == .errno(38))
    }

    @Test("Other architectures and x32 kill unless the profile names them")
    func architectures() throws {
        var profile = Profile(defaultAction: Self.denies, rules: [Rule(["read"], .allow)])
        #expect(try action(profile, CallData("read", on: .x86)) == .killThread)
        #expect(try action(profile, CallData("read", on: .x32)) == .killThread)
        #expect(try action(profile, CallData("read", on: .aarch64)) == .killThread)
        profile.architectures = [.x32, .x86, .mips64]
        #expect(try action(profile, CallData("read", on: .x86)) == .allow)
        #expect(try action(profile, CallData("read", on: .x32)) == .allow)
        #expect(try action(profile, CallData("read", on: .aarch64)) == .killThread)
        // -1 is a tracer's way to skip a call, and no x32 call.
        let skip = CallData(number: .max, architecture: 0xC000_003E)
        profile.architectures = []
        #expect(try action(profile, skip) == Self.denies)
    }

    @Test("All 64 bits of an argument count")
    func wide() throws {
        let rules = [Rule(["personality"], .allow, when: [try Condition(index: 0, .lessOrEqual, 0x1_0000_0005)])]
        let profile = Profile(defaultAction: Self.denies, rules: rules)
        let values: [(UInt64, Action)] = [
            (5, .allow), (0xFFFF_FFFF, .allow), (0x1_0000_0005, .allow), (0x1_0000_0006, Self.denies),
            (0x2_0000_0000, Self.denies), (.max, Self.denies),
        ]
        for (value, expected) in values {
            #expect(try action(profile, CallData("personality", on: .x86_64, value)) == expected)
        }
    }

    @Test("Conditions on different arguments must all hold, on the same one is enough")
    func conjunction() throws {
        let both = [try Condition(index: 0, .equal, 1), try Condition(index: 1, .equal, 2)]
        let either = [try Condition(index: 0, .equal, 1), try Condition(index: 0, .equal, 2)]
        let profile = Profile(
            defaultAction: Self.denies,
            rules: [Rule(["dup2"], .allow, when: both), Rule(["dup"], .allow, when: either)])
        #expect(try action(profile, CallData("dup2", on: .x86_64, 1, 2)) == .allow)
        #expect(try action(profile, CallData("dup2", on: .x86_64, 1, 3)) == Self.denies)
        #expect(try action(profile, CallData("dup", on: .x86_64, 1)) == .allow)
        #expect(try action(profile, CallData("dup", on: .x86_64, 2)) == .allow)
        #expect(try action(profile, CallData("dup", on: .x86_64, 3)) == Self.denies)
    }

    @Test("The first rule without conditions decides, wherever it stands")
    func unconditional() throws {
        let condition = [try Condition(index: 0, .equal, 1)]
        let profile = Profile(
            defaultAction: Self.denies,
            rules: [
                Rule(["dup"], .log, when: condition), Rule(["dup"], .allow), Rule(["dup"], .trap),
                Rule(["dup"], .log, when: condition),
            ])
        #expect(try action(profile, CallData("dup", on: .x86_64, 1)) == .allow)
    }

    @Test("A refused socket is refused through socketcall, an allowed one with conditions is not allowed there")
    func multiplexed() throws {
        let family = [try Condition(index: 0, .equal, 38)]
        let refusing = Profile(
            defaultAction: .allow, architectures: [.x86], rules: [Rule(["socket"], .errno(97), when: family)])
        #expect(try action(refusing, CallData("socketcall", on: .x86, 1)) == .errno(97))
        #expect(try action(refusing, CallData("socketcall", on: .x86, 2)) == .allow)
        let allowing = Profile(
            defaultAction: Self.denies, architectures: [.x86],
            rules: [Rule(["socket"], .allow, when: family), Rule(["msgget", "clone3"], .allow)])
        #expect(try action(allowing, CallData("socketcall", on: .x86, 1)) == Self.denies)
        #expect(try action(allowing, CallData("socket", on: .x86, 38)) == .allow)
        #expect(try action(allowing, CallData("ipc", on: .x86, 13)) == .allow)
        #expect(try action(allowing, CallData("ipc", on: .x86, 0x1_000D)) == .allow)
        #expect(try action(allowing, CallData("ipc", on: .x86, 12)) == Self.denies)
    }

    @Test("Names that nobody knows are skipped and told")
    func unknown() throws {
        let profile = Profile(defaultAction: Self.denies, rules: [Rule(["read", "frobnicate"], .allow)])
        #expect(try Compiler.compile(profile, native: .x86_64).skippedNames == ["frobnicate"])
    }

    @Test("A profile without rules is a program")
    func empty() throws {
        let program = try Compiler.compile(Profile(defaultAction: .allow), native: .x86_64)
        #expect(try Interpreter(program).action(for: CallData(number: 1, architecture: 0xC000_003E)) == .allow)
    }

    @Test("A profile beyond the kernel's limit is an error, not a shorter program")
    func limit() throws {
        let conditions = try (0..<3000).map { try Condition(index: 0, .equal, UInt64($0) << 33) }
        let profile = Profile(defaultAction: Self.denies, rules: [Rule(["dup"], .allow, when: conditions)])
        #expect { try Compiler.compile(profile, native: .x86_64) } throws: { error in
            guard case .tooLarge(let count) = error as? ProfileError else { return false }
            return count > Compiler.limit
        }
    }

    @Test("Far jumps are bridged")
    func far() throws {
        let names = Syscall.all(on: .x86_64).map(\.name)
        let rules = try names.enumerated().map { index, name in
            Rule([name], .errno(UInt16(index)), when: [try Condition(index: 5, .notEqual, UInt64(index))])
        }
        let interpreter = try Interpreter(
            Compiler.compile(Profile(defaultAction: .allow, rules: rules), native: .x86_64))
        for (index, name) in names.enumerated() {
            let call = try #require(CallData(name, on: .x86_64, 0, 0, 0, 0, 0, 1 << 40))
            #expect(interpreter.action(for: call) == .errno(UInt16(index)))
            let same = try #require(CallData(name, on: .x86_64, 0, 0, 0, 0, 0, UInt64(index)))
            #expect(interpreter.action(for: same) == .allow)
        }
    }

    @Test("A listener is asked for exactly if a rule notifies")
    func listener() throws {
        let profile = Profile(
            defaultAction: .allow, flags: .log, rules: [Rule(["mkdir"], .notify)], listenerPath: "/run/agent")
        #expect(try Compiler.compile(profile, native: .x86_64).flags == [.log, .newListener])
        let silent = Profile(defaultAction: .allow, flags: .log)
        #expect(try Compiler.compile(silent, native: .x86_64).flags == .log)
    }

    @Test(
        "Profiles that are wrong as a whole",
        arguments: [
            (Profile(defaultAction: .notify), ProfileError.defaultActionNotifies),
            (Profile(defaultAction: .allow, rules: [Rule(["write"], .notify)], listenerPath: "/a"), .writeNotifies),
            (Profile(defaultAction: .allow, rules: [Rule(["mkdir"], .notify)]), .listenerPathMissing),
            (Profile(defaultAction: .allow, listenerMetadata: "m"), .metadataWithoutListener),
            (Profile(defaultAction: .allow, flags: .waitKillable), .flagNeedsListener),
        ])
    func invalid(profile: Profile, error: ProfileError) {
        #expect(throws: error) { try Compiler.compile(profile, native: .x86_64) }
    }

    @Test("A machine whose calls we do not know")
    func machine() {
        #expect(throws: ProfileError.unsupportedMachine) {
            try Compiler.compile(Profile(defaultAction: .allow), native: .riscv64)
        }
        #expect(throws: ProfileError.unsupportedMachine) {
            try Compiler.compile(Profile(defaultAction: .allow), native: nil)
        }
    }
}
