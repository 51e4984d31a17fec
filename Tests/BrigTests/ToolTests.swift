import LinuxKernel
import Testing

/// Each tool beside the original of the same name from Debian, on the same machine.
@Suite("kernel tools", .drivesBrig)
struct ToolTests {
    private static let brig = BrigFixture.products + "/brig"

    /// One command line, run by both.
    struct Case: CustomTestStringConvertible, Sendable {
        /// For the shell; `TOOL` stands for the tool, and what does not depend on it around it.
        let line: String
        let tool: String
        init(_ tool: String, _ line: String) {
            self.tool = tool
            self.line = line
        }

        var testDescription: String { "\(tool): \(line)" }
    }

    private static let cases: [Case] = [
        Case("unshare", "TOOL -Ur id"), Case("unshare", "TOOL -fp --mount-proc sh -c 'echo $$; ls -d /proc/[0-9]*'"),
        Case("unshare", "TOOL --map-root-user --pid --fork sh -c 'cat /proc/self/uid_map /proc/self/setgroups'"),
        Case("unshare", "TOOL -Uc id -u"), Case("unshare", "TOOL --user id -u"),
        Case("unshare", "TOOL --map-user=7 --map-group=8 id"),
        Case("unshare", "TOOL -u sh -c 'hostname other; hostname'"), Case("unshare", "TOOL -n cat /proc/net/dev"),
        Case(
            "unshare",
            "TOOL -T --boottime 1000000 -f sh -c 'read up rest < /proc/uptime; test ${up%.*} -gt 1000000; echo $?'"),
        Case("unshare", "TOOL -T --monotonic=77 -f cat /proc/self/timens_offsets"),
        Case("unshare", "TOOL -m --propagation unchanged grep -c shared: /proc/self/mountinfo"),
        Case("unshare", "TOOL -m grep -c shared: /proc/self/mountinfo"),
        Case("unshare", "TOOL -m --propagation slave sh -c 'grep -c master: /proc/self/mountinfo'"),
        Case("unshare", "TOOL -R / -w /usr pwd"), Case("unshare", "TOOL -f sh -c 'exit 9'"),
        Case("unshare", "TOOL -f sh -c 'kill -TERM $$'"), Case("unshare", "TOOL -S 33 -G 34 id"),
        Case("unshare", "TOOL -Ur --keep-caps grep CapAmb /proc/self/status"),
        Case("unshare", "TOOL --setgroups allow -Ur true"), Case("unshare", "TOOL --setgroups deny true"),
        Case("unshare", "TOOL --monotonic 5 true"), Case("unshare", "TOOL --propagation wild true"),
        Case("unshare", "TOOL --nope"), Case("unshare", "TOOL -x"), Case("unshare", "TOOL /nonexistent/program"),
        Case("unshare", "TOOL /etc/passwd"), Case("unshare", "TOOL --kill-child=KILL -p sh -c 'echo $$'"),
        Case(
            "unshare",
            "d=$(mktemp -d); touch $d/n; TOOL --net=$d/n true; nsenter --net=$d/n cat /proc/net/dev; umount $d/n; rm -r $d"
        ),
        Case(
            "unshare",
            "d=$(mktemp -d); touch $d/p; TOOL -f --pid=$d/p true; grep -c $d/p /proc/self/mountinfo; umount $d/p; rm -r $d"
        ),
        Case("nsenter", "TOOL -t 1 -a true"), Case("nsenter", "TOOL -t $$ -n -u hostname"),
        Case("nsenter", "unshare -u sh -c 'hostname inner; TOOL -t $PPID -u hostname; hostname'"),
        Case(
            "nsenter",
            "unshare -fmuipn --mount-proc sh -c 'hostname deep; sleep 99' 2>/dev/null & until p=$(pgrep -x sleep -P $(pgrep -P $!) 2>/dev/null); do sleep 0.05; done; "
                + "TOOL -t $p -a sh -c 'hostname; ls -d /proc/[0-9]* | wc -l'; TOOL -t $p -m -p -F true; "
                + "TOOL --target $p --uts --wd=/tmp sh -c 'hostname; pwd'; TOOL -t $p -n -W /usr pwd; kill $p $!"),
        Case(
            "nsenter",
            "unshare -Ur sleep 99 & until grep -q sleep /proc/$!/comm; do sleep 0.05; done; TOOL -t $! -U id; TOOL -t $! -U --preserve-credentials id -u; kill $!"
        ),
        Case("nsenter", "TOOL -n true"), Case("nsenter", "TOOL -t 99999999 -n true"), Case("nsenter", "TOOL -a true"),
        Case("nsenter", "TOOL --net=/etc/passwd true"), Case("nsenter", "TOOL -t 1 -S 33 -G 34 -u id"),
        Case("lsns", "TOOL -p $$ -n -o NS,TYPE"), Case("lsns", "TOOL -p $$ -o TYPE,PATH"), Case("lsns", "TOOL -t foo"),
        Case("lsns", "TOOL -o FOO"),
        Case(
            "lsns",
            "unshare -n sh -c 'unshare -n sleep 99 & until grep -q sleep /proc/$!/comm; do sleep 0.05; done; TOOL -l -t net -p $! -o TYPE,NETNSID; ip link add a type veth peer name b netns $!; TOOL -l -t net -p $! -o TYPE,NETNSID,NSFS; kill $!'"
        ), Case("lsns", "TOOL -r -n -t uts -p $$ -o NS,TYPE,UID"),
        Case(
            "lsns",
            "unshare -n sleep 99 & until grep -q sleep /proc/$!/comm; do sleep 0.05; done; TOOL -l -p $! -t net -o NS,TYPE,NPROCS,PID,USER,COMMAND; kill $!"
        ),
        Case(
            "lsns",
            "unshare -n sleep 99 & until grep -q sleep /proc/$!/comm; do sleep 0.05; done; TOOL -p $! -t net -J -o NS,TYPE,NPROCS,COMMAND; kill $!"
        ),
        Case("chroot", "TOOL / pwd"), Case("chroot", "TOOL --userspec=33:34 / id"),
        Case("chroot", "TOOL --userspec=daemon / id"),
        Case("chroot", "TOOL --userspec=daemon:mail --groups=4,5 / id"),
        Case("chroot", "TOOL --groups=adm,tty / id -G"),
        Case("chroot", "TOOL"), Case("chroot", "TOOL /nonexistent true"), Case("chroot", "TOOL / /nonexistent"),
        Case("chroot", "TOOL / /etc/passwd"), Case("chroot", "cd /usr; TOOL --skip-chdir / pwd"),
        Case("chroot", "TOOL --skip-chdir /usr true"), Case("chroot", "TOOL --userspec=nosuchuser / true"),
        Case("capsh", "TOOL --decode=00000000a80425fb"), Case("capsh", "TOOL --decode=0x20"),
        Case("capsh", "TOOL --print"),
        Case("capsh", "TOOL --drop=cap_net_raw,cap_chown -- -c 'grep Cap /proc/self/status'"),
        Case("capsh", "TOOL --caps=cap_net_raw+ep --print"),
        Case("capsh", "TOOL --inh=cap_chown --addamb=cap_chown --print"),
        Case("capsh", "TOOL --user=nobody -- -c 'id; grep Cap /proc/self/status'"),
        Case("capsh", "TOOL --uid=5 -- -c id"),
        Case("capsh", "TOOL --gid=5 --groups=6,7 -- -c id"), Case("capsh", "TOOL --keep=1 --print"),
        Case("capsh", "TOOL --secbits=0x2f --print"), Case("capsh", "TOOL --iab='!cap_chown,^cap_kill' --print"),
        Case("capsh", "TOOL --mode=NOPRIV --print"), Case("capsh", "TOOL --supports=cap_bpf"),
        Case("capsh", "TOOL --supports=cap_nothing"), Case("capsh", "TOOL --is-uid=0 --is-gid=1"),
        Case("capsh", "TOOL --modes"),
        Case("capsh", "TOOL --no-new-privs --print"), Case("capsh", "TOOL --noamb --current"),
        Case("capsh", "TOOL --chroot=/usr --shell=/bin/sh -- -c 'ls -d /bin'"),
        Case("getpcaps", "TOOL $$"), Case("getpcaps", "TOOL --iab $$"), Case("getpcaps", "TOOL --verbose $$ 1"),
        Case("getpcaps", "TOOL 99999999"),
        Case(
            "setcap",
            "f=$(mktemp); for c in cap_net_raw+ep 'cap_chown,cap_kill=p' =ep cap_kill+eip 'cap_net_raw=i cap_chown=i'; do "
                + "TOOL \"$c\" $f && getcap $f | cut -d' ' -f2-; done; TOOL -r $f; getcap $f; TOOL cap_nope+ep $f; rm $f"
        ),
        Case(
            "getcap",
            "f=$(mktemp); setcap cap_net_raw+ep $f; TOOL $f | cut -d' ' -f2; TOOL -r /etc /nope >/dev/null; rm $f; TOOL $f"
        ),
        Case(
            "pstree",
            "sh -c 'sleep 99 & sleep 99 & sleep 99' & p=$!; until [ $(pgrep -x sleep -P $p | wc -l) = 3 ]; do sleep 0.05; done; TOOL -A $p; TOOL -A -c $p; TOOL -U $p; pkill -P $p; wait; true"
        ),
        Case(
            "pstree",
            "sleep 99 & until grep -q sleep /proc/$!/comm; do sleep 0.05; done; TOOL -A -a $!; TOOL -A -p $! | tr -d 0-9; TOOL -S $!; kill $!"
        ),
        Case(
            "pstree",
            "unshare -n sleep 99 & until grep -q sleep /proc/$!/comm; do sleep 0.05; done; TOOL -A -S $! | sed 's/.*sleep/sleep/'; kill $!"
        ),
        Case("pstree", "TOOL nosuchuser"),
    ]

