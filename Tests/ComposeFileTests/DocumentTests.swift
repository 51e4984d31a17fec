import Testing

@testable import ComposeFile

@Suite("YAML, bounded")
struct DocumentTests {
    private func documents(_ text: String) throws(ComposeFileError) -> [Node] {
        try YAMLReader.documents(Array(text.utf8), file: "f")
    }

    @Test("anchors and merges: what stands in the mapping wins, then the first source")
    func merges() throws {
        let node = try #require(
            try documents(
                """
                a: &a {x: 1, y: 1}
                b: &b {y: 2, z: 2}
                c: {<<: [*a, *b], x: 3}
                d:
                  <<: *a
                """
            ).first)
        #expect(node["c"]?["x"]?.text == "3")
        #expect(node["c"]?["y"]?.text == "1")
        #expect(node["c"]?["z"]?.text == "2")
        #expect(node["d"] == node["a"])
    }

    @Test("a billion laughs is refused at once")
    func laughs() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1..<20 {
            let names = (0..<10).map { _ in "*a\(level - 1)" }.joined(separator: ", ")
            text += "a\(level): &a\(level) [\(names)]\n"
        }
        #expect { try documents(text) } throws: { "\($0)".contains("more than 100000 values") }
        #expect { try documents(text + "? *a19\n: x\n") } throws: { "\($0)".contains("more than 100000 values") }
    }

    @Test("depth is bounded")
    func depth() {
        #expect { try documents(String(repeating: "[", count: 500)) } throws: { "\($0)".contains("nested deeper") }
        #expect(throws: ComposeFileError.self) { try documents(String(repeating: "[", count: 100_000)) }
        #expect(throws: ComposeFileError.self) { try documents(String(repeating: "- ", count: 5000)) }
    }

    @Test("size is bounded")
    func size() {
        #expect { try documents(String(repeating: "#", count: 5 << 20)) } throws: {
            "\($0)".contains("larger than 4 MiB")
        }
    }

    @Test(
        "what is wrong names the line",
        arguments: [
            ("a: 1\nb: [1\n", "f:3: not valid YAML"),
            ("a: 1\na: 2", "f:2: the key \"a\" is there twice, first in line 1"),
            ("a: *none", "f:1: there is no anchor \"none\""), ("a: &x [*x]", "no anchor \"x\""),
            ("? [a]\n: 1", "f:1: a key must be a text"), ("a: !foo 1", "the tag \"!foo\" is not known"),
            ("a:\n\tb: 1", "f:2: not valid YAML"), ("<<: 1", "<< takes a mapping"), ("a: \"x\\0\"", "NUL"),
            ("a: 'x", "not valid YAML"), ("%YAML 9.9\n---\na", "not valid YAML"), ("\u{1}", "not valid YAML"),
        ])
    func errors(text: String, message: String) {
        do {
            let found = try documents(text)
            Issue.record("\(text) was taken: \(found)")
        } catch {
            #expect(error.description.contains(message), "\(error)")
        }
    }

    @Test("bytes that are no UTF-8 are refused")
    func encoding() {
        #expect(throws: ComposeFileError.self) { try YAMLReader.documents([0x61, 0x3a, 0x20, 0xff, 0x0a], file: "f") }
    }

    @Test("any prefix and any mutation of a file is taken or refused, nothing else")
    func fuzz() {
        let text = Array(
            """
            x-a: &a {image: "i", ports: ["80:80", 1-2:81]}
            services:
              web: {<<: *a, command: 'x "$$y" ${Z:-q}', depends_on: {db: {condition: service_healthy}}}
              db: {image: d, healthcheck: {test: [CMD, x], interval: 1s}, volumes: [".:/x:ro", d:/d]}
            volumes: {d: }
            """.utf8)
        var random: UInt64 = 88_172_645_463_325_252
        for round in 0..<1500 {
            random ^= random << 13
            random ^= random >> 7
            random ^= random << 17
            var bytes = round % 3 == 0 ? Array(text.prefix(Int(random % UInt64(text.count)))) : text
            for _ in 0..<(round % 4) where !bytes.isEmpty {
                random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                bytes[Int((random >> 33) % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random >> 20) & 0x7f
            }
            let input = bytes
            var source = ComposeSource(workingDirectory: "/p") { (path: String) throws(ComposeFileError) -> [UInt8]? in
                path.hasSuffix("compose.yaml") ? input : nil
            }
            source.files = ["compose.yaml"]
            if let project = try? source.project() { #expect(!project.yaml().isEmpty) }
        }
    }

    @Test(
        "what is written is read back the same",
        arguments: [
            "plain", "true", "no", "12", "1e3", "0x1", "", " x", "a: b", "a #b", "x:", "- a", "[a", "a\nb", "a\nb\n",
            "a\n\n",
            "\ta", "'", "\"", "ü€", "a\u{7}b", "~", "null", "%x", "@x", "22:22", "2026-11-21", "$X", "a\n  b\n", "=",
            "#",
            "\u{feff}x", "/a/b", "*x", "&x", "!x", ".5", "y",
        ])
    func writing(text: String) throws {
        let project = try load(["compose.yaml": "services: {a: {image: i}}"])
        var map = NodeMap()
        map.set("k", .text(text, at: project.tree.mark))
        map.set("l", Node(.list([.text(text, at: project.tree.mark)]), at: project.tree.mark))
        let written = YAMLWriter.text(Node(.map(map), at: project.tree.mark))
        let back = try #require(try documents(written).first)
        #expect(back["k"]?.text == text, "\(written)")
        #expect(back["l"]?.list?.first?.text == text, "\(written)")
        if case .text(_, isPlain: true) = back["k"]?.value {
            #expect(
                !["true", "no", "12", "1e3", "0x1", "null", "~", "", ".5", "y", "22:22", "2026-11-21"].contains(text))
        }
    }
}
