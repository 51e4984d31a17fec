import LinuxKernel
import Testing

/// `brig net explain`, on a host of its own: what it says and what then happens.
@Suite("brig net explain", .drivesBrig)
struct NetExplainTests {
    /// Asks again until somebody listens in the container: its program starts when it likes.
    private func answer(_ fixture: BrigFixture, _ wanted: String, _ arguments: [String]) throws -> String {
        var output = ""
        for _ in 0..<600 {
            let roots = ["--root", fixture.directory + "/root", "--run-root", fixture.directory + "/run"]
            let result = try fixture.onHost(
                BrigFixture.products + "/brig", roots + ["net", "explain"] + arguments)
            output = result.output + result.errors
            if output.contains(wanted) { break }
            sleep(for: .milliseconds(100))
        }
        return output
    }

    @Test("a published port, from elsewhere and from the host, and one that nobody has")
    func ports() throws {
        let fixture = try BrigFixture()
        let run = try fixture.brig(
            "run", "-d", "--name", "web", "-p", "8080:80", "-p", "127.0.0.1:8081:81", "box", "httpd", "-f", "-p", "80")
        try #require(run.status == 0, "\(run.errors)")
        let outside = try answer(fixture, "→ container web, httpd", ["8080"])
        for part in [
            "prerouting: ports of all addresses", "anywhere4 { tcp . 8080 }: 172.17.0.2 . 80 comment",
            "172.17.0.2 is reached by the link br", "decided by   route 172.17.0.0/16", "forward: published ports",
            "is one end of a pair whose other end is eth0 in container web", "→ container web, httpd (pid ",
        ] { #expect(outside.contains(part), "\(part) in \(outside)") }
        let inside = try answer(fixture, "→ container web, httpd", ["--host", "127.0.0.1:8080"])
        #expect(inside.contains("output: ports of all addresses"), "\(inside)")
        #expect(inside.contains("postrouting: from the host's loopback"))
        // It is told who does not answer, and so it is.
        let none = try answer(fixture, "connection refused", ["--host", "127.0.0.1:8081"])
        #expect(none.contains("output: ports of one address"), "\(none)")
        #expect(none.contains("in container web nobody listens on port 81"))
        let far = try answer(fixture, "not reached from elsewhere", ["127.0.0.1:8081"])
        #expect(far.contains("loopback is not reached from outside"))
        #expect(try answer(fixture, "nobody", ["8082"]).contains("→ nobody: connection refused"))
        #expect(try answer(fixture, "nobody", ["8082/udp"]).contains("port unreachable"))
        // A program of the host's own.
        let host = try fixture.brig(
            "run", "-d", "--network", "host", "--name", "own", "box", "httpd", "-f", "-p", "8083")
        try #require(host.status == 0, "\(host.errors)")
        #expect(try answer(fixture, "of container own", ["8083"]).contains("→ httpd (pid "))
        let json = try answer(fixture, "steps", ["--json", "8080"])
        #expect(json.contains("\"rule\": \"inet brig-"))
        #expect(try fixture.brig("net", "explain", "0").errors.contains("from 1 to 65535"))
        #expect(try fixture.brig("net", "explain", "192.0.2.77:80").errors.contains("no address of this host"))
    }

    @Test("names on the host, and in a container as its name server answers them")
    func names() throws {
        let fixture = try BrigFixture()
        for network in [["back"], ["dark", "--internal"]] {
            let roots = ["--root", fixture.directory + "/root", "--run-root", fixture.directory + "/run"]
            let made = try fixture.onHost(
                BrigFixture.products + "/brig", roots + ["network", "create"] + network.reversed())
            try #require(made.status == 0, "\(made.errors)")
        }
        for (name, network) in [("api", "back"), ("asker", "back"), ("alone", "dark")] {
            let run = try fixture.brig(
                "run", "-d", "--name", name, "--network", network, "--network-alias", "\(name)-alias", "box", "sleep",
                "100000")
            try #require(run.status == 0, "\(run.errors)")
        }
        let known = try answer(fixture, "→", ["-c", "asker", "api-alias"])
        #expect(known.contains("Brig's name server knows api-alias in network back"), "\(known)")
        // The same as the container is told.
        let told = try fixture.brig("exec", "asker", "nslookup", "api-alias").output
        let end = known.split(separator: "\n").last.map { String($0.dropFirst(2)) } ?? "?"
        #expect(told.contains("Address: \(end)"), "\(told)")
        #expect(try answer(fixture, "→", ["-c", "asker", "api.back"]).contains("by way of api in network back"))
        #expect(try answer(fixture, "→", ["-c", "alone", "api"]).contains("→ SERVFAIL"))
        let own = try answer(fixture, "→", ["-c", "asker", "localhost"])
        #expect(own.contains("decided by   /etc/hosts, line"), "\(own)")
        let host = try answer(fixture, "→", ["api"])
        #expect(host.contains("it is a container's name in network back"), "\(host)")
        #expect(try fixture.brig("net", "explain", "-c", "nobody", "x").errors.contains("no such container"))
    }
}
