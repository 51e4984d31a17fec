import Capabilities
import OCISpec
import Seccomp
import Testing

@testable import Anatomy

@Suite("what a run needs")
struct PrivilegeUseTests {
    private let root = AskingProcess(userIDs: [0, 0, 0, 0], groupIDs: [0, 0, 0, 0])
    private let user = AskingProcess(userIDs: [7, 7, 7, 7], groupIDs: [7, 7, 7, 7], groups: [7, 8])
    private let top = AskedFile(mode: 0o755, uid: 0, gid: 0)

    private func use(
        _ call: String, _ arguments: [UInt64], _ asking: AskingProcess? = nil, _ file: AskedFile? = nil,
        _ directories: [AskedFile] = [], port: UInt16? = nil
    ) -> Capability? {
        PrivilegeUse.of(call, arguments, by: asking ?? root, file: file, directories: directories, port: port)
    }

    @Test("a change to another user or group needs a capability, one to oneself none")
    func users() {
        #expect(use("setuid", [0]) == nil)
        #expect(use("setuid", [5]) == .setuid)
        #expect(use("setresuid", [UInt64(UInt32.max), 0, 5]) == .setuid)
        #expect(use("setresuid", [UInt64(UInt32.max), 0, UInt64(UInt32.max)]) == nil)
        #expect(use("setgid", [7], user) == nil)
        #expect(use("setgroups", [0, 0]) == .setgid)
    }

    @Test("root without capabilities is an ordinary owner of its files")
    func files() {
        let own = AskedFile(mode: 0o600, uid: 0, gid: 0)
        let others = AskedFile(mode: 0o600, uid: 9, gid: 9)
        let readOnly = AskedFile(mode: 0o444, uid: 0, gid: 0)
        #expect(use("openat", [0, 0, 2], nil, own, [top]) == nil)
        #expect(use("openat", [0, 0, 0], nil, others, [top]) == .dacOverride)
        #expect(use("openat", [0, 0, 1], nil, readOnly, [top]) == .dacOverride)
        #expect(use("openat", [0, 0, 0o10000000], nil, others, [top]) == nil)
        let closed = AskedFile(mode: 0o700, uid: 9, gid: 9)
        #expect(use("openat", [0, 0, 0], nil, own, [top, closed]) == .dacOverride)
        #expect(use("openat", [0, 0, 0o101], nil, nil, [top]) == nil)
        #expect(use("openat", [0, 0, 0o101], user, nil, [top]) == .dacOverride)
        #expect(use("mkdir", [0], user, nil, [top]) == .dacOverride)
        #expect(use("chmod", [0, 0o600], nil, others, [top]) == .fowner)
        #expect(use("chmod", [0, 0o600], nil, own, [top]) == nil)
        let sticky = AskedFile(mode: 0o1777, uid: 0, gid: 0)
        #expect(use("unlink", [0], user, others, [top, sticky]) == .fowner)
        #expect(use("unlink", [0], user, AskedFile(mode: 0o600, uid: 7, gid: 7), [top, sticky]) == nil)
        #expect(use("chown", [0, 0, 0], nil, own, [top]) == nil)
        #expect(use("chown", [0, 5, UInt64(UInt32.max)], nil, own, [top]) == .chown)
        #expect(use("fchown", [3, UInt64(UInt32.max), 8], user, AskedFile(mode: 0o600, uid: 7, gid: 7)) == nil)
    }

    @Test("what always needs one")
    func always() {
        #expect(use("socket", [17, 3, 0]) == .netRaw)
        #expect(use("bind", [3, 0, 16], port: 80) == .netBindService)
        #expect(use("bind", [3, 0, 16], port: 8080) == nil)
        #expect(use("mount", []) == .sysAdmin)
        #expect(use("mknod", [0, 0o010600, 0], nil, nil, [top]) == nil)
        #expect(use("kill", [1, 9]) == nil)
        #expect(use("chown", []) == .chown)
    }

    @Test("the profile allows what was called and no more, as the compiler reads it")
    func profile() throws {
        let recorded = RecordedProfile(
            calls: ["read", "openat"], missing: ["clone3"], capabilities: CapabilitySet([.chown]))
        let text = recorded.json.text()
        #expect(
            text.contains(#""names":["execve","exit","exit_group","openat","read","restart_syscall","rt_sigreturn"]"#))
        #expect(text.contains(#""errnoRet":38"#))
        #expect(
            recorded.options(file: "p.json") == [
                "--cap-drop", "ALL", "--cap-add", "CHOWN", "--security-opt", "seccomp=p.json",
            ])
    }
}
