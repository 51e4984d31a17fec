import Capabilities
import LinuxKernel
import Testing

@testable import Anatomy

/// What an expert was told wrongly before: causes that look alike, and are told apart by facts.
@Suite("why a call failed: causes that look alike")
struct RefusalTests {
    private func node(_ path: String, _ mode: UInt32, _ uid: UInt32) -> FileNode {
        FileNode(path: path, mode: mode, uid: uid, gid: uid)
    }

    /// A file below directories, and a process that asks for it.
    private func facts(
        _ path: String, mode: UInt32 = 0o100644, uid: UInt32 = 0, below directories: [FileNode] = [],
        by user: UInt32 = 0,
        _ change: (inout DenialFacts) -> Void = { _ in }
    ) -> DenialFacts {
        var facts = DenialFacts()
        facts.effective = user == 0 ? .dockerDefault : []
        facts.bounding = .dockerDefault
        facts.uid = user
        facts.asking = AskingProcess(
            userIDs: Array(repeating: user, count: 4), groupIDs: Array(repeating: user, count: 4))
        var file = FileFacts(path: path)
        (file.mode, file.uid, file.gid, file.directories) = (mode, uid, uid, directories)
        facts.file = file
        change(&facts)
        return facts
    }

    private func open(_ flags: UInt64, errno: Int32 = 13) -> FailedCall {
        var call = FailedCall(name: "openat", errno: errno)
        call.openFlags = flags
        return call
    }

    @Test("a security module is named where the log or its known rules name it, and nowhere else")
    func module() {
        let score = FailedCall(name: "write", errno: 13, path: "/proc/1/oom_score_adj")
        let confined = facts("/proc/1/oom_score_adj") { $0.label = "brig-default (enforce)" }
        let verdict = Verdict(score, confined)
        #expect(verdict.refuser == .capability && verdict.remedy?.contains("--oom-score-adj") == true)

        let ping = Verdict(
            FailedCall(name: "socket", arguments: [2, 2, 1], errno: 13),
            facts("/x") { $0.label = "brig-default (enforce)" })
        #expect(ping.refuser == .limit && ping.remedy?.contains("net.ipv4.ping_group_range") == true)

        let other = FailedCall(name: "quotactl_fd", errno: 13)
        #expect(Verdict(other, facts("/x") { $0.label = "brig-default (enforce)" }).refuser == .unknown)
        // A profile whose rules are not known may be it, and no more than that.
        let unknown = Verdict(other, facts("/x") { $0.label = "mine (enforce)" })
        #expect(unknown.refuser == .unknown && unknown.explanation.contains("mine (enforce)") && unknown.remedy == nil)
        let logged = Verdict(
            other,
            facts("/x") {
                $0.label = "mine (enforce)"
                $0.logged = Evidence("/dev/kmsg", "apparmor=\"DENIED\"")
            })
        #expect(logged.refuser == .securityModule)

        let mount = Verdict(
            FailedCall(name: "mount", errno: 13), facts("/tmp") { $0.label = "brig-default (enforce)" })
        #expect(mount.refuser == .securityModule && mount.explanation.contains("deny mount"))
        let setting = Verdict(
            open(0o1), facts("/proc/sys/kernel/panic") { $0.label = "brig-default (enforce)" })
        #expect(setting.refuser == .securityModule)
        let kept = Verdict(open(0o1), facts("/proc/sys/kernel/shmmax") { $0.label = "brig-default (enforce)" })
        #expect(kept.refuser == .unknown)
    }

    @Test("the kernel's log is believed about this process and this moment")
    func log() {
        let record =
            "5,12,2000000,-;audit: type=1400 apparmor=\"DENIED\" operation=\"open\" pid=77 comm=\"sh\"\n SUBSYSTEM=x"
        #expect(ModuleLog.refusal(in: record, of: [77], since: 1_000_000))
        #expect(!ModuleLog.refusal(in: record, of: [7], since: 1_000_000))
        #expect(!ModuleLog.refusal(in: record, of: [77], since: 3_000_000))
        for broken in ["", ";", "5,12;pid=77", "a,b,c;apparmor=\"DENIED\" pid=77"] {
            #expect(!ModuleLog.refusal(in: broken, of: [77], since: 0))
        }
    }

