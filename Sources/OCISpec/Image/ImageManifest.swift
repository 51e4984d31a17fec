/// The parts of one image: image-spec 1.1, manifest.md, and Docker's schema 2.
public struct ImageManifest: Equatable, Sendable {
    /// Optional in OCI's, required in Docker's manifests.
    public var mediaType: MediaType?
    /// Of a manifest that is no image.
    public var artifactType: MediaType?
    /// The document that ``ImageConfig`` is made of.
    public var config: Descriptor
    /// From the lowest to the highest.
    public var layers: [Descriptor]
    /// A manifest that this one belongs to.
    public var subject: Descriptor?
    /// For people and tools; they choose nothing.
    public var annotations: OrderedMap<String>

    public init(
        mediaType: MediaType? = nil, artifactType: MediaType? = nil, config: Descriptor, layers: [Descriptor],
        subject: Descriptor? = nil, annotations: OrderedMap<String> = [:]
    ) {
        self.mediaType = mediaType
        self.artifactType = artifactType
        self.config = config
        self.layers = layers
        self.subject = subject
        self.annotations = annotations
    }
}

extension ImageManifest: FieldValue {
    public init(json: JSONValue) throws(SpecError) {
        let fields = try FieldReader(json)
        mediaType = try fields.mediaType(of: .manifest, without: ["manifests"])
        artifactType = try fields.text("artifactType")
        config = try fields.required("config")
        layers = try fields.required("layers")
        subject = try fields.optional("subject")
        annotations = try fields.map("annotations")
    }

    public var json: JSONValue {
        var fields = FieldWriter()
        fields.put("schemaVersion", 2)
        fields.optional("mediaType", mediaType)
        fields.optional("artifactType", artifactType)
        fields.put("config", config)
        fields.put("layers", layers)
        fields.optional("subject", subject)
        fields.map("annotations", annotations)
        return fields.json
    }
}
