import LinuxKernel
import OCISpec
import Testing

@testable import Registry

/// A directory that goes away with its owner.
final class Scratch {
    let path: String

    init() throws {
        path = "/tmp/brig-registry-\(UInt64.random(in: 0 ... .max))"
        try OwnedDescriptor(open: "/tmp", [.read, .directory]).makeDirectory(String(path.dropFirst(5)), mode: 0o700)
    }

    deinit { _ = try? Server("/bin/rm", ["-rf", path]).output.readAll(limit: 100) }

    func write(_ name: String, _ text: String, mode: UInt32 = 0o600) throws {
        let file = try OwnedDescriptor(open: "\(path)/\(name)", [.write, .create, .truncate], mode: mode)
        try file.write(text)
    }
}

struct CredentialTests {
    let scratch: Scratch
    private var file: String { "\(scratch.path)/config.json" }

    init() throws { scratch = try Scratch() }

    @Test("Docker's file: keys in all their forms")
    func keys() throws {
        try scratch.write(
            "config.json",
            """
            {"auths": {
              "https://index.docker.io/v1/": {"auth": "dXNlcjpwYXNz"},
              "localhost:5000": {"auth": "YTpiOmM="},
              "https://quay.io": {"auth": "dXNlcjo=", "identitytoken": "abc"},
              "ghcr.io": {"username": "u", "password": "p"},
              "gcr.io": {},
              "example.com/team": {"auth": "dXNlcjpwYXNz"},
              "bad.example.com": {"auth": "!"}
            }, "HttpHeaders": {"x": "y"}}
            """)
        let store = CredentialStore(path: file)
        #expect(try store.lookUp("docker.io") == Credential(user: "user", password: "pass"))
        #expect(try store.lookUp("localhost:5000") == Credential(user: "a", password: "b:c"))
        #expect(try store.lookUp("quay.io") == Credential(user: "user", identityToken: "abc"))
        #expect(try store.lookUp("ghcr.io") == Credential(user: "u", password: "p"))
        for server in ["gcr.io", "example.com", "localhost", "other"] { #expect(try store.lookUp(server) == nil) }
        #expect(throws: RegistryError.self) { try store.lookUp("bad.example.com") }
    }

    @Test("log in and out: what is not ours stays, only the owner can read it")
    func store() throws {
        try scratch.write(
            "config.json", #"{"psFormat": "x", "auths": {"docker.io": {"auth": "dXNlcjpwYXNz"}}}"#, mode: 0o644)
        let store = CredentialStore(path: file)
        let credential = try #require(Credential(user: "me", password: "s3cret"))
        try store.store(credential, for: "docker.io")
        #expect(try store.lookUp("docker.io") == credential)
        let text = try readText(file)
        #expect(text.contains(#""psFormat": "x""#) && text.contains("https://index.docker.io/v1/"))
        #expect(!text.contains("dXNlcjpwYXNz"))
        #expect(try OwnedDescriptor(open: file, .read).status().permissions == 0o600)
        #expect(try store.erase("docker.io"))
        #expect(try !store.erase("docker.io"))
        #expect(try store.lookUp("docker.io") == nil)
    }

    @Test("a first log-in makes the directory; a link to the file stays one")
    func places() throws {
        let credential = try #require(Credential(user: "me", password: "s3cret"))
        try CredentialStore(path: "\(scratch.path)/a/b/config.json").store(credential, for: "h.x")
        #expect(try OwnedDescriptor(open: "\(scratch.path)/a", .read).status().permissions == 0o700)
        try OwnedDescriptor(open: scratch.path, [.read, .directory]).makeSymbolicLink(
            "config.json", to: "a/b/config.json")
        try CredentialStore(path: file).store(credential, for: "h.y")
        #expect(try CredentialStore(path: "\(scratch.path)/a/b/config.json").lookUp("h.y") == credential)
    }

    @Test("a damaged file is an error without its content", arguments: ["{s3cret", "[]", #"{"a":1,"a":2}"#])
    func damaged(text: String) throws {
        try scratch.write("config.json", text)
        let store = CredentialStore(path: file)
        let error = #expect(throws: RegistryError.self) { try store.lookUp("h.x") }
        #expect(error?.description.contains("s3cret") == false)
        let credential = try #require(Credential(user: "me", password: "s3cret"))
        #expect(throws: RegistryError.self) { try store.store(credential, for: "h.x") }
        #expect(try readText(file) == text)
    }

    @Test("other programs' files come after Docker's")
    func fallbacks() throws {
        try scratch.write(
            "auth.json", #"{"auths": {"h.x": {"auth": "dXNlcjpwYXNz"}, "h.y": {"auth": "dXNlcjpwYXNz"}}}"#)
        try scratch.write("config.json", #"{"auths": {"h.x": {"auth": "YTpiOmM="}}}"#)
        let store = CredentialStore(path: file, fallbacks: ["\(scratch.path)/none.json", "\(scratch.path)/auth.json"])
        #expect(try store.lookUp("h.x")?.user == "a")
        #expect(try store.lookUp("h.y")?.user == "user")
    }

    @Test("a helper keeps what it is given, and has a time limit")
    func helper() async throws {
        try scratch.write(
            "docker-credential-test",
            """
            #!/bin/sh
            cd "\(scratch.path)"
            case $1 in
            store) cat > kept ;;
            erase) [ -f kept ] || { echo credentials not found in native keychain; exit 1; }; rm kept ;;
            get)
                read -r server
                [ "$server" = slow.x ] && sleep 30
                [ "$server" = broken.x ] && { echo "the keychain is locked"; exit 1; }
                [ "$server" = flood.x ] && yes
                [ -f kept ] || { echo credentials not found in native keychain; exit 1; }
                cat kept ;;
            esac
            """, mode: 0o700)
        try scratch.write(
            "config.json",
            #"{"credsStore": "missing", "credHelpers": {"h.x": "test", "slow.x": "test", "broken.x": "test", "flood.x": "test", "bad.x": "../x"}}"#
        )
        let store = CredentialStore(
            path: file, searchPath: "relative:\(scratch.path)", environment: ["PATH=/usr/bin:/bin"])
        #expect(try store.lookUp("h.x") == nil)
        let credential = try #require(Credential(user: "me", password: "s3cret \"x\""))
        try store.store(credential, for: "h.x")
        #expect(try await store.credential(for: "h.x") == credential)
        #expect(try !readText(file).contains("s3cret"))
        #expect(try store.erase("h.x"))
        #expect(try store.lookUp("h.x") == nil)
        let token = try #require(Credential(identityToken: "abc"))
        try store.store(token, for: "h.x")
        #expect(try store.lookUp("h.x") == token)
        let broken = #expect(throws: RegistryError.self) { try store.lookUp("broken.x") }
        #expect(broken?.description.contains("the keychain is locked") == true)
        for server in ["flood.x", "bad.x", "other.x"] {
            #expect(throws: RegistryError.self) { try store.lookUp(server) }
        }
        var slow = try CredentialHelper(name: "test", searchPath: scratch.path, environment: ["PATH=/usr/bin:/bin"])
        slow.timeLimit = .milliseconds(200)
        let late = #expect(throws: RegistryError.self) { try slow.credential(for: "slow.x") }
        #expect(late?.description.contains("no answer within") == true)
    }

    @Test("no secret is printed")
    func secrets() throws {
        let credential = try #require(Credential(user: "me", password: "s3cret"))
        #expect(!"\(credential)".contains("s3cret") && !String(reflecting: credential).contains("s3cret"))
        #expect(Credential(user: "a:b", password: "c") == nil)
        #expect(Credential(user: "a", password: "b\r\nX: y") == nil)
        #expect(Credential(user: "", password: "b") == nil)
    }
}

struct ConfigurationTests {
    private func parse(_ text: String) throws -> RegistryConfiguration {
        try RegistryConfiguration(json: JSONValue(parsing: text, sizeLimit: 1 << 20))
    }

    @Test("a whole configuration")
    func whole() throws {
        let configuration = try parse(
            """
            {"registries": {
              "docker.io": {"mirrors": ["https://m.example.com/hub", "http://lan:5000"]}, "lan:5000": {"plainHTTP": true}},
             "foreignLayers": true, "certificateDirectories": ["/a"]}
            """)
        #expect(
            configuration.registries["docker.io"]?.mirrors.map(\.text) == [
                "https://m.example.com/hub", "http://lan:5000/",
            ])
        #expect(configuration.registries["lan:5000"]?.plainHTTP == true)
        #expect(configuration.foreignLayers && configuration.certificateDirectories == ["/a"])
        let mirror = try #require(configuration.registries["docker.io"]?.mirrors.first)
        let address = Endpoint(mirror: mirror).address(try ImageReference("nginx"), "tags/list")
        #expect(address.text == "https://m.example.com/v2/hub/library/nginx/tags/list")
    }

    @Test(
        "refused",
        arguments: [
            "[]", #"{"registry": {}}"#, #"{"registries": {"a/b": {}}}"#,
            #"{"registries": {"docker.io": {"insecure": true}}}"#,
            #"{"registries": {"docker.io": {"mirrors": ["http://m.example.com"]}}}"#,
            #"{"registries": {"docker.io": {"mirrors": ["m.example.com"]}}}"#,
            #"{"registries": {"h.x": {"plainHTTP": "yes"}}}"#, #"{"certificateDirectories": ["a"]}"#,
        ])
    func refused(text: String) { #expect(throws: SpecError.self) { try parse(text) } }

    @Test("no file is the default; an unreadable one is an error")
    func load() throws {
        #expect(try RegistryConfiguration.load("/nonexistent/registries.json") == RegistryConfiguration())
        #expect(throws: RegistryError.self) { try RegistryConfiguration.load("/etc") }
    }
}
