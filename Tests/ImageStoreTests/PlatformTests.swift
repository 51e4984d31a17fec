import ImageStore
import OCISpec
import Testing

@Suite("Platforms")
struct PlatformTests {
    @Test(
        "spellings",
        arguments: [
            ("linux/amd64", "linux/amd64"), ("x86_64", "linux/amd64"), ("linux/arm64/v8", "linux/arm64"),
            ("aarch64", "linux/arm64"), ("linux/arm", "linux/arm/v7"), ("linux/arm/6", "linux/arm/v6"),
            ("armhf", "linux/arm/v7"), ("LINUX/AMD64", "linux/amd64"), ("linux/amd64/v3", "linux/amd64/v3"),
            ("i686", "linux/386"), ("windows/amd64", "windows/amd64"),
        ])
    func spelling(text: String, meant: String) throws { #expect(try PlatformRequest(text).description == meant) }

    @Test("no platforms", arguments: ["", "/", "linux/", "linux/amd64/v1/x", "linux/am d64", "linux/\u{e9}", "a/b/"])
    func refused(text: String) {
        #expect(throws: PlatformRequest.Invalid.self) { try PlatformRequest(text) }
    }

    static func entry(_ os: String, _ architecture: String, _ variant: String? = nil) throws -> Descriptor {
        let name = "\(os)/\(architecture)/\(variant ?? "")"
        return Descriptor(
            mediaType: .manifest, digest: ContentHash.digest(.sha256, of: Array(name.utf8)), size: 1,
            platform: Platform(architecture: architecture, os: os, variant: variant))
    }

    @Test(
        "the entry that fits best",
        arguments: [
            ("linux/arm/v7", 3), ("linux/arm/v6", 2), ("linux/arm/v8", 3), ("linux/arm64", 1), ("linux/amd64", 0),
            ("windows/amd64", 4), ("linux/riscv64", nil), ("linux/arm/v5", nil),
        ] as [(String, Int?)])
    func choice(text: String, index: Int?) throws {
        let entries = [
            try Self.entry("linux", "amd64"), try Self.entry("linux", "arm64", "v8"),
            try Self.entry("linux", "arm", "v6"), try Self.entry("linux", "arm", "v7"),
            try Self.entry("windows", "amd64"), try Self.entry("unknown", "unknown"),
        ]
        #expect(try PlatformRequest(text).choose(from: entries) == index.map { entries[$0] })
    }

    @Test("an entry without a platform is taken if it is alone")
    func nameless() throws {
        let entry = Descriptor(mediaType: .manifest, digest: ContentHash.digest(.sha256, of: []), size: 0)
        let wanted = try PlatformRequest("linux/amd64")
        #expect(wanted.choose(from: [entry]) == entry)
        #expect(wanted.choose(from: [entry, entry]) == nil)
    }
}

@Suite("Documents of images")
struct DocumentTests {
    private static let config = Array(
        #"{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}"#.utf8)
    private static let configDigest = ContentHash.digest(.sha256, of: config)

    private static func manifest(
        _ type: MediaType = .config, layers: [Descriptor] = []
    ) -> ImageManifest {
        ImageManifest(
            mediaType: .manifest,
            config: Descriptor(mediaType: type, digest: configDigest, size: Int64(config.count)), layers: layers)
    }

    @Test("manifest and config are read from the store and fit together")
    func whole() throws {
        let temporary = try TemporaryStore()
        try temporary.store.add(Self.config)
        let digest = try temporary.store.add(Self.manifest().documentBytes)
        let parts = try temporary.store.image(digest)
        #expect(parts.diffIDs.isEmpty)
        #expect(parts.platform.description == "linux/amd64")
        #expect(parts.mediaType == .manifest)
    }

    @Test("what is no image is refused")
    func refused() throws {
        let temporary = try TemporaryStore()
        try temporary.store.add(Self.config)
        let layer = Descriptor(mediaType: .layer, digest: Self.configDigest, size: 1)
        let text = Descriptor(mediaType: MediaType(rawValue: "text/plain"), digest: Self.configDigest, size: 1)
        for manifest in [
            Self.manifest(MediaType(rawValue: "application/vnd.example.config+json")), Self.manifest(layers: [layer]),
            Self.manifest(layers: [text]), Self.manifest(layers: Array(repeating: layer, count: 501)),
        ] {
            let digest = try temporary.store.add(manifest.documentBytes)
            #expect(throws: ImageStoreError.self) { try temporary.store.image(digest) }
        }
    }

    @Test("a manifest announced as an index is neither")
    func confused() throws {
        let temporary = try TemporaryStore()
        let digest = try temporary.store.add(Self.manifest().documentBytes)
        #expect(throws: ImageStoreError.self) { try temporary.store.document(digest, announced: .index) }
    }

    @Test("an index leads to the manifest of the platform, through another index as well")
    func selection() throws {
        let temporary = try TemporaryStore()
        let manifest = Self.manifest().documentBytes
        let digest = try temporary.store.add(manifest)
        let platform = Platform(architecture: "amd64", os: "linux")
        func index(_ entry: Descriptor) -> [UInt8] { ImageIndex(mediaType: .index, manifests: [entry]).documentBytes }
        let inner = index(
            Descriptor(mediaType: .manifest, digest: digest, size: Int64(manifest.count), platform: platform))
        let innerDigest = try temporary.store.add(inner)
        let outer = try temporary.store.add(
            index(Descriptor(mediaType: .index, digest: innerDigest, size: Int64(inner.count), platform: platform)))
        #expect(try temporary.store.select(PlatformRequest("linux/amd64"), from: outer) == digest)
        #expect(throws: ImageStoreError.noPlatform(try PlatformRequest("linux/arm64"), available: ["linux/amd64"])) {
            try temporary.store.select(PlatformRequest("linux/arm64"), from: outer)
        }
    }
}
