import LinuxKernel
import Testing

/// The page that `brig anatomy --html` writes: well-formed, and nothing in it fetches or runs anything.
@Suite(
    "page of brig anatomy",
    .drivesBrig(with: "python3"))
struct PageTests {
    private static let sections = [
        "doors", "processes", "namespaces", "root", "mounts", "cgroups", "capabilities", "seccomp", "label", "users",
        "network",
    ]
    private static let checker = "\(Walkthrough.directory)/check-page.py"
    private static let chromium = "/usr/bin/chromium"
    private static let hasChromium = (try? OwnedDescriptor(open: chromium, .pathOnly)) != nil

    /// A page of a container with limits, a volume, a port and a name that would break a page.
    private func page(_ fixture: BrigFixture) throws -> String {
        let path = "\(fixture.directory)/page.html"
        let run = try fixture.brig(
            "run", "-d", "--name", "web", "-m", "64m", "-p", "127.0.0.1:8080:80", "-v", "/usr/share:/data:ro",
            "--hostname", "web", "-e", "X=</table><script>alert(1)</script>", "box", "sh", "-c",
            #"sleep 100000; echo "'<img src=http://192.0.2.1/>&""#)
        try #require(run.status == 0, "\(run.errors)")
        let written = try fixture.brig("anatomy", "web", "--html", path)
        #expect(written == .init(status: 0, output: "", errors: ""))
        return path
    }

    private func check(_ path: String) throws -> BrigFixture.Result {
        try BrigFixture.run("/usr/bin/python3", [Self.checker, path] + Self.sections)
    }

    @Test("well-formed, its ids once each, and nothing that leads out of it")
    func form() throws {
        let fixture = try BrigFixture()
        let path = try page(fixture)
        #expect(try check(path) == .init(status: 0, output: "", errors: ""))
        // Of a process that is in no container there is one, too.
        let own = "\(fixture.directory)/own.html"
        #expect(try fixture.brig("anatomy", "\(CallerIdentity.pid)", "--html", own).status == 0)
        #expect(try check(own) == .init(status: 0, output: "", errors: ""))
        // What would be wrong is found.
        let text = try readText(path)
        for (old, new) in [
            ("</table>", ""), ("id=\"root\"", "id=\"mounts\""), ("<main>", "<main><script>1</script>"),
            ("<h2>", "<h2 onclick=\"x()\">"), ("href=\"#root\"", "href=\"https://192.0.2.1/\""),
            ("href=\"#root\"", "href=\"#nowhere\""), ("default-src 'none'", "default-src *"),
            ("body{", "body{background:url(//192.0.2.1/x);"),
        ] {
            try #require(text.contains(old))
            let broken = "\(fixture.directory)/broken.html"
            try OwnedDescriptor(open: broken, [.write, .create, .truncate])
                .write(text.replacing(old, with: new, maxReplacements: 1))
            #expect(try check(broken).output != "", "\(old) → \(new)")
        }
        let full = try fixture.brig("anatomy", "web", "--html", "/proc/nowhere/page.html")
        #expect(full.status == 1 && full.errors.split(separator: "\n").count == 1)
    }

    @Test(
        "Chromium shows every section and its diagrams, and asks nobody for anything",
        .enabled(if: hasChromium, "needs chromium"))
    func browser() throws {
        let fixture = try BrigFixture()
        let path = try page(fixture)
        let options = [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
            "--user-data-dir=\(fixture.directory)/profile", "--log-net-log=\(fixture.directory)/net.json",
        ]
        // The browser's own questions go to its maker; it has no network but loopback to ask anybody.
        let shown = try fixture.onHost(Self.chromium, options + ["--dump-dom", "file://\(path)"])
        #expect(shown.status == 0, "\(shown.errors.suffix(500))")
        for name in Self.sections { #expect(shown.output.contains("<section id=\"\(name)\">")) }
        #expect(shown.output.split(separator: "<svg", omittingEmptySubsequences: false).count == 5)
        #expect(!shown.output.contains("<img") && !shown.output.contains("<script"))
        let asked = try BrigFixture.run(
            "/bin/sh",
            [
                "-c",
                "grep -o '\"url\":\"[a-z]*://[^/\"]*' \(fixture.directory)/net.json | grep -v -e google -e 'file://' -e 'chrome://'",
            ])
        #expect(asked.output == "")
    }
}
