import LinuxKernel
import Testing

@Suite("options of run, update, stats, top, cp and diff from outside", .drivesBrig)
struct OptionTests {
    let fixture: BrigFixture

    init() throws { fixture = try BrigFixture() }

    @Test("limits, groups and kernel parameters are what the kernel says")
    func limits() throws {
        let file = (try? OwnedDescriptor(open: "/sys/fs/cgroup/pids", .pathOnly)) == nil ? "" : "pids/"
        let result = try fixture.brig(
            "run", "--rm", "--network=none", "--pids-limit=50", "--group-add", "adm", "--sysctl",
            "kernel.shmmax=1234567",
            "--ulimit=nofile=64:128", "-e=A=1", "box", "sh", "-c",
            "cat /sys/fs/cgroup/\(file)pids.max /proc/sys/kernel/shmmax; ulimit -n; id | grep -c adm; echo $A")
        #expect(result.output == "50\n1234567\n64\n1\n1\n", "\(result.errors)")
    }

    @Test("another container's processes, host name and shared memory")
    func joining() throws {
        #expect(
            try fixture.brig("run", "-d", "--name", "one", "--network=none", "--ipc=shareable", "box", "sleep", "60")
                .status == 0)
        let joined = try fixture.brig(
            "run", "--rm", "--network=none", "--pid=container:one", "--uts=container:one", "--ipc=container:one", "box",
            "sh", "-c", "cat /proc/1/cmdline | head -c 5; hostname; echo x > /dev/shm/file")
        let name = try fixture.brig("inspect", "-f", "{{.Config.Hostname}}", "one").output
        #expect(joined.output == "sleep" + name, "\(joined.errors)")
        #expect(try fixture.brig("exec", "one", "cat", "/dev/shm/file").output == "x\n")
        #expect(try fixture.brig("rm", "-f", "one").status == 0)
        let gone = try fixture.brig("run", "--rm", "--pid=container:one", "box", "true")
        #expect(gone.status == 125 && gone.errors.contains("no such container"))
        #expect(try fixture.leftovers() == [])
    }

    @Test("update, stats, top, cp and diff of a container that runs, and of one that does not")
    func changes() throws {
        #expect(
            try fixture.brig("run", "-d", "--name", "one", "--network=none", "box", "sleep", "60").status == 0)
        #expect(try fixture.brig("update", "--memory", "8000000", "one").output == "one\n")
        let shown = try fixture.brig("stats", "--no-stream", "--format", "{{.MemUsage}}", "one").output
        #expect(shown.hasSuffix(" / 7.629MiB\n"), "\(shown)")
        // Where swap is counted, memory and swap together were limited with the memory, and stand against more memory alone.
        let countsSwap = try fixture.brig("info", "--format", "{{.SwapLimit}}").output == "true\n"
        let more = try fixture.brig("update", "--memory", "1g", "one")
        #expect(more.status == (countsSwap ? 1 : 0), "\(more.errors)")
        #expect(!countsSwap || more.errors.contains("update the memoryswap at the same time"), "\(more.errors)")
        if countsSwap {
            #expect(try fixture.brig("update", "--memory", "1g", "--memory-swap", "2g", "one").output == "one\n")
        }
        let top = try fixture.brig("top", "one").output.split(separator: "\n")
        #expect(top.first?.hasPrefix("UID ") == true && top.last?.hasSuffix("sleep 60") == true)
        #expect(
            try fixture.brig(
                "exec", "one", "sh", "-c", "echo hi > /tmp/a; busybox ln -s /etc/passwd /tmp/l; touch /new"
            ).status
                == 0)
        let found = try fixture.brig("diff", "one").output.split(separator: "\n")
        for line in ["A /new", "C /tmp", "A /tmp/a", "A /tmp/l"] {
            #expect(found.contains(Substring(line)), "\(found)")
        }
        let out = "\(fixture.directory)/out"
        #expect(try fixture.brig("cp", "-q", "one:/tmp", out).status == 0)
        #expect(
            try BrigFixture.run("/bin/sh", ["-c", "cat \(out)/a; readlink \(out)/l"]).output == "hi\n/etc/passwd\n")
        // A link of the container's leads to inside of it.
        #expect(try fixture.brig("cp", "-qL", "one:/tmp/l", "\(out)/passwd").status == 0)
        #expect(
            try BrigFixture.run("/bin/sh", ["-c", "cmp \(out)/passwd \(fixture.directory)/image/etc/passwd"]).status
                == 0)
        #expect(try fixture.brig("cp", "-q", "\(out)/a", "one:/tmp/b").status == 0)
        #expect(try fixture.brig("exec", "one", "cat", "/tmp/b").output == "hi\n")
        #expect(try fixture.brig("cp", "one:/nope", out).status == 1)
        #expect(try fixture.brig("kill", "one").status == 0)
        #expect(try fixture.brig("stop", "one").status == 0)
        #expect(try fixture.brig("cp", "-q", "one:/tmp/b", "\(out)/c").status == 0)
        #expect(try fixture.brig("cp", "-q", "\(out)/c", "one:/late").status == 0)
        #expect(try fixture.brig("diff", "one").output.contains("A /late\n"))
        #expect(try fixture.brig("rm", "one").status == 0)
        #expect(try fixture.leftovers() == [])
    }
}
