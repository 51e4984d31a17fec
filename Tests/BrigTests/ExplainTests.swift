import LinuxKernel
import Testing

/// `brig run --explain` beside what strace sees of the same start.
@Suite("brig run --explain", .drivesBrig(with: "jq", "strace"))
struct ExplainTests {
    /// The calls that make a container; others, such as reads, are the programs' own business.
    private static let significant = [
        "clone3", "setsid", "unshare", "setns", "mount_setattr", "open_tree", "move_mount", "fsopen", "fsmount",
        "mknodat", "symlinkat", "sethostname", "setdomainname", "keyctl", "pivot_root", "umount2", "seccomp",
        "setresgid", "setgroups", "setresuid", "capset", "execve",
    ]

    struct Step {
        var actor: String
        var calls: [String]
        var isConditional: Bool
    }

    private static let cases: [[String]] = [
        ["--network", "none"],
        [
            "--network", "none", "--read-only", "--tmpfs", "/scratch", "-v", "/usr/share:/data:ro", "-u", "1000",
            "--cap-drop", "ALL", "--cap-add", "CHOWN", "--security-opt", "no-new-privileges", "--cgroupns", "private",
        ],
        ["--network", "none", "--privileged", "--ipc", "host"],
    ]

    @Test("every step is made, in this order, and no other", arguments: cases)
    func compare(_ options: [String]) throws {
        let fixture = try BrigFixture()
        let program = BrigFixture.products + "/brig"
        let roots = ["--root", fixture.directory + "/root", "--run-root", fixture.directory + "/run"]
        let command = options + ["box", "true"]
        let explained = try fixture.onHost(program, roots + ["run", "--explain-format", "json"] + command)
        try #require(explained.status == 0, "\(explained.errors)")
        #expect(try fixture.brig("ps", "-aq").output == "")
        let steps = try steps(fixture, explained.output)
        #expect(steps.count > 20)

        let trace = "\(fixture.directory)/trace"
        let traced = try fixture.onHost(
            "/usr/bin/strace",
            ["-f", "-o", trace, "-e", "trace=" + Self.significant.joined(separator: ","), program] + roots
                + ["run", "--rm"] + command)
        try #require(traced.status == 0, "\(traced.errors)")
        let seen = try calls(trace)
        #expect(mismatch(steps.filter { $0.actor == "container" }, seen.container) == nil)
        #expect(mismatch(steps.filter { $0.actor == "runtime" }, seen.runtime) == nil)
    }

    @Test("a working directory is made where it is missing, and entered by root before the user changes")
    func workingDirectory() throws {
        let fixture = try BrigFixture()
        let options = ["--network", "none", "-u", "1000", "-w", "/new/deep", "box", "true"]
        let roots = ["--root", fixture.directory + "/root", "--run-root", fixture.directory + "/run"]
        let program = BrigFixture.products + "/brig"
        let page = try fixture.onHost(program, roots + ["run", "--explain"] + options).output
        #expect(page.contains("  mkdirat(/new/deep)\n"), "\(page)")
        let explained = ["mkdirat(/new/deep)", "chdir(/new/deep)", "setresuid("].compactMap {
            page.firstRange(of: $0)?.lowerBound
        }
        #expect(explained.count == 3 && explained == explained.sorted(), "\(page)")

        let trace = "\(fixture.directory)/trace"
        let traced = try fixture.onHost(
            "/usr/bin/strace",
            ["-f", "-o", trace, "-e", "trace=mkdirat,chdir,setresuid", program] + roots + ["run", "--rm"] + options)
        try #require(traced.status == 0, "\(traced.errors)")
        let text = try readText(trace, limit: 64 << 20)
        let made = text.firstRange(of: "\"deep\", 0755")?.lowerBound
        let entered = text.firstRange(of: "chdir(\"/new/deep\"")?.lowerBound
        let changed = text.firstRange(of: "setresuid(1000")?.lowerBound
        let seen = [made, entered, changed].compactMap { $0 }
        #expect(seen.count == 3 && seen == seen.sorted(), "\(text)")
    }

