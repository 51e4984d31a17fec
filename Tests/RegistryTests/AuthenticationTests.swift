import OCISpec
import Testing

@testable import Registry

struct ChallengeTests {
    @Test("one challenge, with quotes, backslashes and commas in it")
    func one() {
        let field =
            #"Bearer realm="https://auth.example.com/token",service="a \"b\", c",scope="repository:x:pull,push""#
        #expect(
            Challenge.parse(field) == [
                Challenge(
                    scheme: "bearer",
                    parameters: [
                        "realm": "https://auth.example.com/token", "service": "a \"b\", c",
                        "scope": "repository:x:pull,push",
                    ])
            ])
    }

    @Test("several in one field")
    func several() {
        let parsed = Challenge.parse(#"Negotiate, Basic realm=x, BEARER Realm = "y" , Scope=z"#)
        #expect(parsed.map(\.scheme) == ["negotiate", "basic", "bearer"])
        #expect(parsed.map(\.parameters) == [[:], ["realm": "x"], ["realm": "y", "scope": "z"]])
    }

    @Test("of a name given twice the first counts")
    func twice() {
        #expect(Challenge.parse(#"Bearer realm="a",realm="b""#).first?.parameters == ["realm": "a"])
    }

    @Test("nothing useful", arguments: ["", ",,,", "\"", "=", String(repeating: "a", count: 20_000)])
    func nothing(field: String) { #expect(Challenge.parse(field).isEmpty) }
}

struct TokenAnswerTests {
    @Test(
        "answers",
        arguments: [
            (#"{"token":"a.b-c","expires_in":300}"#, "a.b-c", Int64(300)), (#"{"access_token":"x"}"#, "x", 60),
            (#"{"token":"","access_token":"y","expires_in":1}"#, "y", 60),
        ])
    func token(json: String, token: String, lifetime: Int64) throws {
        let answer = try #require(TokenAnswer(Array(json.utf8)))
        #expect(answer.token == token && answer.lifetime == lifetime)
    }

    @Test(
        "no tokens",
        arguments: [
            "", "{}", "[]", #"{"token":5}"#, #"{"token":"a b"}"#, #"{"token":"a\r\nX: y"}"#, #"{"token":"ä"}"#,
        ])
    func none(json: String) { #expect(TokenAnswer(Array(json.utf8)) == nil) }
}

/// Who is told a credential, and who is not.
@Suite(.timeLimit(.minutes(10))) struct AuthenticationTests {
    let registry: FlakyRegistry

    init() throws { registry = try FlakyRegistry.shared.get() }

    private func client(_ credential: Credential?) -> RegistryClient {
        registry.client {
            if let credential { $0.credentials = OneCredential(server: registry.host, credential) }
        }
    }

    private let user = Credential(user: "user", password: "s3cret")

    @Test("basic: sent when asked for, and from then on")
    func basic() async throws {
        let client = client(user)
        for _ in 0..<2 { _ = try await client.manifest(registry.reference("basic-once")) }
        let log = try await registry.log { $0.path.hasPrefix("/v2/basic-once/") }
        #expect(log.map { $0.authorization != nil } == [false, true, true])
    }

    @Test("a wrong password is an error that says what to do")
    func wrong() async throws {
        let error = try await failure {
            _ = try await client(Credential(user: "user", password: "wrong"))
                .manifest(registry.reference("basic-wrong"))
        }
        #expect(error.kind == .unauthorized && error.advice?.contains("brig login \(registry.host)") == true)
        #expect(try await registry.log { $0.path.hasPrefix("/v2/basic-wrong/") }.count == 2)
    }

    @Test("tokens: with a password, with an identity token, and for nobody in particular")
    func tokens() async throws {
        for credential in [user, Credential(identityToken: "identity"), nil] {
            _ = try await client(credential).manifest(registry.reference("token"))
        }
        let requests = try await registry.log { $0.path.hasPrefix("/token?") || $0.path == "/token" }
        let passwords = requests.filter { $0.authorization != nil }
        #expect(passwords.allSatisfy { $0.port == registry.otherPort && $0.path.contains("account=user") })
        #expect(requests.contains { $0.method == "POST" && $0.authorization == nil })
        #expect(requests.contains { $0.path.contains("service=flaky%20%221%22&scope=repository%3Atoken%3Apull") })
        let manifests = try await registry.log { $0.path.hasPrefix("/v2/token/") }
        #expect(manifests.allSatisfy { $0.authorization?.hasPrefix("Bearer good-") ?? true })
    }

    @Test("a token that was refused is asked for once more")
    func expired() async throws {
        // The first token that the server gives is not good here; somebody takes it first.
        let client = client(nil)
        _ = try await client.manifest(registry.reference("token"))
        _ = try await client.manifest(registry.reference("token-expired"))
    }

    @Test("wrong credentials at the token server")
    func refused() async throws {
        let error = try await failure {
            _ = try await client(Credential(user: "user", password: "wrong")).manifest(registry.reference("token"))
        }
        #expect(error.kind == .unauthorized && error.host == "127.0.0.1:\(registry.otherPort)")
        let token = try await failure {
            _ = try await client(Credential(identityToken: "other")).manifest(registry.reference("token"))
        }
        #expect(token.kind == .unauthorized)
    }

    @Test("a token server without TLS elsewhere is told nothing")
    func plainTokenServer() async throws {
        let error = try await failure { _ = try await client(user).manifest(registry.reference("token-plain")) }
        #expect(error.kind == .untrusted && error.description.contains("192.0.2.1"))
    }

    @Test("several at once ask for one token")
    func together() async throws {
        let client = client(user)
        let registry = registry
        let before = try await registry.log { $0.path.hasPrefix("/token?") && $0.path.contains("token-many") }.count
        _ = try await concurrently(Array(0..<8), limit: 8) { _ in
            try await client.manifest(registry.reference("token-many")).bytes.count
        }
        let after = try await registry.log { $0.path.hasPrefix("/token?") && $0.path.contains("token-many") }.count
        #expect(after - before == 1)
    }

    @Test("no credential goes with a redirection", arguments: ["basic-redirect", "token-redirect"])
    func redirect(name: String) async throws {
        var sink = MemorySink()
        try await client(user).download(TestBlob.descriptor, of: registry.reference(name), into: &sink)
        #expect(sink.bytes == TestBlob.bytes)
        let elsewhere = try await registry.log { $0.path == "/elsewhere" && $0.port == registry.otherPort }
        #expect(!elsewhere.isEmpty && elsewhere.allSatisfy { $0.authorization == nil })
    }

    @Test("nor back to where it was for, when somebody else leads there")
    func thereAndBack() async throws {
        var sink = MemorySink()
        try await client(user).download(
            TestBlob.descriptor, of: registry.reference("basic-there-and-back"), into: &sink)
        let later = try await registry.log { $0.path == "/elsewhere" || $0.path.hasPrefix("/v2/bounce") }
        #expect(later.contains { $0.port == registry.port && $0.path == "/elsewhere" })
        #expect(later.allSatisfy { $0.authorization == nil })
    }

    @Test("a registry elsewhere leads to nothing that listens on this machine alone")
    func toThisMachine() async throws {
        // The same server under an address that does not say so.
        let host = "0.0.0.0:\(registry.port)"
        let client = registry.client {
            if let user { $0.credentials = OneCredential(server: host, user) }
            $0.configuration.registries[host] = .init(plainHTTP: true)
        }
        let led = try await failure {
            var sink = MemorySink()
            try await client.download(TestBlob.descriptor, of: ImageReference("\(host)/redirect"), into: &sink)
        }
        #expect(led.kind == .untrusted && led.problem.contains("this machine"), "\(led)")
        let sent = try await failure {
            _ = try await client.upload(
                TestBlob.descriptor, BytesSource(TestBlob.bytes), to: ImageReference("\(host)/basic-upload-elsewhere"))
        }
        #expect(sent.kind == .untrusted, "\(sent)")
        let asked = try await failure { _ = try await client.manifest(ImageReference("\(host)/token-here")) }
        #expect(asked.kind == .untrusted && asked.problem.contains("token server"), "\(asked)")
    }

    @Test("nor with an upload that is sent elsewhere")
    func uploadElsewhere() async throws {
        let outcome = try await client(user).upload(
            TestBlob.descriptor, BytesSource(TestBlob.bytes), to: registry.reference("basic-upload-elsewhere"))
        #expect(outcome.isUploaded)
        let elsewhere = try await registry.log { $0.port == registry.otherPort && $0.method == "PUT" }
        #expect(!elsewhere.isEmpty && elsewhere.allSatisfy { $0.authorization == nil })
    }

    @Test("nor to a mirror")
    func mirror() async throws {
        let mirror = try #require(WebAddress("http://127.0.0.1:\(registry.otherPort)"))
        let client = registry.client {
            if let user { $0.credentials = OneCredential(server: registry.host, user) }
            $0.configuration.registries[registry.host]?.mirrors = [mirror]
        }
        _ = try await client.manifest(registry.reference("basic-mirror"))
        let log = try await registry.log { $0.path.hasPrefix("/v2/basic-mirror/") }
        #expect(log.contains { $0.port == registry.otherPort } && log.contains { $0.authorization != nil })
        #expect(log.allSatisfy { $0.port == registry.port || $0.authorization == nil })
    }

    @Test("log-in asks the registry")
    func verify() async throws {
        var options = RegistryClient.Options()
        options.configuration.registries[registry.host] = .init(plainHTTP: true)
        let credential = try #require(user)
        try await RegistryClient.verify(credential, for: registry.host, options)
    }
}

extension UploadOutcome {
    var isUploaded: Bool {
        if case .uploaded = self { return true }
        return false
    }
}
