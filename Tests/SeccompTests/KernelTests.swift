import LinuxKernel
import Seccomp
import Testing

@Suite("On the running kernel")
struct KernelTests {
    private static let token: (native: UInt32, x86: UInt32) = (0xC000_003E, 0x4000_0003)

    /// What the kernel answered under this program: errno for each call, and how the probe ended.
    private func ask(_ program: Program, _ calls: [CallData]) throws -> (results: [Int32], end: LinuxKernel.ExitStatus)
    {
        var bytes: [UInt8] = []
        func append(_ number: some FixedWidthInteger) { withUnsafeBytes(of: number) { bytes.append(contentsOf: $0) } }
        append(UInt32(program.instructions.count))
        program.instructions.withUnsafeBytes { bytes.append(contentsOf: $0) }
        append(UInt32(calls.count))
        for call in calls {
            append(UInt32(call.architecture == Self.token.x86 ? 1 : 0))
            append(call.number)
            for index in 0..<6 { append(index < call.arguments.count ? call.arguments[index] : 0) }
        }
        let input = try OwnedDescriptor(memoryFile: "calls")
        try input.write(bytes)
        try input.seek(to: 0)
        let output = try OwnedDescriptor(memoryFile: "results")
        let own = try readSymbolicLink("/proc/self/exe")
        let directory = String(own[..<(own.lastIndex(of: "/") ?? own.startIndex)])
        let spawn = Spawn(program: "\(directory)/SeccompProbe", arguments: ["SeccompProbe"])
        let child = try spawn.start([(raw: input.raw, number: 0), (raw: output.raw, number: 1)])
        let end = try Children.wait(for: child.pid)
        try output.seek(to: 0)
        let answers = try output.readAll(limit: 1 << 22)
        let results = answers.withUnsafeBytes { raw in
            (0..<answers.count / 4).map { raw.loadUnaligned(fromByteOffset: 4 * $0, as: Int32.self) }
        }
        return (results, end)
    }

    /// A profile under which nothing happens: every action is an errno, but for what the probe needs to answer.
    private func harmless(_ generator: inout SeededGenerator, _ architectures: [Architecture]) throws -> Profile {
        var profile = try Profile.random(native: .x86_64, using: &generator)
        profile.defaultAction = .errno(1)
        profile.architectures = architectures
        for index in profile.rules.indices {
            profile.rules[index].action = .errno(UInt16(2 + index % 30))
            profile.rules[index].names.removeAll { $0 == "write" || $0 == "exit_group" }
        }
        // The probe's own calls, which i386 has under other numbers: those must not be made there.
        profile.rules.insert(Rule(["write", "exit_group"], .allow), at: 0)
        return profile
    }

    @Test("The kernel takes our programs and answers as the interpreter", .enabled(if: Architecture.native == .x86_64))
    func agrees() throws {
        var generator = SeededGenerator(seed: 77)
        var asked = 0
        for round in 0..<12 {
            let architectures: [Architecture] = round % 2 == 0 ? [.x86, .x32] : [.x86_64, .x86, .x32, .mips]
            let profile = try harmless(&generator, architectures)
            let program = try Compiler.compile(profile, native: .x86_64)
            let interpreter = try Interpreter(program)
            let oracle = Oracle(profile, native: .x86_64)
            var calls: [CallData] = []
            for token in [Self.token.native, Self.token.x86] {
                // uretprobe and uprobe are never filtered (Linux 6.14) and end whoever makes them outside of a probe.
                for number in Probe.numbers(token: token)
                where token == Self.token.x86 || number != 335 && number != 336 {
                    let architecture = oracle.architecture(token: token, number: number)
                    let clauses = architecture.flatMap { oracle.clauses[$0]?[number] } ?? []
                    for arguments in Probe.arguments(clauses, &generator).prefix(40) {
                        let call = CallData(
                            number: number, architecture: token,
                            arguments: token == Self.token.x86 ? arguments.map { $0 & 0xFFFF_FFFF } : arguments)
                        // What would really be made is left out.
                        if case .errno = interpreter.action(for: call) { calls.append(call) }
                    }
                }
            }
            let (results, end) = try ask(program, calls)
            try #require(end == .exited(0), "round \(round)")
            try #require(results.count == calls.count)
            for (call, result) in zip(calls, results) {
                guard interpreter.action(for: call) != .errno(UInt16(result)) else { continue }
                Issue.record("\(call): kernel \(result), interpreter \(interpreter.action(for: call))")
                return
            }
            asked += results.count
        }
        #expect(asked > 50_000)
    }

    @Test(
        "A call of an architecture that the profile leaves out ends the process",
        .enabled(if: Architecture.native == .x86_64), arguments: [true, false])
    func foreign(isX86: Bool) throws {
        let profile = Profile(defaultAction: .errno(1), rules: [Rule(["write", "exit_group"], .allow)])
        let call = try #require(CallData("getpid", on: isX86 ? .x86 : .x32))
        let (results, end) = try ask(Compiler.compile(profile, native: .x86_64), [call])
        // SIGSYS
        #expect(end.shellCode == 128 + 31)
        #expect(results == [])
    }

    @Test("Docker's profile is taken", .enabled(if: Architecture.native == .x86_64))
    func defaultProfile() throws {
        let profile = DefaultProfile.profile(capabilities: [], kernel: .init(6, 18), architecture: .x86_64)
        let names = ["mount", "bpf", "keyctl", "add_key", "unshare", "clone3", "file_getattr", "setns", "getpid"]
        var calls = names.compactMap { CallData($0, on: .x86_64) }
        calls += [38, 40, 1 << 32 | 38].compactMap { CallData("socket", on: .x86_64, $0, 5, 0) }
        let (results, end) = try ask(Compiler.compile(profile, native: .x86_64), calls)
        #expect(end == .exited(0))
        #expect(results == [1, 1, 1, 1, 1, 38, 38, 1, 0, 1, 1, 1])
    }

    @Test("This kernel knows every action and flag that a profile can have")
    func support() {
        #expect(KernelSupport.hasFilters)
        for action in [Action.killProcess, .killThread, .trap, .errno(1), .trace(1), .allow, .log, .notify] {
            #expect(KernelSupport.supports(action))
        }
        #expect(!KernelSupport.supports(FilterFlags(rawValue: 1 << 20)))
        #expect(KernelSupport.flagNames.contains("SECCOMP_FILTER_FLAG_SPEC_ALLOW"))
    }
}
