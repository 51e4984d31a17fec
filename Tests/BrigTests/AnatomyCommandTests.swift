import LinuxKernel
import Testing

/// What `brig anatomy` says, beside what other programs and procfs say about the same process.
@Suite(
    "brig anatomy",
    .enabled(
        if: BrigFixture.isPossible
            && ["/usr/bin/jq", "/usr/bin/lsns", "/usr/bin/findmnt", "/usr/sbin/capsh", "/usr/sbin/ip"].allSatisfy {
                (try? OwnedDescriptor(open: $0, .pathOnly)) != nil
            },
        "needs root, busybox-static, jq, util-linux, libcap2-bin, iproute2 and the built programs"))
struct AnatomyCommandTests {
    /// The same question to somebody else and to the JSON.
    private static let readings: [(name: String, other: String, own: String)] = [
        (
            "namespaces", "lsns -n -o NS,TYPE -p $PID | awk '{print $1, $2}' | sort",
            #".namespaces[] | "\(.inode) \(.kind)""#
        ),
        (
            "effective capabilities",
            "capsh --decode=$(awk '/CapEff/{print $2}' /proc/$PID/status) | sed 's/.*=//' | tr , '\\n' | sort",
            ".capabilities.sets.effective.names[]"
        ),
        (
            "bounding capabilities",
            "capsh --decode=$(awk '/CapBnd/{print $2}' /proc/$PID/status) | sed 's/.*=//' | tr , '\\n' | sort",
            ".capabilities.sets.bounding.names[]"
        ),
        // Others' tests mount below /tmp while this one reads.
        (
            "mounts", "findmnt -N $PID -rno TARGET | grep -v ^/tmp | sort",
            #".mounts[].path | select(startswith("/tmp") | not)"#
        ),
        (
            "types of mounts", "findmnt -N $PID -rno TARGET,FSTYPE | grep -v ^/tmp | sort",
            #".mounts[] | select(.path | startswith("/tmp") | not) | "\(.path) \(.type)""#
        ),
        ("cgroups", "cut -d: -f2- /proc/$PID/cgroup | sort", #".cgroups[] | "\(.controllers):\(.path)""#),
        ("seccomp mode", "awk '/^Seccomp:/{print $2}' /proc/$PID/status", ".seccomp.mode"),
        (
            "user map", "awk '{print $1, $2, $3}' /proc/$PID/uid_map | sort",
            #".users.users[] | "\(.inside) \(.outside) \(.count)""#
        ),
        (
            "addresses", "nsenter -t $PID -n ip -o addr | awk '{print $4}' | sort", ".network.interfaces[].addresses[]"
        ),
        (
            "interfaces", "nsenter -t $PID -n ip -o link | awk -F': ' '{print $2}' | sed 's/@.*//' | sort",
            ".network.interfaces[].name"
        ),
        (
            "routes", "nsenter -t $PID -n ip -o route | awk '{print $1}' | sort",
            #".network.routes[] | select(.destination | contains(":") | not) | select((.gateway // "") | contains(":") | not) | .destination"#
        ),
        ("command", "tr '\\0' ' ' < /proc/$PID/cmdline; echo", #"(.subject.commandLine | join(" ")) + " ""#),
    ]

    private func compare(_ fixture: BrigFixture, _ pid: Int32, _ target: String) throws {
        let json = "\(fixture.directory)/anatomy.json"
        var differences = try differences(fixture, pid, target, json)
        // Others mount and connect on this machine meanwhile: what is really different stays so.
        for _ in 0..<20 where !differences.isEmpty { differences = try self.differences(fixture, pid, target, json) }
        #expect(differences == [])
        // Each statement stands beside what it rests on.
        let evidence = try BrigFixture.run(
            "/bin/sh",
            [
                "-c",
                "jq '[.namespaces[], .mounts[], .cgroups[].values[], .doors[]] | all(.evidence | length > 0)' \(json)",
            ])
        #expect(evidence.output == "true\n")
    }

    private func differences(
        _ fixture: BrigFixture, _ pid: Int32, _ target: String, _ json: String
    ) throws -> [String] {
        let answer = try fixture.brig("anatomy", "--json", target)
        #expect(answer.status == 0, "\(answer.errors)")
        try OwnedDescriptor(open: json, [.write, .create, .truncate]).write(answer.output)
        return try Self.readings.compactMap { reading in
            let other = try BrigFixture.run("/bin/sh", ["-c", "PID=\(pid); \(reading.other)"])
            let own = try BrigFixture.run("/bin/sh", ["-c", "jq -r '\(reading.own)' \(json) | sort"])
            #expect(own.status == 0 && other.status == 0, "\(reading.name): \(own.errors)\(other.errors)")
            return own.output == other.output ? nil : "\(reading.name): \(own.output) and not \(other.output)"
        }
    }

    private func started(_ words: [String]) throws -> ChildProcess {
        try Spawn(program: words[0], arguments: words, environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]).start()
    }

    @Test("a container, with its limits, its volume, and what an engine closes")
    func container() throws {
        let fixture = try BrigFixture()
        let run = try fixture.brig(
            "run", "-d", "--name", "web", "-m", "64m", "--pids-limit", "33", "-v", "/usr/share:/data:ro", "box",
            "sleep",
            "600")
        #expect(run.status == 0, "\(run.errors)")
        let pid = try #require(
            Int32(try fixture.brig("inspect", "-f", "{{.State.Pid}}", "web").output.split(separator: "\n").first ?? ""))
        try compare(fixture, pid, "web")
        let page = try fixture.brig("anatomy", "web").output
        #expect(page.contains("container web"))
        #expect(page.contains("shows /usr/share of the host, read-only"))
        #expect(page.contains("64 MiB  (the most memory)"))
        #expect(page.contains("33  (the most processes and threads)"))
        #expect(!page.contains("takes over the host"))
        #expect(!page.contains("\u{1b}"))
        // Another that was made alike differs in names and numbers only; one with a flag more differs in that.
        _ = try fixture.brig(
            "run", "-d", "--name", "twin", "-m", "64m", "--pids-limit", "33", "-v", "/usr/share:/data:ro", "box",
            "sleep",
            "600")
        let same = try fixture.brig("anatomy", "web", "--compare", "twin")
        #expect(same.status == 0, "\(same.output)")
        _ = try fixture.brig("run", "-d", "--name", "other", "--cap-drop", "ALL", "box", "sleep", "600")
        let different = try fixture.brig("anatomy", "web", "--compare", "other")
        #expect(different.status == 1)
        #expect(different.output.contains("capabilities effective"))
        #expect(different.output.contains("mount /data"))
        _ = try fixture.brig("run", "-d", "--name", "open", "--privileged", "-v", "/:/host", "box", "sleep", "600")
        let open = try fixture.brig("anatomy", "open").output
        for door in ["/ of the host is at /host", "CAP_SYS_ADMIN", "no seccomp filter"] { #expect(open.contains(door)) }
    }

    @Test("a plain process, and one in another user namespace")
    func processes() throws {
        let fixture = try BrigFixture()
        let plain = try started(["/bin/sleep", "600"])
        try compare(fixture, plain.pid, "\(plain.pid)")
        // Asked where the process lives: the fixture's own commands have another network.
        let roots = ["--root", fixture.directory + "/root", "--run-root", fixture.directory + "/run"]
        let seen = try BrigFixture.run(BrigFixture.products + "/brig", roots + ["anatomy", "\(plain.pid)"])
        #expect(seen.output.contains("it is no container"))
        let outer = try started(["/usr/bin/unshare", "-Urmpfni", "--mount-proc", "--kill-child", "/bin/sleep", "600"])
        var inner: Int32?
        for _ in 0..<12_000 where inner == nil {
            let children = try readText("/proc/\(outer.pid)/task/\(outer.pid)/children")
            inner = children.split(separator: " ").first.flatMap { Int32($0) }
            if let pid = inner, try ProcessStat(of: pid).name != "sleep" { inner = nil }
            if inner == nil { sleep(for: .milliseconds(10)) }
        }
        try compare(fixture, try #require(inner), "\(try #require(inner))")
        try plain.send(.kill)
        try outer.send(.kill)
        _ = try plain.wait()
        _ = try outer.wait()
    }

    @Test("a name that holds escape sequences moves no cursor, and what is gone is said to be")
    func hostile() throws {
        let fixture = try BrigFixture()
        let path = "\(fixture.directory)/\u{1b}[31mred\nline"
        _ = try BrigFixture.run("/bin/cp", ["/bin/busybox", path])
        let child = try Spawn(program: path, arguments: ["sleep", "600", "\u{1b}[2J"]).start()
        let page = try fixture.brig("anatomy", "\(child.pid)").output
        #expect(!page.contains("\u{1b}"))
        let html = "\(fixture.directory)/page.html"
        #expect(try fixture.brig("anatomy", "\(child.pid)", "--html", html).status == 0)
        let text = try readText(html)
        #expect(!text.contains("\u{1b}") && !text.contains("http:") && !text.contains("https:"))
        #expect(text.contains("default-src 'none'"))
        try child.send(.kill)
        let pid = child.pid
        _ = try child.wait()
        let gone = try fixture.brig("anatomy", "\(pid)")
        #expect(gone.status == 1)
        #expect(gone.errors == "brig: there is no process \(pid)\n")
        #expect(try fixture.brig("anatomy", "nosuch").errors.contains("nosuch"))
    }
}