    @Test("for people there is the reason beside each call, and what is wrong is refused as by run")
    func text() throws {
        let fixture = try BrigFixture()
        let page = try fixture.brig("run", "--explain", "-m", "64m", "--hostname", "here", "box", "echo", "x").output
        for part in [
            "the container's first process\n", "  clone3(CLONE_NEW", "  sethostname(here)\n", "  execve(echo x)\n",
            "      the root becomes /, and the host's files are gone", "lowerdir=",
            "memory", "RTM_NEWLINK veth", "  setns(/proc/PID-OF-BRIG/fd/NUMBER)",
        ] { #expect(page.contains(part), "\(part) in \(page)") }
        let wrong = try fixture.brig("run", "--explain", "--cap-add", "NONSENSE", "box")
        #expect(wrong.status == 125 && wrong.output == "")
        #expect(try fixture.brig("run", "--dry-run", "box").status == 0)
        #expect(try fixture.leftovers() == [])
    }

    private func steps(_ fixture: BrigFixture, _ json: String) throws -> [Step] {
        let path = "\(fixture.directory)/steps.json"
        try OwnedDescriptor(open: path, [.write, .create, .truncate]).write(json)
        let filter = #".[] | "\(.actor) \(.condition != null) \([.calls[].name] | join(" "))""#
        let lines = try BrigFixture.run("/usr/bin/jq", ["-r", filter, path]).output.split(separator: "\n")
        return lines.map { line in
            let words = line.split(separator: " ").map(String.init)
            return Step(
                actor: words[0], calls: words.dropFirst(2).filter(Self.significant.contains),
                isConditional: words[1] == "true")
        }.filter { !$0.calls.isEmpty }
    }

    /// The calls of the process that became the program, and of its maker for it.
    private func calls(_ path: String) throws -> (runtime: [String], container: [String]) {
        var perProcess: [Substring: [(name: String, line: Substring)]] = [:]
        var child: Substring = ""
        var maker: Substring = ""
        for line in try readText(path, limit: 64 << 20).split(separator: "\n") {
            let fields = line.split(separator: " ", maxSplits: 1)
            guard fields.count == 2 else { continue }
            let rest = fields[1].drop { $0 == " " }
            if rest.hasPrefix("<... clone3 resumed>"), rest.contains(" = "), maker.isEmpty { maker = fields[0] }
            guard let parenthesis = rest.firstIndex(of: "("), rest.first != "<", rest.first != "+", rest.first != "-"
            else { continue }
            perProcess[fields[0], default: []].append((String(rest[..<parenthesis]), rest))
            if rest.contains("\"/bin/true\"") || rest.contains("[\"true\"]") { child = fields[0] }
            if rest.hasPrefix("clone3("), rest.contains("CLONE_NEW") { maker = fields[0] }
        }
        var container = perProcess[child]?.map(\.name) ?? []
        if let end = container.lastIndex(of: "execve") { container = Array(container[...end]) }
        let made = perProcess[maker] ?? []
        let clone = made.lastIndex { $0.name == "clone3" && $0.line.contains("CLONE_NEW") } ?? -1
        // Its own start comes first: the program is run again from a file that cannot be written.
        let start = made[..<max(0, clone)].lastIndex { ["execve", "fsmount", "fsopen"].contains($0.name) } ?? -1
        let runtime = clone < 0 ? [] : made[(start + 1)...clone].map(\.name).filter { $0 != "capset" && $0 != "setsid" }
        return (runtime, container)
    }

    /// - Returns: Where the two part; `nil` if they do not.
    private func mismatch(_ steps: [Step], _ seen: [String]) -> String? {
        var rest = seen[...]
        for (number, step) in steps.enumerated() {
            if rest.starts(with: step.calls) {
                rest = rest.dropFirst(step.calls.count)
            } else if !step.isConditional {
                return "step \(number) \(step.calls) of \(steps.map(\.calls)): \(rest.prefix(8)) of \(seen)"
            }
        }
        return rest.isEmpty ? nil : "not explained: \(rest)"
    }
}
