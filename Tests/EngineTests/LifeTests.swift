import LinuxKernel
import MonitorProtocol
import OCISpec
import Testing

@testable import Engine

@Suite("Restart policies")
struct RestartTests {
    private func question(
        _ name: String, exit: Int32 = 1, maximum: Int = 0, count: Int = 0, ran: Int64 = 0, backoff: Int64 = 0,
        wish: ContainerRecord.Wish = .nothing
    ) -> Int64? {
        var policy = HostConfiguration.RestartPolicy()
        policy.name = name
        policy.maximumRetryCount = maximum
        return RestartQuestion(
            policy: policy, exitCode: exit, ran: ran, count: count, backoff: backoff, wish: wish
        ).delay
    }

    @Test("who is started again")
    func policies() {
        #expect(question("no") == nil)
        #expect(question("") == nil)
        #expect(question("always", exit: 0) == 100)
        #expect(question("unless-stopped", exit: 0) == 100)
        #expect(question("on-failure", exit: 0) == nil)
        #expect(question("on-failure", exit: 1) == 100)
        #expect(question("on-failure", maximum: 3, count: 2) == 100)
        #expect(question("on-failure", maximum: 3, count: 3) == nil)
        for policy in ["always", "unless-stopped", "on-failure"] {
            #expect(question(policy, wish: .stop) == nil)
            #expect(question(policy, wish: .restart) == nil)
        }
    }

    @Test("each wait is twice the last, up to a minute, and the first again after ten seconds")
    func backoff() {
        var waits: [Int64] = []
        var last: Int64 = 0
        for _ in 0..<12 {
            last = question("always", backoff: last) ?? -1
            waits.append(last)
        }
        #expect(waits == [100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 51_200, 60_000, 60_000])
        #expect(question("always", ran: 9_999, backoff: 800) == 1600)
        #expect(question("always", ran: 10_000, backoff: 800) == 100)
        #expect(question("always", backoff: .max) == 60_000)
    }

    @Test("who is started with the host")
    func boot() {
        func starts(_ name: String, exit: Int32 = 0, _ wish: ContainerRecord.Wish = .nothing) -> Bool {
            var policy = HostConfiguration.RestartPolicy()
            policy.name = name
            return RestartQuestion.startsAtBoot(policy, exitCode: exit, count: 0, wish: wish)
        }
        #expect(starts("always"))
        #expect(starts("always", .stop))
        #expect(starts("unless-stopped"))
        #expect(!starts("unless-stopped", .stop))
        #expect(starts("on-failure", exit: 255))
        #expect(!starts("on-failure"))
        #expect(!starts("no"))
    }
}

@Suite("Events")
struct EventTests {
    private let start = Event(
        .container, "exec_create: ls -l", actor: String(repeating: "a", count: 64),
        ["name": "web", "image": "nginx:latest", "tier": "front"],
        time: Timestamp(seconds: 1_700_000_000, nanoseconds: 5_000))

    @Test("an event is Docker's object, and is read back from its line")
    func line() throws {
        #expect(Event(line: start.json.bytes()) == start)
        let id = start.actor
        #expect(
            start.json.text()
                == #"{"status":"exec_create: ls -l","id":"\#(id)","from":"nginx:latest","Type":"container","#
                + #""Action":"exec_create: ls -l","Actor":{"ID":"\#(id)","Attributes":{"image":"nginx:latest","#
                + #""name":"web","tier":"front"}},"scope":"local","time":1700000000,"timeNano":1700000000000005000}"#)
        #expect(
            start.text
                == "2023-11-14T22:13:20.000005000Z container exec_create: ls -l \(id) (image=nginx:latest, name=web, tier=front)"
        )
        #expect(Event(line: Array("{\"Type\":\"cont".utf8)) == nil)
        #expect(Event(line: Array("[]".utf8)) == nil)
    }

    @Test(
        "filters",
        arguments: [
            (["event=exec_create"], true), (["event=start"], false), (["event=start", "event=exec_create"], true),
            (["type=container"], true), (["type=network"], false), (["container=web"], true),
            (["container=aaaa"], true), (["container=b"], false), (["label=tier"], true), (["label=tier=back"], false),
            (["image=nginx"], true), (["image=redis"], false), (["type=container", "event=die"], false),
        ])
    func filters(texts: [String], admitted: Bool) throws {
        var filter = EventFilter()
        for text in texts { try filter.add(text) }
        #expect(filter.admits(start) == admitted)
    }

    @Test("an unknown filter is refused")
    func unknown() {
        var filter = EventFilter()
        #expect(throws: EngineError.self) { try filter.add("colour=red") }
        #expect(throws: EngineError.self) { try filter.add("event") }
    }

    @Test("the log is bounded, and a reader follows it through its files")
    func rotation() throws {
        let directory = try TemporaryDirectory()
        let log = EventLog(directory: directory.path + "/events")
        var reader = ChainReader(log.chain)
        var seen: [String] = []
        for number in 0..<40 {
            try log.append(Event(.network, "create", actor: String(number)), maximumSize: 1000)
            _ = try reader.read { line in
                if let event = Event(line: line) { seen.append(event.actor) }
                return true
            }
        }
        #expect(seen == (0..<40).map(String.init))
        var names: [String] = []
        for entry in try OwnedDescriptor(open: directory.path + "/events", [.read, .directory]).entries() {
            names.append(entry.name)
        }
        #expect(names.count <= EventLog.maximumFiles)
        // A new reader finds what is left, in order.
        var left: [String] = []
        var second = ChainReader(log.chain)
        _ = try second.read { line in
            if let event = Event(line: line) { left.append(event.actor) }
            return true
        }
        // Two full files at least; a line has fewer than 250 bytes.
        #expect(left == seen.suffix(left.count) && left.count >= 8, "\(left)")
    }
}

@Suite("Which containers are removed")
struct PruneTests {
    @Test("by age and labels")
    func filter() throws {
        var record = try StoreTests.record("1", image: try #require(Identifier(String(repeating: "2", count: 64))))
        record.created = Timestamp(seconds: 100)
        var filter = ContainerPruneFilter()
        #expect(filter.admits(record, [:]))
        filter.until = Timestamp(seconds: 100)
        #expect(!filter.admits(record, [:]))
        filter.until = Timestamp(seconds: 101)
        #expect(filter.admits(record, [:]))
        filter.labels = ["a=b"]
        #expect(filter.admits(record, ["a": "b"]) && !filter.admits(record, ["a": "c"]))
        filter.absentLabels = ["keep"]
        #expect(!filter.admits(record, ["a": "b", "keep": ""]))
    }
}