    @Test("the same output and status as the original's", arguments: cases + options + groups)
    func original(_ example: Case) throws {
        let search = try BrigFixture.run(
            "/bin/sh", ["-c", "PATH=/usr/sbin:/usr/bin:/sbin:/bin command -v \(example.tool)"])
        let path = String(search.output.prefix { $0 != "\n" })
        try #require(!path.isEmpty, "the original \(example.tool) is not installed: scripts/install-packages test")
        func run(_ tool: String) throws -> BrigFixture.Result {
            let line = example.line.split(separator: "TOOL", omittingEmptySubsequences: false).joined(separator: tool)
            // setpriv and timeout give both the same, whatever the test runner was given.
            return try BrigFixture.run(
                "/usr/bin/env",
                [
                    "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "SHELL=/bin/sh", "LC_ALL=C", "timeout", "120",
                    "/bin/bash", "-c", line,
                ])
        }
        var (theirs, ours) = (try run(path), try run("\(Self.brig) \(example.tool)"))
        // Pids and namespaces of the two runs differ, and with them the width of columns.
        func shape(_ text: String) -> String {
            let isOwn = example.tool == "lsns" || example.line.contains("$$") || example.line.contains("$!")
            guard isOwn else { return text }
            return text.split(separator: "\n").map { line in
                line.filter { !$0.isNumber }.split(separator: " ").joined(separator: " ")
            }.joined(separator: "\n")
        }
        func isEqual() -> Bool { shape(ours.output) == shape(theirs.output) && ours.status == theirs.status }
        // The originals fail where a process or a cgroup of somebody else's goes while they look; what is really different
        // stays so.
        for _ in 0..<5 where !isEqual() {
            (theirs, ours) = (try run(path), try run("\(Self.brig) \(example.tool)"))
        }
        #expect(shape(ours.output) == shape(theirs.output))
        #expect(ours.status == theirs.status, "\(ours.errors) \(theirs.errors)")
        // What goes wrong is said in words of our own, by both or, for a test's answer, by one of them.
        // Whether a shell gets to telling of a child that was killed is not the tool's doing.
        func said(_ errors: String) -> Bool {
            errors.split(separator: "\n").contains { !$0.contains("Terminated") && !$0.contains("Killed") }
        }
        if ours.status == 0 {
            #expect(said(ours.errors) == said(theirs.errors), "\(ours.errors) | \(theirs.errors)")
        }
    }

