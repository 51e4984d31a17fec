/// Turns a profile into a program for the kernel.
public enum Compiler {
    /// The largest program that the kernel takes. Source: linux/bpf_common.h, `BPF_MAXINSNS`.
    public static let limit = 4096

    /// Compiles a profile.
    ///
    /// - The machine's own architecture is always among those of the profile. Calls of any other, and x32 calls where
    ///   the profile does not name x32, kill the thread.
    /// - A call with a greater number than any that the profile names on its architecture is newer than the profile:
    ///   the program answers `ENOSYS`, so that the C library tries the older call. Calls that the profile leaves out
    ///   below that number get its default action. This is done unless the default action is allow, log or trace, and
    ///   for architectures of which the profile names a call at all. Numbers of arm's private range (0xF0000 and up)
    ///   do not count as newest.
    /// - Entries with the default action change nothing and are dropped, but their names count as known to the profile.
    /// - Conditions compare all 64 bits, but on i386 and arm, where both sides are cut to 32.
    /// - On i386 a rule for a call that socketcall(2) or ipc(2) makes, too, holds for that way as well, see
    ///   `Multiplexing`.
    ///
    /// - Parameter native: The machine's architecture.
    /// - Throws: As `Profile.validate()`; `tooLarge`, `unsupportedMachine`.
    public static func compile(
        _ profile: Profile, native: Architecture? = .native
    ) throws(ProfileError) -> Program {
        try profile.validate()
        guard let native, native.auditToken != nil else { throw .unsupportedMachine }
        let decisions = Decisions(profile)
        let wanted = native.family.filter { $0 == native || profile.architectures.contains($0) }

        var assembler = Assembler(capacity: 512)
        let foreign = assembler.answer(Action.killThread.returnValue)
        // The machine's own section is written last, so that it is near the beginning.
        var start = foreign
        for architecture in wanted.reversed() where architecture != .x32 {
            guard let token = architecture.auditToken else { continue }
            var ranges = Ranges(decisions, architecture)
            if architecture == .x86_64 { ranges.appendX32(wanted.contains(.x32) ? Ranges(decisions, .x32) : nil) }
            let tree = try ranges.write(to: &assembler)
            let section = assembler.load(DataOffset.number, then: tree)
            start = assembler.branch(Instruction.jumpIfEqual, token, yes: section, no: start)
        }
        start = assembler.load(DataOffset.architecture, then: start)
        let instructions = assembler.program(from: start)
        guard instructions.count <= limit else { throw .tooLarge(instructions: instructions.count) }
        var flags = profile.flags
        if profile.notifies { flags.insert(.newListener) }
        return Program(instructions: instructions, flags: flags, skippedNames: decisions.unknownNames)
    }
}
