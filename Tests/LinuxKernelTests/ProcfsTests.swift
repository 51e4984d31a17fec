import LinuxKernel
import Testing

@Suite struct ProcfsTests {
    @Test func statWithHostileName() {
        let line = "123 (a) R 1 (b c) S 7 123 120 34816 -1 4194304 1 0 0 0 17 18 0 0 20 0 1 0 987654 1 2 3\n"
        let stat = ProcessStat(parsing: Array(line.utf8))
        #expect(stat?.pid == 123)
        #expect(stat?.name == "a) R 1 (b c")
        #expect(stat?.state == .sleeping)
        #expect(stat?.parent == 7)
        #expect(stat?.session == 120)
        #expect(stat?.userTime == 17)
        #expect(stat?.startTime == 987_654)
    }

    @Test("numbers beyond their type", arguments: ["-1", "18446744073709551616", "+1", "1x", "0x1"])
    func badStartTime(time: String) {
        let line = "1 (x) S 0 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 \(time) 1 2"
        #expect(ProcessStat(parsing: Array(line.utf8)) == nil)
    }

    @Test("no stat line", arguments: ["", "1 (x)", ")1(", "1 (x) S", "1 (x) S 1 2 3 4 5", "(x) S 1"])
    func garbledStat(line: String) {
        #expect(ProcessStat(parsing: Array(line.utf8)) == nil)
    }

    @Test func status() {
        let text = """
            Name:\tx
            Uid:\t1\t2\t3\t4
            Groups:\t5 6 
            NSpid:\t70\t1
            CapEff:\t00000000a80425fb
            VmRSS:\t     140 kB
            Seccomp:\t2
            NoNewPrivs:\t1
            """
        let status = ProcessStatus(parsing: Array(text.utf8))
        #expect(status.userIDs == [1, 2, 3, 4])
        #expect(status.groups == [5, 6])
        #expect(status.namespacePids == [70, 1])
        #expect(status.mask("CapEff") == 0xa804_25fb)
        #expect(status.residentBytes == 143_360)
        #expect(status.seccompMode == 2 && status.noNewPrivileges)
    }

    @Test func cgroups() {
        let text = "12:cpu,cpuacct:/a:b\n1:name=systemd:/init.scope\n0::/x\nbroken\n"
        #expect(
            CgroupMembership.list(parsing: Array(text.utf8)).map { "\($0.hierarchy)|\($0.controllers)|\($0.path)" } == [
                "12|[\"cpu\", \"cpuacct\"]|/a:b", "1|[\"name=systemd\"]|/init.scope", "0|[]|/x",
            ])
    }

    @Test func ownProcess() throws {
        let own = try ProcessInformation(pid: CallerIdentity.pid)
        #expect(try own.stat().pid == CallerIdentity.pid)
        #expect(try own.stat().parent == CallerIdentity.parentPid)
        #expect(try own.executable().hasPrefix("/"))
        #expect(try own.commandLine().isEmpty == false)
        #expect(try own.status().userIDs.first == CallerIdentity.uid)
        #expect(try own.cgroups().isEmpty == false)
        let identity = try ProcessIdentity(of: CallerIdentity.pid)
        #expect(try identity.isRunning())
        #expect(try ProcessIdentity(pid: identity.pid, startTime: identity.startTime + 1).state() == nil)
        #expect(try own.namespace(.network) == ProcessInformation(pid: CallerIdentity.pid).namespace(.network))
    }
}

@Suite struct MountTableTests {
    @Test func lines() throws {
        let text = """
            21 1 254:0 / / rw,relatime shared:1 master:2 - ext4 /dev/root rw
            36 21 0:25 /sub\\134x /a\\040b\\011c ro,nosuid - tmpfs  rw,size=4k
            37 21 0:26 / /proc/self/x rw - fuse.sshfs me@host:/d\\040e rw,user_id=0
            not a line
            38 21 0:26 / /short rw -
            39 21 0:27 / /a rw propagate_from:3 unbindable - cgroup2 none rw

            """
        let table = MountTable(parsing: Array(text.utf8))
        #expect(table.entries.map(\.id) == [21, 36, 37, 39])
        let root = try #require(table.entries.first)
        #expect(root.isShared && root.propagation == ["shared:1", "master:2"] && root.type == "ext4")
        #expect(root.device == DeviceNumber(major: 254, minor: 0))
        let second = table.entries[1]
        #expect(second.root == "/sub\\x" && second.mountPoint == "/a b\tc" && second.source.isEmpty)
        #expect(second.isReadOnly && second.options == ["ro", "nosuid"] && second.superOptions == ["rw", "size=4k"])
        #expect(table.entries[2].source == "me@host:/d e")
        #expect(table.topmost(at: "/a")?.id == 39)
        #expect(table.tree(at: "/").map(\.id) == [39, 37, 36, 21])
        #expect(table.tree(at: "/proc").map(\.id) == [37])
    }

    @Test(
        "escapes that are none stay",
        arguments: [("\\", "\\"), ("\\04", "\\04"), ("\\777", "\\777"), ("\\089", "\\089")])
    func oddEscapes(text: String, expected: String) {
        let line = "1 1 0:1 / /\(text) rw - t s rw"
        #expect(MountTable(parsing: Array(line.utf8)).entries.first?.mountPoint == "/" + expected)
    }

    @Test func own() throws {
        #expect(try MountTable.current().topmost(at: "/proc")?.type == "proc")
    }
}
