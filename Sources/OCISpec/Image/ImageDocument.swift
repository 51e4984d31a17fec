/// What a registry answers when asked for an image: one manifest, or manifests for several platforms.
///
/// One text must not be read as one by us and as the other by somebody else (CVE-2021-41190): a document with the
/// fields of both is refused, and so is one that calls itself, or was announced as, what it is not.
public enum ImageDocument: Equatable, Sendable {
    case manifest(ImageManifest)
    case index(ImageIndex)

    /// - Parameter announced: From the descriptor that led here, or the registry's `Content-Type`; nil if there is none.
    public init(json: JSONValue, announced: MediaType?) throws(SpecError) {
        let fields = try FieldReader(json)
        let isIndex = fields.value("manifests") != nil
        if let announced {
            try require(
                announced.kind == (isIndex ? .index : .manifest), "",
                "announced as \(quoted(announced.rawValue)), but \(isIndex ? "an index" : "not an index")")
        }
        self = isIndex ? .index(try ImageIndex(json: json)) : .manifest(try ImageManifest(json: json))
    }
}

extension FieldReader {
    /// Checks what all manifests and indexes have in common.
    ///
    /// - Returns: What the document says that it is.
    func mediaType(of kind: MediaType.Kind, without foreignFields: [String]) throws(SpecError) -> MediaType? {
        let version: Int = try required("schemaVersion")
        try require(version == 2, "schemaVersion", "\(version) is not supported, only 2 is")
        for field in foreignFields {
            try require(
                value(field) == nil, field, "must not be there: a document is a manifest or an index, never both")
        }
        let mediaType: MediaType? = try text("mediaType")
        if let mediaType {
            try require(
                mediaType.kind == kind, "mediaType",
                "\(quoted(mediaType.rawValue)) is not that of \(kind == .index ? "an index" : "a manifest")")
        }
        return mediaType
    }
}
