import OCISpec
import Testing

@testable import Engine

@Suite("Health checks")
struct HealthTests {
    private func settings(_ test: [String]) -> HealthSettings {
        var settings = HealthSettings()
        settings.test = test
        return settings
    }

    @Test("what is asked, and with which defaults")
    func plans() throws {
        #expect(try HealthPlan(nil) == nil)
        #expect(try HealthPlan(settings([])) == nil)
        #expect(try HealthPlan(settings(["NONE"])) == nil)
        let plan = try #require(try HealthPlan(settings(["CMD-SHELL", "curl localhost"])))
        #expect(plan.probe == .command(["/bin/sh", "-c", "curl localhost"]))
        #expect(plan.interval == 30_000 && plan.timeout == 30_000 && plan.retries == 3 && plan.startPeriod == 0)
        #expect(try HealthPlan(settings(["CMD", "redis-cli", "ping"]))?.probe == .command(["redis-cli", "ping"]))
    }

    @Test(
        "probes that need no program of the image's",
        arguments: [
            ("tcp:6379", HealthPlan.Probe.tcp(host: "127.0.0.1", port: 6379)),
            ("tcp:10.0.0.1:80", .tcp(host: "10.0.0.1", port: 80)),
            ("tcp:[::1]:80", .tcp(host: "[::1]", port: 80)),
            ("http:8080/live?x=1", .http(host: "127.0.0.1", port: 8080, path: "/live?x=1")),
            ("http://localhost/", .http(host: "127.0.0.1", port: 80, path: "/")),
            ("http://localhost:81", .http(host: "127.0.0.1", port: 81, path: "/")),
            ("file:/run/ready", .file("/run/ready")),
        ])
    func builtIn(text: String, probe: HealthPlan.Probe) throws { #expect(try HealthPlan.builtIn(text) == probe) }

    @Test("commands that look like them, and wrong ones")
    func refused() throws {
        #expect(try HealthPlan.builtIn("tcp: is a protocol") == nil)
        #expect(try HealthPlan.builtIn("test -f /x") == nil)
        for wrong in ["tcp:", "tcp:0", "tcp:70000", "tcp:example.org:80", "file:relative", "http:x:y", "tcp:80/x"] {
            #expect(throws: EngineError.self, "\(wrong)") { try HealthPlan.builtIn(wrong) }
        }
    }

    @Test("so many failures in a row, but not while it starts; five answers are kept")
    func state() throws {
        var settings = settings(["CMD", "x"])
        settings.retries = 2
        settings.startPeriod = 10_000_000_000
        let plan = try #require(try HealthPlan(settings))
        func answer(_ code: Int32) -> HealthState.Answer { .init(start: "", end: "", exitCode: code, output: "") }
        var state = HealthState()
        for age in [0, 5_000, 9_999] as [Int64] { state.take(answer(1), plan, age: age) }
        #expect(state.status == "starting" && state.failingStreak == 0)
        state.take(answer(1), plan, age: 10_000)
        #expect(state.status == "starting" && state.failingStreak == 1)
        state.take(answer(0), plan, age: 11_000)
        #expect(state.status == "healthy" && state.failingStreak == 0)
        state.take(answer(1), plan, age: 12_000)
        #expect(state.status == "healthy")
        state.take(answer(-1), plan, age: 13_000)
        #expect(state.status == "unhealthy" && state.failingStreak == 2)
        #expect(state.log.map(\.exitCode) == [1, 1, 0, 1, -1])
        // As it is kept.
        #expect(try HealthState(stored: try state.storedText()) == state)
    }

    @Test("what a container leaves open is what its image says")
    func merging() {
        var image = settings(["CMD", "image"])
        image.retries = 7
        #expect(HealthSettings.merged(nil, image) == image)
        #expect(HealthSettings.merged(settings(["NONE"]), image)?.test == ["NONE"])
        var own = HealthSettings()
        own.interval = 5
        let merged = HealthSettings.merged(own, image)
        #expect(merged?.test == ["CMD", "image"] && merged?.retries == 7 && merged?.interval == 5)
    }

    @Test(
        "status lines",
        arguments: [("HTTP/1.1 200 OK", true), ("HTTP/1.0 302 F", true), ("HTTP/1.1 404 N", false), ("", false)])
    func statusLine(line: String, good: Bool) { #expect(Engine.isGood(line) == good) }
}