    @Test("the first part of a path that refuses is named, and a mode only where it refuses")
    func paths() {
        let root = node("/", 0o40755, 0)
        let closed = Verdict(
            open(0), facts("/v/closed/f", uid: 1000, below: [root, node("/v/closed", 0o40700, 0)], by: 1000))
        #expect(closed.refuser == .permission)
        #expect(closed.explanation.contains("/v/closed belongs to 0:0, mode 700"), "\(closed.explanation)")
        #expect(closed.remedy == "--user 0, or chmod o+x /v/closed")
        // A user who may pass there and not read the file is no advice.
        let both = Verdict(
            open(0), facts("/d/f", mode: 0o100600, uid: 9, below: [root, node("/d", 0o40700, 7)], by: 1000))
        #expect(both.remedy == "chmod o+x /d", "\(both.explanation)")
        // Nothing in the modes refuses.
        #expect(Verdict(open(1), facts("/f", uid: 1000, below: [root], by: 1000)).refuser == .unknown)
        // What is open already is not looked up again.
        var above = node("/closed", 0o40700, 0)
        above.isSearched = false
        #expect(
            Verdict(
                open(0), facts("/closed/d/f", mode: 0o100600, below: [above, node("/closed/d", 0o40755, 0)], by: 5)
            )
            .explanation.contains("/closed/d/f belongs"))
        let group = Verdict(open(0), facts("/f", mode: 0o100600, uid: 9, below: [root], by: 5) { $0.file?.gid = 5 })
        #expect(group.remedy == "--user 9")
        let member = Verdict(open(0), facts("/f", mode: 0o100640, uid: 0, below: [root], by: 5) { $0.file?.gid = 42 })
        #expect(member.remedy == "--group-add 42")
        let foreign = Verdict(
            open(0),
            facts("/f", mode: 0o100600, uid: 9, below: [root]) {
                $0.knownUsers = [100...200]
                $0.isHostUserNamespace = false
            })
        #expect(foreign.refuser == .userNamespace)
    }

    @Test("immutable files, shared directories, and files that get a second name")
    func attributes() {
        let everybodys = node("/tmp", 0o41777, 0)
        func immutable(_ call: FailedCall, by user: UInt32) -> Verdict {
            Verdict(call, facts("/v/imm", uid: user, by: user) { $0.file?.attributes = .immutable })
        }
        for user: UInt32 in [0, 1000] {
            for call in [
                open(0o1101, errno: 1), FailedCall(name: "unlink", errno: 1), FailedCall(name: "chmod", errno: 1),
            ] {
                let verdict = immutable(call, by: user)
                #expect(verdict.explanation.contains("immutable"), "\(call.name): \(verdict.explanation)")
                #expect(verdict.remedy?.hasPrefix("chattr -i /v/imm") == true)
            }
        }
        // The owner needs no capability to change the mode: something else refuses.
        #expect(Verdict(FailedCall(name: "chmod", errno: 1), facts("/f", uid: 7, by: 7)).refuser == .unknown)

        let regular = facts("/tmp/f", uid: 5, below: [everybodys]) { $0.settings["fs.protected_regular"] = 2 }
        #expect(Verdict(open(0o1101), regular).remedy?.hasPrefix("--user 5") == true)
        #expect(Verdict(open(0o1101), regular).explanation.contains("fs.protected_regular=2"))
        #expect(Verdict(open(0o1101), facts("/tmp/f", uid: 5, below: [everybodys])).refuser == .unknown)

        var link = FailedCall(name: "link", errno: 1)
        link.source = "/v/rootfile"
        let linked = Verdict(
            link,
            facts("/v/l2", below: [node("/v", 0o40777, 0)], by: 1000) {
                $0.settings["fs.protected_hardlinks"] = 1
                $0.file?.isThere = false
                var source = FileFacts(path: "/v/rootfile")
                source.mode = 0o100644
                $0.source = source
            })
        #expect(linked.explanation.contains("fs.protected_hardlinks"), "\(linked.explanation)")
        #expect(linked.remedy?.hasPrefix("--user 0") == true)

        let removed = FailedCall(name: "unlink", errno: 1)
        let sticky = Verdict(removed, facts("/tmp/f", uid: 6, below: [everybodys], by: 1000))
        #expect(sticky.refuser == .capability)
        let plain = Verdict(removed, facts("/d/f", uid: 6, below: [node("/d", 0o40777, 0)], by: 1000))
        #expect(plain.refuser == .unknown)
    }

    @Test("a program is followed to what executes it, and a mapping to how its file was opened")
    func programs() {
        let call = FailedCall(name: "execve", errno: 13)
        let script = Verdict(
            call,
            facts("/s", mode: 0o100755, by: 1000) {
                var interpreter = FileFacts(path: "/v/interp")
                interpreter.mode = 0o100644
                $0.interpreters = [interpreter]
            })
        #expect(script.explanation.contains("/v/interp is not executable (mode 644)"), "\(script.explanation)")
        #expect(script.remedy?.contains("chmod +x /v/interp") == true)
        #expect(Verdict(call, facts("/d", mode: 0o40755)).explanation.contains("no regular file"))

        let mapping = FailedCall(name: "mmap", arguments: [0, 4096, 3, 1, 3, 0], errno: 13)
        let mapped = Verdict(mapping, facts("/f") { $0.descriptorFlags = 0o100000 })
        #expect(mapped.explanation.contains("opened for reading only"), "\(mapped.explanation)")
        #expect(Verdict(mapping, facts("/f") { $0.descriptorFlags = 2 }).refuser == .unknown)
    }

    @Test("a limit is named only where it is reached")
    func limits() {
        let watch = FailedCall(name: "inotify_init1", errno: 24)
        func few(_ change: @escaping (inout DenialFacts) -> Void = { _ in }) -> DenialFacts {
            facts("/") {
                $0.limits["nofile"] = 1024
                $0.openDescriptors = 128
                change(&$0)
            }
        }
        let instances = Verdict(watch, few { $0.settings["fs.inotify.max_user_instances"] = 128 })
        #expect(instances.explanation.contains("fs.inotify.max_user_instances=128"))
        #expect(instances.remedy?.contains("sysctl -w fs.inotify.max_user_instances=1024") == true)
        #expect(Verdict(FailedCall(name: "openat", errno: 24), few()).refuser == .unknown)
        let full = Verdict(FailedCall(name: "openat", errno: 24), few { $0.openDescriptors = 1024 })
        #expect(full.remedy == "--ulimit nofile=16384")
        let watches = Verdict(FailedCall(name: "inotify_add_watch", errno: 28), few())
        #expect(watches.explanation.contains("fs.inotify.max_user_watches"))

        var raised = FailedCall(name: "prlimit64", arguments: [0, 7, 1], errno: 1)
        raised.newLimit = ResourceLimit(soft: 128, hard: 128)
        #expect(Verdict(raised, few()).remedy == "--ulimit nofile=128:128, or --cap-add SYS_RESOURCE")
        let most = Verdict(raised, few { $0.settings["fs.nr_open"] = 100 })
        #expect(most.refuser == .limit && most.explanation.contains("fs.nr_open"))
    }

    @Test("want of memory has many causes, and the cgroup is one of them where it came to its limit")
    func memory() {
        func map(_ length: UInt64, flags: UInt64 = 0x22) -> FailedCall {
            FailedCall(name: "mmap", arguments: [0, length, 3, flags, .max, 0], errno: 12)
        }
        func machine(_ change: (inout DenialFacts) -> Void = { _ in }) -> DenialFacts {
            facts("/") {
                $0.memory = MemoryFacts()
                $0.memory?.space = 10 << 20
                $0.memory?.data = 4 << 20
                $0.memory?.total = 8 << 30
                change(&$0)
            }
        }
        #expect(Verdict(map(4096), machine()).refuser == .unknown)
        #expect(Verdict(map(4096), machine { $0.memory?.shortages = 3 }).remedy?.hasPrefix("--memory") == true)
        let data = machine { $0.limits["data"] = 20_000_000 }
        #expect(Verdict(map(32 << 20), data).remedy == "--ulimit data=-1")
        #expect(Verdict(map(4096), data).refuser == .unknown)
        // What is shared or only read is no data.
        #expect(Verdict(map(32 << 20, flags: 0x21), data).refuser == .unknown)
        #expect(Verdict(map(1 << 46), machine()).explanation.contains("vm.overcommit_memory=0"))
        #expect(Verdict(map(1 << 50), machine()).explanation.contains("address space"))
        #expect(Verdict(map(2 << 20, flags: 0x40022), machine()).explanation.contains("huge pages"))
        let fork = FailedCall(name: "clone", errno: 12)
        let gone = Verdict(fork, machine { $0.childrenGoElsewhere = true })
        #expect(gone.explanation.contains("pid namespace") && gone.remedy?.contains("--fork") == true)
        #expect(Verdict(fork, machine()).refuser == .unknown)
        _ = Verdict(map(.max), machine { $0.limits["data"] = .max - 1 })
    }

    @Test("who watches, and what a user namespace switches off")
    func processes() {
        let seize = FailedCall(name: "ptrace", arguments: [0x4206, 7], errno: 1)
        #expect(Verdict(seize, facts("/") { $0.tracer = (1, true) }).refuser == .observer)
        #expect(Verdict(seize, facts("/") { $0.tracer = (99, false) }).explanation.contains("process 99"))
        #expect(Verdict(seize, facts("/")).refuser == .capability)
        let groups = Verdict(
            FailedCall(name: "setgroups", errno: 1),
            facts("/") {
                $0.isHostUserNamespace = false
                $0.setgroupsIsDenied = true
            })
        #expect(groups.refuser == .userNamespace && groups.remedy?.contains("--cap-add") == false)
    }

    @Test("refusals in answers of netlink are found, in whatever bytes")
    func netlink() {
        func message(_ type: UInt16, _ words: [UInt32]) -> [UInt8] {
            let length = UInt32(16 + 4 * words.count)
            return [length, UInt32(type), 1, 0].reduce([]) { $0 + bytes($1) } + words.flatMap { bytes($0) }
        }
        func bytes(_ word: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
        let refused = message(2, [UInt32(bitPattern: -1), 32, 16, 1, 0])
        let refusal = NetlinkRefusal(message(3, [1]) + refused) { 0 }
        #expect(refusal?.words == "NETLINK_ROUTE, RTM_NEWLINK")
        #expect(refusal?.capability == .netAdmin)
        #expect(NetlinkRefusal(message(2, [0, 32, 16, 1, 0])) { 0 } == nil)
        #expect(NetlinkRefusal(refused) { nil } == nil)
        for length in 0..<refused.count { _ = NetlinkRefusal(Array(refused[..<length])) { 0 } }
        for value: UInt8 in [0, 1, 15, 255] {
            for position in 0..<refused.count {
                var broken = refused
                broken[position] = value
                _ = NetlinkRefusal(broken) { 12 }
            }
        }
        if let refusal {
            #expect(Verdict(refusal, facts("/")).remedy == "--cap-add NET_ADMIN")
            #expect(Verdict(refusal, facts("/") { $0.effective = .named }).refuser == .unknown)
        }
    }

    @Test("calls of 32-bit programs have numbers of their own", .enabled(if: CallTables().native == 0xC000_003E))
    func narrow() {
        let tables = CallTables()
        #expect(tables.name(165, 0xC000_003E) == "mount" && tables.name(21, 0x4000_0003) == "mount")
        #expect(tables.isNarrow(0x4000_0003) && !tables.isNarrow(0xC000_003E))
        #expect(tables.profileName(0x4000_0003) == "SCMP_ARCH_X86")
        #expect(CallTables.plain("chown32") == "chown" && CallTables.plain("mmap2") == "mmap")
        let words: [UInt8] = [2, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0]
        #expect(CallTables.socketCall(1, words)?.arguments.prefix(3) == [2, 3, 1])
        #expect(CallTables.socketCall(99, words) == nil && CallTables.socketCall(1, []) != nil)
    }

    @Test("a path is followed as the kernel does, with its links, to where it ends")
    func walk() throws {
        let root = try OwnedDescriptor(open: "/", [.pathOnly, .directory])
        let walk = PathWalk(own: ProcessStatus(parsing: Array("NStgid:\t7\t1\nNSpid:\t7\t1\n".utf8)))
        let passwd = walk.file("/etc/../etc/./passwd", root)
        #expect(passwd.path == "/etc/passwd" && passwd.isThere && passwd.directories.map(\.path) == ["/", "/etc"])
        let absent = walk.file("/etc/no/such", root)
        #expect(!absent.isThere && absent.path == "/etc/no/such" && absent.directories.last?.path == "/etc")
        #expect(walk.file("/proc/self/status", root).path.hasPrefix("/proc/1"))
        #expect(walk.file("/", root).path == "/" && walk.file("/..", root).isThere)
        let relative = walk.file("/etc/passwd", from: "/etc", root)
        #expect(relative.directories.filter(\.isSearched).map(\.path) == ["/etc"])
        let open = walk.file("/etc", from: "/etc", root)
        #expect(open.isThere && open.directories.allSatisfy { !$0.isSearched })
    }
}
