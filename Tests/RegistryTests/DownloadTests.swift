import OCISpec
import Testing

@testable import Registry

/// Against the misbehaving registry: a pull ends whole or fails cleanly.
@Suite(.timeLimit(.minutes(10))) struct DownloadTests {
    let registry: FlakyRegistry

    init() throws { registry = try FlakyRegistry.shared.get() }

    private func download(
        _ name: String, _ client: RegistryClient? = nil, into sink: inout MemorySink
    ) async throws {
        try await (client ?? registry.client()).download(
            TestBlob.descriptor, of: registry.reference(name), into: &sink)
    }

    @Test(
        "ends whole",
        arguments: [
            "plain", "drop", "drop-whole", "wrong-range", "no-range", "busy", "failing", "hang-up", "slow",
            "redirect", "redirect-home",
        ])
    func whole(name: String) async throws {
        var sink = MemorySink()
        try await download(name, into: &sink)
        #expect(sink.bytes == TestBlob.bytes)
    }

    @Test("a connection that breaks off is gone on with, not begun again")
    func resume() async throws {
        var sink = MemorySink()
        sink.bytes = Array(TestBlob.bytes[..<777_777])
        try await download("drop-again", into: &sink)
        #expect(sink.bytes == TestBlob.bytes && sink.restarts == 0)
        let starts = try await registry.log { $0.path.contains("/drop-again/") }
            .compactMap { $0.range?.split(separator: "=").last.flatMap { Int($0.dropLast()) } }
        #expect(starts.first == 777_777 && starts == starts.sorted() && starts.count >= 3)
    }

    @Test("a sink that is full needs no request, one that has too much begins again")
    func ends() async throws {
        var sink = MemorySink(bytes: TestBlob.bytes)
        try await download("nobody-asks-this", into: &sink)
        #expect(sink.restarts == 0)
        sink.bytes.append(0)
        try await download("plain", into: &sink)
        #expect(sink.bytes == TestBlob.bytes && sink.restarts == 1)
    }

    @Test(
        "fails cleanly",
        arguments: [
            ("drop-always", RegistryError.Kind.unreachable), ("short", .mismatch), ("ends-early", .unreachable),
            ("long", .mismatch), ("endless", .mismatch), ("encoded", .mismatch), ("busy-long", .rateLimited),
            ("failing-always", .serverFailure), ("garbage", .invalidAnswer), ("redirect-loop", .invalidAnswer),
            ("redirect-away", .untrusted), ("redirect-file", .invalidAnswer), ("redirect-user", .invalidAnswer),
            ("redirect-bad", .invalidAnswer), ("redirect-space", .invalidAnswer), ("redirect-line", .invalidAnswer),
            ("redirect-nowhere", .invalidAnswer), ("basic", .unauthorized),
        ])
    func fails(name: String, kind: RegistryError.Kind) async throws {
        var sink = MemorySink()
        let error = try await failure { try await download(name, into: &sink) }
        #expect(error.kind == kind, "\(error)")
        #expect(error.description.hasPrefix("download \(TestBlob.digest.shortText) of \(registry.host)/\(name): "))
        #expect(sink.bytes.count <= TestBlob.bytes.count)
    }

    @Test("silence ends with an error, and what came before it is kept")
    func silence() async throws {
        var sink = MemorySink()
        let client = registry.client {
            // The first bytes may be late where much else goes on; the registry is silent for longer.
            $0.idleTimeout = .seconds(8)
            $0.backoff.attempts = 2
        }
        let error = try await failure { try await download("silent", client, into: &sink) }
        #expect(error.kind == .timedOut)
        #expect(sink.bytes == Array(TestBlob.bytes[..<1000]))
    }

    @Test("too many requests: the error says when to come back")
    func rateLimit() async throws {
        var sink = MemorySink()
        let error = try await failure { try await download("busy-long", into: &sink) }
        #expect(error.retryAt != nil && error.description.contains("try again after 20"))
    }

    @Test("cancelled: ends at once")
    func cancellation() async throws {
        let registry = registry
        let task = Task {
            var sink = MemorySink()
            try await registry.client().download(TestBlob.descriptor, of: registry.reference("silent"), into: &sink)
        }
        try await Task.sleep(for: .milliseconds(50))
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test("several at a time, in the order asked for")
    func concurrent() async throws {
        let registry = registry
        let client = registry.client()
        let sizes = try await concurrently(Array(0..<12), limit: 4) { index in
            var sink = MemorySink()
            try await client.download(TestBlob.descriptor, of: registry.reference("plain"), into: &sink)
            #expect(sink.bytes == TestBlob.bytes)
            return index
        }
        #expect(sizes == Array(0..<12))
    }

    @Test("mirrors are asked first; what they cannot do the registry does")
    func mirrors() async throws {
        let registry = registry
        let dead = try #require(WebAddress("http://127.0.0.1:9/"))
        let bad = try #require(WebAddress("http://\(registry.host)/failing-always"))
        let good = try #require(WebAddress("http://127.0.0.1:\(registry.otherPort)"))
        for mirrors in [[good], [dead, good], [bad]] {
            let client = registry.client { $0.configuration.registries[registry.host]?.mirrors = mirrors }
            var sink = MemorySink()
            do { try await download("plain", client, into: &sink) } catch { Issue.record("\(mirrors): \(error)") }
            #expect(sink.bytes == TestBlob.bytes)
        }
        let asked = try await registry.log { $0.port == registry.otherPort && $0.path.contains("/plain/blobs/") }
        #expect(asked.count == 2)
    }

    @Test("a layer that is kept elsewhere is fetched only if the configuration says so")
    func foreign() async throws {
        var blob = TestBlob.descriptor
        blob.mediaType = MediaType(rawValue: "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip")
        blob.urls = ["http://127.0.0.1:\(registry.otherPort)/elsewhere"]
        var sink = MemorySink()
        let error = try await failure {
            try await registry.client().download(blob, of: registry.reference("missing"), into: &sink)
        }
        #expect(error.kind == .unsupported)
        let allowed = registry.client { $0.configuration.foreignLayers = true }
        let plain = try await failure {
            try await allowed.download(blob, of: registry.reference("missing"), into: &sink)
        }
        #expect(plain.kind == .invalidInput)
    }
}
