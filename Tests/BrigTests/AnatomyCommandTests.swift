import LinuxKernel
import Testing

/// What `brig anatomy` says, beside what other programs and procfs say about the same process.
@Suite("brig anatomy", .drivesBrig(with: "jq", "lsns", "findmnt", "capsh", "ip"))
struct AnatomyCommandTests {
    /// What `compare-anatomy.sh` finds; who is looked at is named by `target`.
    private func compare(_ fixture: BrigFixture, _ pid: Int32, _ target: String) throws {
        let words = [
            "TARGET=\(target)", "/bin/sh", "\(Walkthrough.directory)/compare-anatomy.sh",
            "\(fixture.directory)/anatomy.json", "\(pid)", BrigFixture.products + "/brig", "--root",
            fixture.directory + "/root", "--run-root", fixture.directory + "/run",
        ]
        var answer = try fixture.onHost("/usr/bin/env", words)
        // Others mount and connect on this machine meanwhile: what is really different stays so.
        for _ in 0..<20 where answer.output != "" { answer = try fixture.onHost("/usr/bin/env", words) }
        #expect(answer == .init(status: 0, output: "", errors: ""))
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

    @Test(
        "ports that Docker publishes, from its rules and its proxies, and the container's name whatever its control group",
        .enabled(if: Walkthrough.wantsDocker, "WITH_DOCKER=1 asks dockerd"))
    func published() throws {
        let result = try BrigFixture.run(
            "\(Walkthrough.directory)/with-docker",
            ["bash", "\(Walkthrough.directory)/published.sh", BrigFixture.products + "/brig"], limit: .seconds(600))
        #expect(
            result.output == """
                in its group: yes
                name: docker:seen
                engine: docker
                gaps: 0
                published: tcp 0.0.0.0 8080 to 80
                published: tcp :: 8080 to 80
                published: udp 127.0.0.1 5353 to 53
                each by evidence: true
                lsns: pid 1 docker:seen
                pstree: busybox[docker:seen]

                """, "\(result.errors)")
    }

    @Test("ports that a container publishes, from the map that the kernel asks")
    func ports() throws {
        let fixture = try BrigFixture()
        let run = try fixture.brig(
            "run", "-d", "--name", "web", "-p", "8080:80", "-p", "127.0.0.1:5353:53/udp", "box", "sleep", "600")
        #expect(run.status == 0, "\(run.errors)")
        let page = try fixture.brig("anatomy", "web", "--evidence").output
        #expect(page.contains("tcp 0.0.0.0 port 8080 of the host leads to port 80 here: rule "), "\(page)")
        #expect(page.contains("udp 127.0.0.1 port 5353 of the host leads to port 53 here: rule "))
        #expect(page.contains("nf_tables NFT_MSG_GETRULE inet brig"))
        _ = try fixture.brig("rm", "-f", "web")
        let other = try fixture.brig("run", "-d", "--name", "other", "box", "sleep", "600")
        #expect(other.status == 0, "\(other.errors)")
        #expect(try !fixture.brig("anatomy", "other").output.contains("published"))
    }

    private static let crowd = "\(Walkthrough.directory)/../../bin/test/crowd"

    /// Whether so many can be here at all.
    private static let hasRoom: Bool = {
        let tried = try? BrigFixture.run("/usr/bin/unshare", ["-pf", "--kill-child", crowd, "10000"], input: "")
        return tried?.output == "ready\n"
    }()

    @Test(
        "10,000 processes, each twentieth in namespaces of its own: everything is counted as others count it",
        .enabled(if: hasRoom, "needs `make fixtures` for bin/test/crowd, and room for 10,000 processes"))
    func crowded() throws {
        let directory = "/tmp/brig-tests-crowd-\(UInt32.random(in: 0 ... .max))"
        let brig = BrigFixture.products + "/brig"
        // In a pid namespace of their own: all of them end with it, and nobody else's processes are among them.
        let script = """
            mkdir \(directory); cd \(directory); mkfifo in; : >out; sleep 100000 & pid=$!
            \(Self.crowd) 10000 <in >out & exec 3>in
            i=0; until grep -q ready out; do i=$((i + 1)); [ $i -lt 2400 ] || exit 9; sleep 0.1; done
            \(brig) anatomy --json $pid >json || exit 8
            jq -c '.namespaces[] | select(.kind == "uts") | .others > 9400 and .others < 9520' json
            \(brig) lsns -n -t uts -o NS,NPROCS | grep -v "^$(readlink /proc/self/ns/uts | tr -dc 0-9)" | tr -s ' ' | sort >ours
            lsns -l -n -t uts -o NS,NPROCS | grep -v "^$(readlink /proc/self/ns/uts | tr -dc 0-9)" | tr -s ' ' | sort >theirs
            cmp ours theirs && wc -l <ours
            \(brig) pstree -A $pid; \(brig) pstree -A | grep -c 'crowd---10000.*crowd'
            """
        let result = try BrigFixture.run(
            "/usr/bin/unshare",
            ["-mpf", "--mount-proc", "--kill-child", "--propagation", "private", "/bin/sh", "-c", script],
            limit: .seconds(600))
        _ = try? BrigFixture.run("/bin/rm", ["-rf", "--one-file-system", directory])
        #expect(result == .init(status: 0, output: "true\n500\nsleep\n1\n", errors: ""))
    }
}
