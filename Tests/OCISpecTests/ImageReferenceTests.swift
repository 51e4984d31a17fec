import TestSupport
import Testing

@testable import OCISpec

private let sha256 = "sha256:" + String(repeating: "0a", count: 32)
private let sha512 = "sha512:" + String(repeating: "0a", count: 64)

struct ImageReferenceTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let input: String
        let domain: String
        let path: String
        var tag: String?
        var digest: String?
        let familiar: String
        var testDescription: String { input }
    }

    static let rows: [Row] = [
        Row(input: "nginx", domain: "docker.io", path: "library/nginx", familiar: "nginx"),
        Row(
            input: "nginx:1.27-alpine", domain: "docker.io", path: "library/nginx", tag: "1.27-alpine",
            familiar: "nginx:1.27-alpine"),
        Row(input: "library/nginx", domain: "docker.io", path: "library/nginx", familiar: "nginx"),
        Row(input: "docker.io/nginx", domain: "docker.io", path: "library/nginx", familiar: "nginx"),
        Row(input: "index.docker.io/library/nginx", domain: "docker.io", path: "library/nginx", familiar: "nginx"),
        Row(input: "Docker.IO/nginx", domain: "docker.io", path: "library/nginx", familiar: "nginx"),
        Row(input: "team/app", domain: "docker.io", path: "team/app", familiar: "team/app"),
        Row(input: "library/a/b", domain: "docker.io", path: "library/a/b", familiar: "library/a/b"),
        Row(input: "docker.io/a/b/c:_x", domain: "docker.io", path: "a/b/c", tag: "_x", familiar: "a/b/c:_x"),
        Row(
            input: "localhost:5000", domain: "docker.io", path: "library/localhost", tag: "5000",
            familiar: "localhost:5000"),
        Row(
            input: "docker.io/localhost/app", domain: "docker.io", path: "localhost/app",
            familiar: "docker.io/localhost/app"),
        Row(input: "docker.io/a.b/c", domain: "docker.io", path: "a.b/c", familiar: "docker.io/a.b/c"),
        Row(input: "localhost/app", domain: "localhost", path: "app", familiar: "localhost/app"),
        Row(
            input: "localhost:5000/team/app:v1", domain: "localhost:5000", path: "team/app", tag: "v1",
            familiar: "localhost:5000/team/app:v1"),
        Row(input: "127.0.0.1:5000/app", domain: "127.0.0.1:5000", path: "app", familiar: "127.0.0.1:5000/app"),
        Row(input: "[::1]:5000/app:1", domain: "[::1]:5000", path: "app", tag: "1", familiar: "[::1]:5000/app:1"),
        Row(input: "[2001:DB8::1]/app", domain: "[2001:db8::1]", path: "app", familiar: "[2001:db8::1]/app"),
        Row(
            input: "[1:2:3:4:5:6:7:8]/app", domain: "[1:2:3:4:5:6:7:8]", path: "app",
            familiar: "[1:2:3:4:5:6:7:8]/app"),
        Row(input: "[::]/a", domain: "[::]", path: "a", familiar: "[::]/a"),
        Row(input: "[fe80::]/a", domain: "[fe80::]", path: "a", familiar: "[fe80::]/a"),
        Row(
            input: "REG-1.example.com:443/x", domain: "reg-1.example.com:443", path: "x",
            familiar: "reg-1.example.com:443/x"),
        Row(
            input: "quay.io/a.b_c__d---e/f", domain: "quay.io", path: "a.b_c__d---e/f",
            familiar: "quay.io/a.b_c__d---e/f"),
        Row(
            input: "app@\(sha256)", domain: "docker.io", path: "library/app", digest: sha256,
            familiar: "app@\(sha256)"),
        Row(
            input: "host:1/app:v1@\(sha512)", domain: "host:1", path: "app", tag: "v1", digest: sha512,
            familiar: "host:1/app:v1@\(sha512)"),
    ]

    @Test("names, and what they stand for", arguments: rows)
    func parts(row: Row) throws {
        let reference = try ImageReference(row.input)
        #expect(reference.domain == row.domain)
        #expect(reference.path == row.path)
        #expect(reference.tag == row.tag)
        #expect(reference.digest?.text == row.digest)
        #expect(reference.familiarText == row.familiar)
        #expect(try ImageReference(reference.text) == reference)
        #expect(try ImageReference(reference.familiarText) == reference)
    }

    @Test("the longest that is allowed")
    func limits() throws {
        let tag = String(repeating: "t", count: 128)
        let label = String(repeating: "l", count: 63)
        #expect(try ImageReference("a:\(tag)").tag == tag)
        #expect(throws: SpecError.self) { try ImageReference("a:\(tag)t") }
        #expect(try ImageReference("h.x/" + String(repeating: "p", count: 255)).path.count == 255)
        #expect(throws: SpecError.self) { try ImageReference("h.x/" + String(repeating: "p", count: 256)) }
        #expect(try ImageReference(String(repeating: "p", count: 247)).path.count == 255)
        #expect(throws: SpecError.self) { try ImageReference(String(repeating: "p", count: 248)) }
        #expect(try ImageReference("\(label).\(label)/a").domain.count == 127)
        #expect(throws: SpecError.self) { try ImageReference("\(label)l.x/a") }
    }

    @Test(
        "refused",
        arguments: [
            "", ":", "@", "/", "a/", "/a", "a//b", "a:", "a@", "a:b:c", "a b", "a\n", "a\0", "ä", "a/\u{212a}", ".",
            "..", "a/..", "a/../b", "../a", "-a", "a-", "a..b", "a._b", "a___b", "_a", "a:.b", "a:-b", "a:b/c",
            "a:ä", "a@sha256:00", "a@md5:\(String(repeating: "0", count: 32))", "a@\(sha256)@\(sha256)",
            "a@\(sha256):t", "http://host/a", "host:port/a", "host:0/a", "host:65536/a", "host:99999999999999/a",
            "host:+1/a", "host:/a", ":5000/a", "-h.x/a", "h-.x/a", "h..x/a", ".x/a", "x./a", "[::1/a", "::1/a",
            "[]/a", "[:]/a", "[:::]/a", "[1::2::3]/a", "[1:2:3:4:5:6:7]/a", "[1:2:3:4:5:6:7:8:9]/a",
            "[12345::]/a", "[g::]/a", "[::1]x/a", "[::1]:/a", "[::1%eth0]/a", "[:1::]/a", "[::1:]/a", "a_b.c/d",
            "user@host/a", "user:secret@host.x/a", "host.x/", "a?b", "a%2fb", "a\\b",
        ])
    func refused(text: String) {
        #expect(throws: SpecError.self) { try ImageReference(text) }
    }

    @Test(
        "upper case and identifiers are refused in plain words",
        arguments: [
            ("Nginx", "must be lower case"), ("Team/app", "must be lower case"), ("host.x/App", "must be lower case"),
            (String(repeating: "0a", count: 32), "are an identifier"),
        ])
    func words(text: String, problem: String) throws {
        let error = #expect(throws: SpecError.self) { try ImageReference(text) }
        #expect(try #require(error).description.hasSuffix(problem))
    }

    @Test("a tag is added only where it is asked for")
    func defaultTag() throws {
        #expect(try ImageReference("nginx").withDefaultTag.familiarText == "nginx:latest")
        #expect(try ImageReference("nginx:1").withDefaultTag.familiarText == "nginx:1")
        let pinned = try ImageReference("nginx@\(sha256)")
        #expect(pinned.withDefaultTag == pinned)
        #expect(try ImageReference("h.x/a:1").pinned(to: Digest(sha256)).text == "h.x/a:1@\(sha256)")
        #expect(try pinned.tagged("2").text == "docker.io/library/nginx:2")
        #expect(throws: SpecError.self) { try pinned.tagged("a b") }
        #expect(try ImageReference("nginx:1@\(sha256)").withoutTagAndDigest.text == "docker.io/library/nginx")
    }

    @Test("changed names neither trap nor mean something else when written and read again", arguments: 0..<8)
    func fuzz(part: Int) throws {
        var mutator = Mutator(
            random: SplitMix64(state: UInt64(part) &+ 77), donors: Self.rows.map { Array($0.input.utf8) })
        var accepted = 0
        for _ in 0..<5000 {
            let seed = mutator.donors[mutator.below(mutator.donors.count)]
            let text = String(decoding: mutator.mutate(seed), as: UTF8.self)
            guard let reference = try? ImageReference(text) else { continue }
            accepted += 1
            #expect(try ImageReference(reference.text) == reference)
            #expect(try ImageReference(reference.familiarText) == reference)
            let visible = reference.text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
            #expect(visible && !reference.path.contains(".."))
        }
        #expect(accepted > 500)
    }
}
