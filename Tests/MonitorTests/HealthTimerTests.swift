import Testing

@testable import Monitor

@Suite("When a container is asked how it is")
struct HealthTimerTests {
    @Test("the interval begins with the answer, and is another while it starts")
    func times() {
        var timer = HealthTimer(
            HealthOptions(interval: 1000, startPeriod: 5000, startInterval: 200, command: ["/x"]), now: 0)
        #expect(timer.due == 200)
        timer.began(7)
        #expect(timer.due == nil)
        timer.ended(8, wasWell: true, now: 250)
        #expect(timer.due == nil)
        timer.ended(7, wasWell: false, now: 300)
        #expect(timer.due == 500)
        timer.began(9)
        timer.ended(9, wasWell: true, now: 600)
        #expect(timer.due == 1600)
        timer.failed(now: 1600)
        #expect(timer.due == 2600)
    }

    @Test("without a time to start there is one interval")
    func plain() throws {
        let options = try MonitorOptions.parse([
            "--bundle", "/b", "--run-dir", "/r", "--cleanup", "/bin/brig", "--health-interval", "30000",
            "--health-arg=container", "--health-arg=health", "ID",
        ])
        let health = try #require(options.health)
        #expect(health.command == ["/bin/brig", "container", "health"])
        #expect(HealthTimer(health, now: 5).due == 30_005)
        #expect(throws: MonitorUsageError.self) {
            try MonitorOptions.parse(["--bundle", "/b", "--run-dir", "/r", "--health-interval", "5", "ID"])
        }
    }
}
