import OCISpec
import Testing

@testable import Engine

@Suite("Archives of images")
struct LoadTests {
    @Test(
        "paths in an archive are compared, and none leads out",
        arguments: [
            ("manifest.json", "manifest.json"), ("./a//b/./c", "a/b/c"), ("a/../b", "b"), ("/etc/passwd", "etc/passwd"),
            ("..", nil), ("a/../../b", nil), ("", nil), ("./", nil),
        ] as [(String, String?)])
    func paths(text: String, normal: String?) {
        #expect(ArchivePath.normalized(Array(text.utf8)) == normal)
    }

    @Test(
        "links lead to what is in the archive",
        arguments: [
            ("../l.tar", "x/layer.tar", "l.tar"), ("y", "x/layer.tar", "x/y"), ("/etc/passwd", "x", nil),
            ("../../x", "a/b", nil),
        ] as [(String, String, String?)])
    func links(target: String, path: String, lead: String?) {
        #expect(ArchivePath.target(Array(target.utf8), ofLinkAt: path) == lead)
    }

    @Test("a path among the blobs is a digest, or an error")
    func layoutPaths() throws {
        let digits = String(repeating: "a", count: 64)
        #expect(try ArchivePath.layoutDigest("blobs/sha256/\(digits)")?.hex == digits)
        #expect(try ArchivePath.layoutDigest("manifest.json") == nil)
        for bad in ["blobs/sha256/x", "blobs/md5/\(digits)", "blobs/sha256/\(digits.uppercased())"] {
            #expect(throws: SpecError.self) { try ArchivePath.layoutDigest(bad) }
        }
    }

    @Test("manifest.json")
    func manifest() throws {
        let item = try #require(
            try DockerArchiveItem.list(
                Array(#"[{"Config":"c.json","RepoTags":["a/b:1"],"Layers":["l"],"Other":1}]"#.utf8)
            ).first)
        #expect(item.names.map(\.text) == ["docker.io/a/b:1"])
        #expect(item.layers == ["l"])
        for bad in [
            "{}", "[1]", #"[{"Config":"c","RepoTags":["../x"]}]"#, #"[{"RepoTags":[]}]"#,
            #"[{"Config":"a","Config":"b"}]"#,
        ] {
            let error = #expect(throws: EngineError.self) { try DockerArchiveItem.list(Array(bad.utf8)) }
            #expect(error?.kind == .invalidInput)
        }
    }
}
