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
        let all = uses(call, arguments, asking) { facts in
            (facts.file, facts.directories, facts.port) = (file, directories, port)
        }
        return all.first
    }

    private func uses(
        _ call: String, _ arguments: [UInt64], _ asking: AskingProcess? = nil,
        _ change: (inout PrivilegeFacts) -> Void = { _ in }
    ) -> [Capability] {
        var facts = PrivilegeFacts()
        change(&facts)
        return PrivilegeUse.of(call, arguments, by: asking ?? root, facts)
    }

    @Test("signals to another user's process, its priority and its limits")
    func processes() {
        for call in ["kill", "tgkill", "pidfd_send_signal"] {
            #expect(uses(call, [9, 9]) { $0.target = user } == [.kill])
            #expect(uses(call, [9, 9]) { $0.target = root } == [])
        }
        // Nobody else's, but one that had been its own.
        let changed = AskingProcess(userIDs: [0, 7, 7, 7], groupIDs: [0, 0, 0, 0])
        #expect(uses("kill", [9, 9]) { $0.target = changed } == [])
        let niceness = [-20, -5, 0, 5].map { UInt64(bitPattern: Int64($0)) }
        #expect(niceness.map { uses("setpriority", [0, 0, $0]) } == [[.sysNice], [.sysNice], [], []])
        #expect(uses("setpriority", [0, 0, niceness[1]]) { $0.limits["nice"] = 25 } == [])
        #expect(uses("setpriority", [0, 0, 3]) { $0.nice = 5 } == [.sysNice])
        #expect(uses("setpriority", [0, 9, 10]) { $0.target = user } == [.sysNice])
        #expect(uses("sched_setscheduler", [0, 1, 0]) { $0.limits["rtprio"] = 0 } == [.sysNice])
        #expect(uses("prlimit64", [0, 7, 1]) { $0.hardLimit = (now: 64, wanted: 128) } == [.sysResource])
        #expect(uses("prlimit64", [0, 7, 1]) { $0.hardLimit = (now: 64, wanted: 64) } == [])
        // A thread, a mount namespace, and one behind a user namespace.
        #expect(uses("clone3", [1, 88]) { $0.cloneFlags = 0x3d_0f00 } == [])
        #expect(uses("clone3", [1, 88]) { $0.cloneFlags = 0x2_0000 } == [.sysAdmin])
        #expect(uses("clone3", [1, 88]) { $0.cloneFlags = 0x1002_0000 } == [])
        #expect(PrivilegeUse.isOpen("clone3", [1, 88], PrivilegeFacts()))
    }

    @Test("memory that is locked beyond the limit")
    func memory() {
        #expect(uses("mlock", [0, 4096]) { $0.limits["memlock"] = 0 } == [.ipcLock])
        #expect(uses("mlock", [0, 4096]) { $0.limits["memlock"] = 8192 } == [])
        #expect(
            uses("mlock", [0, 4096]) {
                $0.limits["memlock"] = 8192
                $0.locked = 8192
            } == [.ipcLock])
        #expect(uses("mlock", [0, .max]) { ($0.limits["memlock"], $0.locked) = (8192, 4096) } == [.ipcLock])
        #expect(uses("mlock", [0, 4096]) { $0.limits["memlock"] = .max } == [])
        #expect(uses("mlockall", [1]) { ($0.limits["memlock"], $0.mapped) = (8192, 1 << 20) } == [.ipcLock])
        #expect(uses("mmap", [0, 4096, 3, 0x2022]) { $0.limits["memlock"] = 0 } == [.ipcLock])
        #expect(uses("mmap", [0, 4096, 3, 0x22]) { $0.limits["memlock"] = 0 } == [])
    }

    @Test("requests by netlink, and options of sockets")
    func network() {
        func request(_ number: UInt32, _ type: UInt16) -> [Capability] {
            uses("sendmsg", [3, 0, 0]) { $0.request = (protocolNumber: number, type: type) }
        }
        #expect(request(0, 20) == [.netAdmin] && request(0, 16) == [.netAdmin])
        #expect(request(0, 22) == [] && request(0, 18) == [])
        #expect(
            request(12, 0) == [.netAdmin] && request(9, 1100) == [.auditWrite] && request(9, 1011) == [.auditControl])
        #expect(uses("setsockopt", [3, 1, 36]) == [.netAdmin])
        #expect(uses("setsockopt", [3, 1, 2]) == [])
        var facts = PrivilegeFacts()
        #expect(!PrivilegeUse.isOpen("write", [1, 0, 0], facts))
        facts.request = (protocolNumber: 16, type: 20)
        #expect(PrivilegeUse.isOpen("sendmsg", [3, 0, 0], facts))
    }

    @Test("a directory that is entered, what is renamed, a foreign group's bit, and another's links of procfs")
    func places() {
        let closed = AskedFile(mode: 0o700, uid: 5, gid: 5)
        let (mine, foreign) = (AskedFile(mode: 0o644, uid: 0, gid: 0), AskedFile(mode: 0o644, uid: 5, gid: 7))
        for call in ["chdir", "fchdir"] {
            #expect(use(call, [0], nil, closed, call == "chdir" ? [top] : []) == .dacOverride)
            #expect(use(call, [0], nil, top, [top]) == nil)
        }
        let sticky = AskedFile(mode: 0o1777, uid: 5, gid: 5)
        #expect(
            uses("rename", [0, 0]) {
                ($0.oldFile, $0.oldDirectories, $0.directories) = (foreign, [top, sticky], [top, sticky])
            } == [.fowner])
        #expect(
            uses("rename", [0, 0]) {
                ($0.oldFile, $0.oldDirectories, $0.directories) = (mine, [top, sticky], [top, sticky])
            } == [])
        #expect(use("chmod", [0, 0o2775], nil, AskedFile(mode: 0o644, uid: 0, gid: 7), [top]) == .fsetid)
        #expect(uses("chmod", [0, 0o2775]) { $0.file = foreign } == [.fowner, .fsetid])
        #expect(use("chmod", [0, 0o2775], user, AskedFile(mode: 0o644, uid: 7, gid: 8), [top]) == nil)
        #expect(use("chmod", [0, 0o775], nil, AskedFile(mode: 0o644, uid: 0, gid: 7), [top]) == nil)
        #expect(uses("readlink", [0]) { $0.target = user } == [.sysPtrace])
        #expect(uses("readlink", [0]) { $0.target = root } == [])
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

    @Test("what was used and what could not be told are taken over")
    func record() {
        var recorded = RecordedProfile(calls: [])
        recorded.add(RecordedUse(capabilities: [.fowner, .fsetid], open: nil))
        recorded.add(RecordedUse(capabilities: [], open: "keyctl"))
        #expect(recorded.capabilities == CapabilitySet([.fowner, .fsetid]) && recorded.open == ["keyctl"])
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
