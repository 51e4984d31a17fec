import Testing

@testable import OCISpec

struct ContainerIDTests {
    @Test("allowed", arguments: ["a", "A-b_c.d+0", "...", "-", String(repeating: "x", count: 255)])
    func allowed(text: String) throws {
        #expect(try ContainerID(text).text == text)
    }

    @Test(
        "refused",
        arguments: [
            "", ".", "..", "a/b", "/etc", "a b", "ä", "\u{212a}", "a\0", "a\n", String(repeating: "x", count: 256),
        ])
    func refused(text: String) {
        #expect(throws: InvalidContainerID(text: text)) { try ContainerID(text) }
    }
}

struct SysctlKeyTests {
    @Test(
        "both ways to write a name lead to the same file",
        arguments: [
            ("net.ipv4.ip_forward", "net/ipv4/ip_forward"),
            ("net/ipv4/conf/eth0.1/forwarding", "net/ipv4/conf/eth0.1/forwarding"),
            ("net.ipv4.conf.eth0/1.forwarding", "net/ipv4/conf/eth0.1/forwarding"),
        ])
    func path(text: String, path: String) throws {
        #expect(try SysctlKey(text).path == path)
    }

    @Test("namespaces")
    func namespace() throws {
        #expect(try SysctlKey("kernel.shm_rmid_forced").namespace == .ipc)
        #expect(try SysctlKey("fs.mqueue.msg_max").namespace == .ipc)
        #expect(try SysctlKey("kernel.domainname").namespace == .uts)
        #expect(try SysctlKey("user.max_user_namespaces").namespace == .user)
        #expect(try SysctlKey("net.core.somaxconn").namespace == .network)
    }
}

struct NumberListTests {
    @Test("lists", arguments: [("0", [0...0]), ("0-3,7", [0...3, 7...7]), ("65535", [65535...65535])])
    func list(text: String, ranges: [ClosedRange<Int>]) throws {
        #expect(try NumberList(text).ranges == ranges)
    }

    @Test(
        "no lists",
        arguments: ["", ",", "1,", "-1", "1-", "3-1", "1-2-3", "a", "+1", " 1", "٣", "65536", "99999999999999999999"])
    func refused(text: String) {
        #expect(throws: SpecError.self) { try NumberList(text) }
    }
}

struct SemanticVersionTests {
    @Test("versions", arguments: ["1.3.0", "0.0.0", "1.0.2-dev", "1.1.0-rc.1+build.05", "1.0.0--", "1.0.0+0-1"])
    func accepted(text: String) { #expect(SemanticVersion(text) != nil) }

    @Test(
        "no versions",
        arguments: [
            "", "1", "1.2", "1.2.3.4", "01.2.3", "1.2.x", "v1.2.3", "1.2.3-", "1.2.3-01", "1.2.3+", "1.2.3+a+b",
            "1.2.3-ä", "1..3",
        ])
    func refused(text: String) { #expect(SemanticVersion(text) == nil) }

    @Test func parts() { #expect(SemanticVersion("1.20.3-rc.1+x")?.minor == 20) }
}

struct DigestTests {
    static let hex = String(repeating: "0123456789abcdef", count: 4)

    @Test func accepted() throws {
        let digest = try Digest("sha256:\(Self.hex)")
        #expect(digest.algorithm == .sha256)
        #expect(digest.hex == Self.hex)
        #expect(Digest(.sha256, hash: (0..<32).map { UInt8($0) })?.hex.hasPrefix("000102030405") == true)
        #expect(Digest(.sha512, hash: [1]) == nil)
    }

    @Test(
        "refused",
        arguments: [
            "", "sha256", "sha256:", "sha256:\(hex)0", "SHA256:\(hex)", "sha512:\(hex)", "md5:\(hex)",
            "sha256:../\(hex)",
            "sha256:\(hex.uppercased())", "sha256:\(hex):", "sha256:\(hex.dropLast())/",
        ])
    func refused(text: String) { #expect(throws: SpecError.self) { try Digest(text) } }
}

struct Base64Tests {
    @Test(
        "texts",
        arguments: [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("{}", "e30=")])
    func both(content: String, text: String) {
        #expect(Base64(Array(content.utf8)).text == text)
        #expect(Base64(text: text)?.bytes == Array(content.utf8))
    }

    @Test("no texts", arguments: ["Z", "Zg", "Zg=", "Zh==", "Zm9=", "====", "Z===", "Zg==Zg==", "Zm 9", "Zm9-"])
    func refused(text: String) { #expect(Base64(text: text) == nil) }
}

struct ImageDocumentTests {
    @Test("a document is what it holds")
    func kinds() throws {
        guard case .manifest(let manifest) = try ImageDocument(json: Corpus.json("manifest"), announced: nil) else {
            Issue.record("not a manifest")
            return
        }
        #expect(manifest.layers.map(\.mediaType.kind) == [.layer(.gzip), .layer(.zstd)])
        #expect(manifest.config.data?.bytes == Array("{}".utf8))
        guard case .index(let index) = try ImageDocument(json: Corpus.json("index"), announced: .dockerManifestList)
        else {
            Issue.record("not an index")
            return
        }
        #expect(index.manifests.first?.platform?.variant == "v7")
    }

    @Test(
        "a document is never both, nor what it was not announced as",
        arguments: [
            (
                "manifest", "manifests", [], nil,
                "config: must not be there: a document is a manifest or an index, never both"
            ),
            ("index", "layers", [], nil, "layers: must not be there: a document is a manifest or an index, never both"),
            (
                "manifest", "mediaType", "application/vnd.oci.image.index.v1+json", nil,
                #"mediaType: "application/vnd.oci.image.index.v1+json" is not that of a manifest"#
            ),
            (
                "index", "annotations", nil, .manifest,
                #"announced as "application/vnd.oci.image.manifest.v1+json", but an index"#
            ),
            ("manifest", "schemaVersion", 1, nil, "schemaVersion: 1 is not supported, only 2 is"),
            ("manifest", "layers", nil, nil, "layers: missing"),
            ("manifest", "config.size", -1, nil, "config.size: -1 is below 0"),
            (
                "manifest", "config.digest", "sha256:x", nil,
                #"config.digest: expected 64 lowercase hexadecimal digits after the colon, found "sha256:x""#
            ),
            ("manifest", "config.data", "e30", nil, #"config.data: expected Base64, found "e30""#),
        ] as [(String, String, JSONValue?, MediaType?, String)])
    func refused(name: String, path: String, value: JSONValue?, announced: MediaType?, message: String) throws {
        let json = try Corpus.json(name).setting(path, value)
        let error = #expect(throws: SpecError.self) { try ImageDocument(json: json, announced: announced) }
        #expect(error?.description == message)
    }
}
