import OCISpec
import Testing

@testable import Registry

/// What a registry says is checked against what it gives.
@Suite(.timeLimit(.minutes(10))) struct ManifestTests {
    let registry: FlakyRegistry

    init() throws { registry = try FlakyRegistry.shared.get() }

    @Test("a manifest, by tag and by digest")
    func manifest() async throws {
        let client = registry.client()
        let found = try await client.manifest(registry.reference("plain:1"))
        #expect(found.descriptor.mediaType == .manifest && found.descriptor.size == Int64(found.bytes.count))
        #expect(found.descriptor.digest == SHA256Hash.digest(of: found.bytes))
        guard case .manifest(let manifest) = found.document else {
            Issue.record("not a manifest")
            return
        }
        #expect(manifest.layers == [TestBlob.descriptor])
        let pinned = try registry.reference("plain").pinned(to: found.descriptor.digest)
        #expect(try await client.manifest(pinned, expected: found.descriptor).bytes == found.bytes)
        #expect(try await client.descriptor(registry.reference("plain:1")) == found.descriptor)
        #expect(try await client.descriptor(registry.reference("no-type")) == found.descriptor)
    }

    @Test(
        "refused",
        arguments: [
            ("wrong-digest", RegistryError.Kind.mismatch), ("no-digest", .mismatch), ("wrong-type", .mismatch),
            ("other-type", .mismatch), ("both", .mismatch), ("twice", .mismatch), ("page", .mismatch),
            ("old", .unsupported), ("huge", .invalidAnswer), ("endless", .invalidAnswer), ("unknown", .notFound),
            ("denied", .forbidden),
        ])
    func refused(name: String, kind: RegistryError.Kind) async throws {
        let error = try await failure { _ = try await registry.client().manifest(registry.reference(name)) }
        #expect(error.kind == kind, "\(error)")
        #expect(error.operation == "get manifest of \(registry.host)/\(name):latest")
    }

    @Test("other content than a digest, a size or a type names")
    func expectations() async throws {
        let client = registry.client()
        let plain = try registry.reference("plain")
        let found = try await client.manifest(plain).descriptor
        var wrong = [found, found, found]
        wrong[0].digest = TestBlob.digest
        wrong[1].size += 1
        wrong[2].mediaType = .dockerManifest
        for expected in wrong {
            let error = try await failure { _ = try await client.manifest(plain, expected: expected) }
            #expect(error.kind == .mismatch)
        }
    }

    @Test("a silent registry")
    func silent() async throws {
        let client = registry.client {
            $0.idleTimeout = .seconds(2)
            $0.backoff.attempts = 2
        }
        let error = try await failure { _ = try await client.manifest(registry.reference("silent")) }
        #expect(error.kind == .timedOut)
    }

    @Test("nobody there, and no such host")
    func unreachable() async throws {
        let client = registry.client { $0.configuration.registries["127.0.0.1:9"] = .init(plainHTTP: true) }
        let refused = try await failure { _ = try await client.manifest(ImageReference("127.0.0.1:9/a")) }
        #expect(refused.kind == .unreachable && refused.problem.contains("connection refused"))
        #expect(refused.advice?.hasPrefix("check the host and the port") == true)
        let unknown = try await failure { _ = try await client.manifest(ImageReference("no-such-host.invalid/a")) }
        // Where nobody answers for names at all, that takes its time.
        #expect(unknown.kind == .unreachable || unknown.kind == .timedOut, "\(unknown)")
    }

    @Test("a registry without TLS is found out on this machine, and not believed elsewhere")
    func plainHTTP() async throws {
        let client = registry.client { $0.configuration.registries = [:] }
        _ = try await client.manifest(registry.reference("plain"))
    }

    @Test("tags, page by page")
    func tags() async throws {
        let client = registry.client()
        #expect(try await client.tags(of: registry.reference("tags")) == ["a", "b", "c"])
        #expect(try await client.tags(of: registry.reference("tags-none")) == [])
        for name in ["tags-loop", "tags-endless", "tags-elsewhere", "tags-bad"] {
            let error = try await failure { _ = try await client.tags(of: registry.reference(name)) }
            #expect(error.kind == .invalidAnswer, "\(name): \(error)")
        }
        #expect(try await failure { _ = try await client.tags(of: registry.reference("none")) }.kind == .notFound)
    }
}

