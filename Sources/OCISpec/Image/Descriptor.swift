/// Where content is found and what it is: image-spec 1.1, descriptor.md.
public struct Descriptor: Equatable, Sendable {
    /// What the content is; it is checked against what is found.
    public var mediaType: MediaType
    /// Of the content as it is stored.
    public var digest: Digest
    /// In bytes, not below 0.
    public var size: Int64
    /// Other places to fetch it from; never used.
    public var urls: [String]
    /// For people and tools; they choose nothing.
    public var annotations: OrderedMap<String>
    /// The content itself, if it is small. It must be checked like any other.
    public var data: Base64?
    /// What an image needs, in an index.
    public var platform: Platform?
    /// Of what a manifest is about, if that is no image.
    public var artifactType: MediaType?

    public init(
        mediaType: MediaType, digest: Digest, size: Int64, urls: [String] = [], annotations: OrderedMap<String> = [:],
        data: Base64? = nil, platform: Platform? = nil, artifactType: MediaType? = nil
    ) {
        self.mediaType = mediaType
        self.digest = digest
        self.size = size
        self.urls = urls
        self.annotations = annotations
        self.data = data
        self.platform = platform
        self.artifactType = artifactType
    }
}

extension Descriptor: FieldValue {
    public init(json: JSONValue) throws(SpecError) {
        let fields = try FieldReader(json)
        mediaType = try fields.required("mediaType")
        digest = try fields.required("digest")
        size = try fields.required("size")
        try require(size >= 0, "size", "\(size) is below 0")
        urls = try fields.list("urls")
        annotations = try fields.map("annotations")
        data = try fields.optional("data")
        platform = try fields.optional("platform")
        artifactType = try fields.text("artifactType")
    }

    public var json: JSONValue {
        var fields = FieldWriter()
        fields.put("mediaType", mediaType)
        fields.put("digest", digest)
        fields.put("size", size)
        fields.list("urls", urls)
        fields.map("annotations", annotations)
        fields.optional("data", data)
        fields.optional("platform", platform)
        fields.optional("artifactType", artifactType)
        return fields.json
    }
}

/// What an image is made for.
public struct Platform: Equatable, Sendable {
    /// As in GOARCH: `amd64`, `arm64`.
    public var architecture: String
    /// As in GOOS: `linux`.
    public var os: String
    /// Such as Windows' build number.
    public var osVersion: String?
    /// Such as `win32k`.
    public var osFeatures: [String]
    /// Of the architecture: `v7`.
    public var variant: String?

    public init(
        architecture: String, os: String, osVersion: String? = nil, osFeatures: [String] = [], variant: String? = nil
    ) {
        self.architecture = architecture
        self.os = os
        self.osVersion = osVersion
        self.osFeatures = osFeatures
        self.variant = variant
    }
}

extension Platform: FieldValue {
    public init(json: JSONValue) throws(SpecError) {
        let fields = try FieldReader(json)
        architecture = try fields.required("architecture")
        os = try fields.required("os")
        osVersion = try fields.text("os.version")
        osFeatures = try fields.list("os.features")
        variant = try fields.text("variant")
    }

    public var json: JSONValue {
        var fields = FieldWriter()
        fields.put("architecture", architecture)
        fields.put("os", os)
        fields.optional("os.version", osVersion)
        fields.list("os.features", osFeatures)
        fields.optional("variant", variant)
        return fields.json
    }
}
