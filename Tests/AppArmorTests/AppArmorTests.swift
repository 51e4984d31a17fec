@testable import AppArmor
import LinuxKernel
import Testing

@Suite struct AppArmorTests {
    @Test(
        "lines of the kernel",
        arguments: [
            ("brig-default (enforce)\n", "brig-default", "enforce"), ("unconfined\n", "unconfined", nil),
            ("a (b) c (complain)", "a (b) c", "complain"), ("(x)", "(x)", nil), ("", "", nil), ("a(b)", "a(b)", nil),
        ] as [(String, String, String?)])
    func confinement(line: String, profile: String, mode: String?) {
        #expect(Confinement(parsing: line).profile == profile)
        #expect(Confinement(parsing: line).mode == mode)
    }

    @Test("no names", arguments: ["", " x", "x ", "a\nb", "a\0", "a\"b", String(repeating: "x", count: 1025)])
    func invalidNames(text: String) {
        #expect(throws: InvalidProfileName(text: text)) { try ProfileName(text) }
    }

    @Test func defaultProfileNamesItself() throws {
        let text = DefaultProfile(name: try ProfileName("my profile")).text
        #expect(text.hasPrefix("profile \"my profile\" flags="))
        #expect(text.contains("signal (send,receive) peer=\"my profile\","))
        #expect(!text.contains("include"))
    }

    /// A pipe of one page, as a process with many pipes may get, still takes the text at once.
    @Test func textFitsIntoAPipe() { #expect(DefaultProfile().text.utf8.count < 4096) }

    @Test func answersWithoutAppArmor() throws {
        // Whatever the host has, asking is no error.
        _ = try AppArmor.isEnabled()
        _ = try SELinux.isEnabled()
    }

    static let isEnabled = (try? AppArmor.isEnabled()) == true && CallerIdentity.effectiveUid == 0

    @Test(.enabled(if: isEnabled)) func loadsAndConfines() async throws {
        await #expect(processExitsWith: .success) {
            let procfs = try OwnedDescriptor(open: "/proc", [.pathOnly, .directory])
            let profile = DefaultProfile(name: try ProfileName("brig-test"))
            try profile.load()
            #expect(try AppArmor.isLoaded(profile.name))
            try AppArmor.changeOnExec(to: profile.name, procfs: procfs)
            let missing = try ProfileName("brig-test-missing")
            #expect(throws: AppArmorError.notLoaded(missing)) {
                try AppArmor.changeOnExec(to: missing, procfs: procfs)
            }
        }
    }

    @Test(.enabled(if: isEnabled)) func replacesAnOlderProfile() throws {
        let profile = DefaultProfile(name: try ProfileName("brig-test-\(CallerIdentity.pid)"))
        let note = "/run/brig-test-apparmor-\(CallerIdentity.pid)"
        defer { try? OwnedDescriptor(open: "/run", [.pathOnly, .directory]).removeFile(String(note.dropFirst(5))) }
        try profile.ensureLoaded(note: note)
        let digest = try #require(try AppArmor.digest(of: profile.name))
        // Nothing to do: the note stays as it is.
        let noted = try readText(note)
        try profile.ensureLoaded(note: note)
        #expect(try AppArmor.digest(of: profile.name) == digest && readText(note) == noted)
        // Another version's, and no word of it.
        try profile.replace(with: "profile \"\(profile.name)\" { file, }\n")
        #expect(try AppArmor.digest(of: profile.name) != digest)
        try profile.ensureLoaded(note: note)
        #expect(try AppArmor.digest(of: profile.name) == digest)
    }

    @Test func theCryptoInterfaceIsClosed() { #expect(DefaultProfile().text.contains("deny network alg,")) }

    @Test(.enabled(if: (try? AppArmor.isEnabled()) == false)) func missingIsAnError() throws {
        let procfs = try OwnedDescriptor(open: "/proc", [.pathOnly, .directory])
        #expect(throws: AppArmorError.self) { try AppArmor.changeOnExec(to: .brigDefault, procfs: procfs) }
        #expect(throws: AppArmorError.self) { try DefaultProfile().ensureLoaded(note: "/nowhere") }
    }

    @Test func aFakedProcfsIsRefused() throws {
        // /tmp stands for a directory of the container's.
        let faked = try OwnedDescriptor(open: "/tmp", [.pathOnly, .directory])
        #expect(throws: AppArmorError.self) { try AppArmor.changeOnExec(to: .brigDefault, procfs: faked) }
    }
}