    @Test("cgroups are made, set under names of both versions, read back, used and removed")
    func cgroups() throws {
        let name = "brig-tools-\(UInt32.random(in: 0 ... .max))"
        defer { _ = try? brig("cgdelete", "-r", "-g", "*:\(name)") }
        #expect(try brig("cgcreate", "-g", "cpu,cpuacct,memory:\(name)/inner").status == 0)
        #expect(try brig("cgset", "-r", "cpu.shares=512", "-r", "memory.limit_in_bytes=33554432", name).status == 0)
        #expect(
            try brig("cgget", "-nv", "-r", "cpu.shares", "-r", "cpu.weight", "-r", "memory.max", name).output
                == "512\n50\n33554432\n")
        #expect(try brig("cgset", "-r", "memory.max=max", "-r", "cpu.max=20000 50000", name).status == 0)
        #expect(
            try brig("cgget", "-nv", "-r", "cpu.cfs_quota_us", "-r", "cpu.cfs_period_us", "-r", "memory.max", name)
                .output
                == "20000\n50000\nmax\n")
        #expect(try brig("cgget", "-r", "cpuacct.stat", name).output.hasPrefix("\(name):\ncpuacct.stat: user "))
        #expect(
            try brig("lscgroup", "memory:\(name)").output.split(separator: "\n").map { $0.suffix(6) }.last == "/inner")
        let joined = try brig("cgexec", "-g", "memory:\(name)/inner", "cat", "/proc/self/cgroup")
        #expect(joined.output.contains("/\(name)/inner"))
        #expect(try brig("cgexec", "-g", "memory:\(name)/inner", "sh", "-c", "exit 4").status == 4)
        #expect(try brig("cgget", "-r", "memory.nonsense", name).status == 96)
        #expect(try brig("cgset", "-r", "cpu.shares=many", name).status == 96)
        #expect(try brig("cgdelete", "-r", "-g", "cpu,cpuacct,memory:\(name)").status == 0)
        #expect(try brig("cgdelete", "memory:\(name)").status == 96)
    }

    @Test("a process killed for memory is named, with the limit and the peak")
    func outOfMemory() throws {
        let name = "brig-tools-\(UInt32.random(in: 0 ... .max))"
        defer { _ = try? brig("cgdelete", "memory:\(name)") }
        _ = try brig("cgcreate", "-g", "memory:\(name)")
        #expect(try brig("cgset", "-r", "memory.max=16M", name).status == 0)
        // Swap would take what does not fit; not every kernel counts it.
        _ = try brig("cgset", "-r", "memory.swap.max=0", name)
        let killed = try brig("cgexec", "-g", "memory:\(name)", "/bin/busybox", "tail", "-c", "200m", "/dev/zero")
        #expect(killed.status == 137)
        #expect(
            killed.errors.contains("killed for memory: cgroup /\(name), limit 16.0 MiB, peak 16.0 MiB"),
            "\(killed.errors)")
    }

    @Test("pivot_root with a command, and layers mounted on one another")
    func roots() throws {
        let fixture = try BrigFixture()
        let image = fixture.directory + "/image"
        #expect(
            try brig("pivot_root", image, "/bin/sh", "-c", "ls / ; cat /etc/group | head -1").output
                == "bin\netc\ntmp\nroot:x:0:\n")
        let script = """
            cd \(fixture.directory) && mkdir up work on && \(Self.brig) mount-overlay \(image) up work on && touch on/new \
            && ls on up; umount on
            """
        #expect(try BrigFixture.run("/bin/sh", ["-c", script]).output == "on:\nbin\netc\nnew\ntmp\n\nup:\nnew\n")
    }

    @Test("containers are named by lsns, pstree, nsenter and seccomp")
    func containers() throws {
        let fixture = try BrigFixture()
        #expect(
            try fixture.brig("run", "-d", "--network", "none", "--name", "tooltest", "box", "sleep", "60").status == 0)
        #expect(
            try fixture.brig("lsns", "-p", "tooltest", "-t", "uts", "-n", "-o", "TYPE,CONTAINER,COMMAND").output
                == "uts tooltest sleep 60\n")
        #expect(try fixture.brig("pstree", "-A", "tooltest").output.contains("---sleep[tooltest]"))
        let pid = try fixture.brig("inspect", "-f", "{{.State.Pid}}", "tooltest").output.filter(\.isNumber)
        #expect(
            try fixture.brig("nsenter", "-t", "tooltest", "-a", "hostname").output
                == fixture.brig("exec", "tooltest", "hostname").output)
        let filter = try fixture.brig("seccomp", "show", "tooltest").output
        #expect(filter.contains("mode     2 filter  [/proc/\(pid)/status: Seccomp]"))
        #expect(filter.contains("keyctl"))
        #expect(filter.contains("filter 0") && filter.contains("; allow"), "\(filter.prefix(600))")
        #expect(try fixture.brig("getpcaps", "tooltest").output.contains("cap_chown"))
        _ = try fixture.brig("rm", "-f", "tooltest")
    }

    @Test("profiles are explained and compared")
    func profiles() throws {
        let text = try brig("seccomp", "explain", "builtin", "keyctl").output
        #expect(text.contains("fails with EPERM"))
        #expect(try brig("seccomp", "diff", "builtin", "builtin").status == 0)
        let more = try brig("seccomp", "diff", "builtin", "builtin+SYS_TIME")
        #expect(more.status == 1)
        #expect(more.output.contains("clock_settime: fails with EPERM → allowed"))
        #expect(try brig("seccomp", "explain", "/nonexistent").status == 1)
    }

    @Test("called by a tool's own name, brig is that tool")
    func links() throws {
        let fixture = try BrigFixture()
        let place = fixture.directory + "/tools"
        _ = try BrigFixture.run("/bin/mkdir", [place])
        let installed = try brig("tools", "install", place)
        #expect(installed.status == 0)
        #expect(try BrigFixture.run(place + "/capsh", ["--decode=20"]).output == "0x0000000000000020=cap_kill\n")
        #expect(try BrigFixture.run(place + "/unshare", ["-f", "sh", "-c", "exit 6"]).status == 6)
        _ = try BrigFixture.run("/bin/sh", ["-c", "rm \(place)/lsns; touch \(place)/lsns"])
        #expect(try brig("tools", "install", place).errors.contains("is there already"))
    }

    private func brig(_ arguments: String...) throws -> BrigFixture.Result { try BrigFixture.run(Self.brig, arguments) }
}
