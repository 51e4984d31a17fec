/// Manifests for several platforms: image-spec 1.1, image-index.md, and Docker's manifest list.
public struct ImageIndex: Equatable, Sendable {
    /// Optional in OCI's, required in Docker's lists.
    public var mediaType: MediaType?
    /// Of an index that is no list of images.
    public var artifactType: MediaType?
    /// One for each platform; the first that fits counts.
    public var manifests: [Descriptor]
    /// What this belongs to, such as the image of a signature.
    public var subject: Descriptor?
    /// For people and tools; they choose nothing.
    public var annotations: OrderedMap<String>

    public init(
        mediaType: MediaType? = nil, artifactType: MediaType? = nil, manifests: [Descriptor],
        subject: Descriptor? = nil, annotations: OrderedMap<String> = [:]
    ) {
        self.mediaType = mediaType
        self.artifactType = artifactType
        self.manifests = manifests
        self.subject = subject
        self.annotations = annotations
    }
}

extension ImageIndex: FieldValue {
    public init(json: JSONValue) throws(SpecError) {
        let fields = try FieldReader(json)
        mediaType = try fields.mediaType(of: .index, without: ["config", "layers"])
        artifactType = try fields.text("artifactType")
        manifests = try fields.required("manifests")
        subject = try fields.optional("subject")
        annotations = try fields.map("annotations")
    }

    public var json: JSONValue {
        var fields = FieldWriter()
        fields.put("schemaVersion", 2)
        fields.optional("mediaType", mediaType)
        fields.optional("artifactType", artifactType)
        fields.put("manifests", manifests)
        fields.optional("subject", subject)
        fields.map("annotations", annotations)
        return fields.json
    }
}
