import LinuxKernel
import Testing

/// `brig debug` in a container whose image is one static program.
@Suite("brig debug", .drivesBrig)
struct DebugCommandTests {
    /// What is different, of a process, between the container's own and one with tools: its mount namespace alone.
    private static let kinds = ["net", "pid", "ipc", "uts", "user", "cgroup"]
    private static let lines = ["CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp", "Seccomp_filters"]

    @Test("tools of the host and of an image, the container's confinement, and no trace")
    func debug() throws {
        let fixture = try BrigFixture()
        let made = try BrigFixture.run(
            "/bin/sh",
            [
                "-ec",
                "mkdir \(fixture.directory)/lone; cp /bin/busybox \(fixture.directory)/lone; tar -C \(fixture.directory)/lone -cf \(fixture.directory)/lone.tar busybox",
            ])
        try #require(made.status == 0, "\(made.errors)")
        try #require(try fixture.brig("import", "\(fixture.directory)/lone.tar", "lone").status == 0)
        let started = try fixture.brig(
            "run", "-d", "--name", "lone", "--cap-drop", "NET_RAW", "lone", "/busybox", "sleep", "100000")
        try #require(started.status == 0, "\(started.errors)")
        let pid = try fixture.brig("inspect", "-f", "{{.State.Pid}}", "lone").output.filter(\.isNumber)
        let before = try state(fixture, pid)

        try checkConfinement(fixture, pid, [])
        try checkConfinement(fixture, pid, ["--image", "box"])
        try checkFiles(fixture)
        try checkRest(fixture)

        #expect(try state(fixture, pid) == before)
        #expect(try fixture.brig("rm", "-f", "lone").status == 0)
        #expect(try fixture.leftovers() == [])
    }

    private func shell(_ fixture: BrigFixture, _ options: [String], _ script: String) throws -> BrigFixture.Result {
        let arguments = ["--root", fixture.directory + "/root", "--run-root", fixture.directory + "/run", "debug"]
        return try fixture.onHost(
            BrigFixture.products + "/brig", arguments + options + ["lone", "sh", "-c", script])
    }

    /// The process is in the container's namespaces, with its capabilities and its filter.
    private func checkConfinement(_ fixture: BrigFixture, _ pid: String, _ options: [String]) throws {
        let names = Self.kinds.map { "readlink /proc/self/ns/\($0)" }.joined(separator: "; ")
        let tools = options.isEmpty ? names : names.replacing("readlink", with: "busybox readlink")
        let result = try shell(
            fixture, options, "\(tools); grep -E '^(\(Self.lines.joined(separator: "|"))):' /proc/self/status")
        let expected = try BrigFixture.run(
            "/bin/sh",
            [
                "-c",
                Self.kinds.map { "readlink /proc/\(pid)/ns/\($0)" }.joined(separator: "; ")
                    + "; grep -E '^(\(Self.lines.joined(separator: "|"))):' /proc/\(pid)/status",
            ])
        #expect(result.output == expected.output, "\(options): \(result.errors)")
        #expect(expected.output.contains("Seccomp:\t2"))
        let mounts = try shell(fixture, options, "\(options.isEmpty ? "" : "busybox ")readlink /proc/self/ns/mnt")
        #expect(mounts.output.hasPrefix("mnt:["))
        #expect(try mounts.output != "\(readSymbolicLink("/proc/\(pid)/ns/mnt"))\n")
    }

    private func checkFiles(_ fixture: BrigFixture) throws {
        for options in [[], ["--image", "box"]] {
            let seen = try shell(
                fixture, options,
                "pwd; ls /container | grep -c busybox; cat /proc/1/comm; cat /etc/hostname | wc -c; ls /container/proc | wc -l"
            )
            #expect(seen.output == "/container\n1\nbusybox\n13\n0\n", "\(options): \(seen.errors)")
        }
        // What the container's own files take is written there, as the container could do it.
        #expect(try shell(fixture, [], "echo new > /container/new && rm /container/new").status == 0)
        // Of the host there are programs, and nothing of anybody's.
        let host = try shell(
            fixture, [], "ls /etc/shadow /home /var /srv /opt /boot 2>&1 | grep -c 'No such'; touch /usr/bin/x 2>&1")
        #expect(host.output.hasPrefix("6\n"))
        #expect(host.output.contains("Read-only file system"))
    }

    private func checkRest(_ fixture: BrigFixture) throws {
        // The filter and the capabilities are the container's: nothing can be mounted, no raw socket be made.
        let mount = try shell(fixture, ["--image", "box"], "busybox mount -t tmpfs none /tmp")
        #expect(mount.status != 0)
        #expect(mount.errors.contains("ermission denied") || mount.errors.contains("not permitted"))
        #expect(try shell(fixture, ["-u", "7:8"], "id -u; id -g").output == "7\n8\n")
        #expect(try shell(fixture, ["-e", "A=b", "-w", "/tmp"], "echo $A; pwd").output == "b\n/tmp\n")
        #expect(try shell(fixture, [], "exit 7").status == 7)
        #expect(try shell(fixture, ["--image", "nothing"], "true").errors == "brig: no such image: nothing\n")
        // What is left running ends with it.
        #expect(
            try shell(fixture, [], "setsid sleep 100000 >/dev/null 2>&1 </dev/null & echo started").output
                == "started\n")
        let top = try fixture.brig("top", "lone")
        #expect(top.output.split(separator: "\n").count == 2, "\(top.output)")
        let other = try fixture.brig("debug", "nobody")
        #expect(other.status == 1 && other.errors.contains("no such container"))
    }

    /// Everything in which a trace could be.
    private func state(_ fixture: BrigFixture, _ pid: String) throws -> String {
        let script = """
            cat /proc/\(pid)/mountinfo; cat /proc/self/mountinfo | grep \(fixture.directory)
            cd \(fixture.directory); find run root/containers | grep -v -e @seccomp -e events | sort
            """
        return try BrigFixture.run("/bin/sh", ["-c", script]).output + fixture.brig("diff", "lone").output
    }
}