@Suite(.timeLimit(.minutes(10))) struct UploadTests {
    let registry: FlakyRegistry

    init() throws { registry = try FlakyRegistry.shared.get() }

    private func upload(
        _ name: String, _ client: RegistryClient? = nil, from others: [String] = []
    ) async throws -> UploadOutcome {
        try await (client ?? registry.client()).upload(
            TestBlob.descriptor, BytesSource(TestBlob.bytes), to: registry.reference(name),
            mountingFrom: others.map(registry.reference))
    }

    @Test("whole", arguments: ["upload", "upload-relative", "upload-lost", "upload-drop"])
    func whole(name: String) async throws { #expect(try await upload(name).isUploaded) }

    @Test("in pieces")
    func pieces() async throws {
        let client = registry.client { $0.chunkSize = 300_000 }
        #expect(try await upload("upload-pieces", client).isUploaded)
        let log = try await registry.log { $0.path.contains("/upload-pieces/") }
        #expect(log.map(\.method) == ["HEAD", "POST", "PATCH", "PATCH", "PATCH", "PATCH", "PUT"])
    }

    @Test("in pieces for a registry that asks for them, and no smaller ones than it wants")
    func leastPieces() async throws {
        // Larger pieces than are asked for here are the client's own choice.
        let client = registry.client { $0.chunkSize = 1000 }
        #expect(try await upload("upload-least", client).isUploaded)
        let sent = try await registry.log { $0.path.contains("/upload-least/") && $0.method == "PATCH" }
        #expect(sent.map(\.contentRange) == ["0-399999", "400000-799999", "800000-1048575"])
        #expect(try await upload("upload-least").isUploaded)
    }

    @Test("in pieces where the whole is not taken, in smaller ones where these are too large")
    func refusedWhole() async throws {
        #expect(try await upload("upload-no-whole").isUploaded)
        let whole = try await registry.log { $0.path.contains("/upload-no-whole/") }
        #expect(whole.map(\.method) == ["HEAD", "POST", "PUT", "GET", "POST", "PATCH", "PUT"])
        #expect(try await upload("upload-small").isUploaded)
        let small = try await registry.log { $0.path.contains("/upload-small/") && $0.method == "PATCH" }
        #expect(small.last?.contentRange == "786432-1048575")
        // Pieces that small would be no end of requests.
        let tiny = try await failure { _ = try await upload("upload-tiny") }
        #expect(tiny.status == 413, "\(tiny)")
    }

    @Test("after a piece that does not go on where the last one ended, the registry is asked where it stands")
    func outOfOrder() async throws {
        let client = registry.client { $0.chunkSize = 300_000 }
        #expect(try await upload("upload-order", client).isUploaded)
        let log = try await registry.log { $0.path.contains("/upload-order/") }
        #expect(log.filter { $0.method == "POST" }.count == 1)
        #expect(log.filter { $0.method == "PATCH" }.map(\.contentRange).contains("100000-399999"))
    }

    @Test("an upload that breaks off goes on")
    func resume() async throws {
        let client = registry.client()
        let other = try FlakyRegistry()
        _ = try await client.upload(
            TestBlob.descriptor, BytesSource(TestBlob.bytes), to: ImageReference("127.0.0.1:\(other.port)/upload-drop"))
        let methods = try await other.log { $0.path.contains("/upload-drop/") }.map(\.method)
        #expect(methods.first == "HEAD" && methods.last == "PUT")
        #expect(methods.filter { $0 == "POST" }.count == 1 && methods.contains("PATCH"))
    }

    @Test("what is there is not sent, what another repository has is mounted")
    func savings() async throws {
        guard case .existed = try await upload("plain") else {
            Issue.record("sent although it is there")
            return
        }
        guard case .mounted(let from) = try await upload("mount", from: ["other", "plain"]) else {
            Issue.record("not mounted")
            return
        }
        #expect(try from == registry.reference("plain"))
        #expect(try await upload("mount", from: ["other"]).isUploaded)
    }

    @Test("refused")
    func refused() async throws {
        #expect(try await failure { _ = try await upload("denied") }.kind == .forbidden)
        #expect(try await failure { _ = try await upload("upload-nowhere") }.kind == .invalidAnswer)
        let short = try await failure {
            _ = try await registry.client().upload(
                TestBlob.descriptor, BytesSource(Array(TestBlob.bytes.dropLast())), to: registry.reference("upload"))
        }
        #expect(short.kind == .mismatch, "\(short)")
    }

    @Test("a manifest")
    func manifest() async throws {
        let client = registry.client()
        let bytes = try await client.manifest(registry.reference("plain")).bytes
        let digest = try await client.put(manifest: bytes, .manifest, to: registry.reference("kept:1"))
        #expect(try await client.manifest(registry.reference("kept:1")).descriptor.digest == digest)
        let pinned = try registry.reference("kept").pinned(to: TestBlob.digest)
        #expect(
            try await failure { _ = try await client.put(manifest: bytes, .manifest, to: pinned) }.kind == .mismatch)
    }
}
