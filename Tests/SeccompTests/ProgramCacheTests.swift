import LinuxKernel
import Testing

@testable import Seccomp

@Suite("Cache of programs")
struct ProgramCacheTests {
    let profile = DefaultProfile.profile(
        capabilities: ["CAP_SYS_CHROOT"], kernel: .init(6, 18), architecture: .x86_64)

    /// Runs `body` with a directory that does not exist yet, below one that goes away afterwards.
    private func withDirectory(_ body: (String, borrowing OwnedDescriptor) throws -> Void) throws {
        let top = try OwnedDescriptor(open: "/tmp", [.directory, .read])
        let name = "brig-seccomp-cache-\(CallerIdentity.pid)-\(UInt64.random(in: 0 ... .max))"
        try top.makeDirectory(name, mode: 0o700)
        defer { try? top.removeDirectory(name) }
        let parent = try top.open(name, [.directory, .read])
        defer {
            if let made = try? parent.open("cache", [.directory, .read]) {
                for entry in (try? made.entries()) ?? [] { try? made.removeFile(entry.name) }
                try? parent.removeDirectory("cache")
            }
        }
        try body("/tmp/\(name)/cache", parent)
    }

    private func onlyFile(_ directory: borrowing OwnedDescriptor) throws -> String {
        let names = try directory.entries().map(\.name)
        try #require(names.count == 1, "\(names)")
        return names[0]
    }

    @Test("A program comes back as it was made, from a private file")
    func roundTrip() throws {
        try withDirectory { path, parent in
            let cache = ProgramCache(directory: path)
            var profile = profile
            profile.rules.append(Rule(["no_such_call", "nor_this"], .allow))
            let compiled = try Compiler.compile(profile, native: .x86_64)
            #expect(try cache.program(of: profile, native: .x86_64) == compiled)
            #expect(try cache.program(of: profile, native: .x86_64) == compiled)
            let directory = try parent.open("cache", [.directory, .read])
            let status = try directory.status(of: try onlyFile(directory))
            #expect(status.permissions == 0o600)
            #expect(try directory.status().permissions == 0o700)
            #expect(compiled.skippedNames == ["no_such_call", "nor_this"])
        }
    }

    @Test("The file itself is what is read")
    func isRead() throws {
        // A program that the profile would never give, under a right header: nothing but the file can be its source.
        let canonical = CanonicalProfile(profile, native: .x86_64)
        let planted = Program(instructions: [Instruction(code: 6, operand: 0)])
        let bytes = try #require(CachedProgram.bytes(canonical, planted))
        #expect(CachedProgram.program(in: bytes, of: canonical) == planted)
        try withDirectory { path, parent in
            let cache = ProgramCache(directory: path)
            let compiled = try cache.program(of: profile, native: .x86_64)
            let directory = try parent.open("cache", [.directory, .read])
            let name = try onlyFile(directory)
            try directory.open(name, [.write, .truncate]).write(bytes)
            #expect(try cache.program(of: profile, native: .x86_64) == planted)
            // Who else could have written it is not believed.
            try directory.open(name, .write).setPermissions(0o620)
            #expect(try cache.program(of: profile, native: .x86_64) == compiled)
            #expect(try directory.status(of: name).permissions == 0o600)
            try directory.open(name, [.write, .truncate]).write(bytes)
            try directory.setPermissions(0o770)
            #expect(try cache.program(of: profile, native: .x86_64) == compiled)
            try directory.setPermissions(0o700)
            try directory.removeFile(name)
            try directory.makeSymbolicLink(name, to: "/etc/passwd")
            #expect(try cache.program(of: profile, native: .x86_64) == compiled)
            #expect(try directory.status(of: name).isRegularFile)
        }
    }

    @Test("Every damage to a file makes it as if it were not there")
    func damage() throws {
        let canonical = CanonicalProfile(profile, native: .x86_64)
        let program = try Compiler.compile(profile, native: .x86_64)
        let bytes = try #require(CachedProgram.bytes(canonical, program))
        #expect(CachedProgram.program(in: bytes, of: canonical) == program)
        var generator = SystemRandomNumberGenerator()
        for position in Array(0..<40) + (0..<200).map({ _ in Int.random(in: 40..<bytes.count, using: &generator) }) {
            var damaged = bytes
            damaged[position] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            let found = CachedProgram.program(in: damaged, of: canonical) != nil
            #expect(!found, "byte \(position)")
        }
        for length in [0, 1, 39, 40, 41, bytes.count - 8, bytes.count - 1] {
            #expect(CachedProgram.program(in: Array(bytes.prefix(length)), of: canonical) == nil)
        }
        #expect(CachedProgram.program(in: bytes + [0], of: canonical) == nil)
    }

    @Test("A file of another profile is none of this one's")
    func otherProfile() throws {
        let program = try Compiler.compile(profile, native: .x86_64)
        let bytes = try #require(CachedProgram.bytes(CanonicalProfile(profile, native: .x86_64), program))
        var others: [Profile] = []
        for _ in 0..<6 { others.append(profile) }
        others[0].rules[0].names.removeLast()
        others[1].rules.swapAt(0, 1)
        others[2].defaultAction = .errno(2)
        others[3].architectures = [.x86_64]
        others[4].flags = .log
        others[5].rules[0].action = .log
        for other in others {
            #expect(CachedProgram.program(in: bytes, of: CanonicalProfile(other, native: .x86_64)) == nil)
        }
        #expect(CachedProgram.program(in: bytes, of: CanonicalProfile(profile, native: .aarch64)) == nil)
    }

    @Test("Without a place for it programs are compiled")
    func nowhere() throws {
        let compiled = try Compiler.compile(profile, native: .x86_64)
        for path in ["/proc/none/cache", "", "relative", "/", "/dev/null"] {
            #expect(try ProgramCache(directory: path).program(of: profile, native: .x86_64) == compiled)
        }
    }

    @Test("The version is raised when the compiler's output changes")
    func version() throws {
        // If this fails, raise `CachedProgram.version` and write down the new sum: programs of the old compiler lie in
        // caches.
        var sum = UInt64(0)
        for seed in 0..<20 as Range<UInt64> {
            var generator = SeededGenerator(seed: seed)
            let profile = try Profile.random(native: .x86_64, using: &generator)
            let program = try Compiler.compile(profile, native: .x86_64)
            var bytes: [UInt8] = []
            program.instructions.withUnsafeBytes { bytes.append(contentsOf: $0) }
            sum = sum &* 31 &+ bytes[...].mixed
        }
        #expect(CachedProgram.version == 1)
        #expect(sum == 5_668_666_507_504_254_766)
    }
}
