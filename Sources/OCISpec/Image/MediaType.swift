/// What a piece of content is.
public struct MediaType: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public var description: String { rawValue }

    /// The manifest of one image.
    public static let manifest = MediaType(rawValue: "application/vnd.oci.image.manifest.v1+json")
    /// Manifests of several platforms.
    public static let index = MediaType(rawValue: "application/vnd.oci.image.index.v1+json")
    /// An image's config.
    public static let config = MediaType(rawValue: "application/vnd.oci.image.config.v1+json")
    /// The empty object, where something must stand.
    public static let empty = MediaType(rawValue: "application/vnd.oci.empty.v1+json")
    /// A layer, not compressed.
    public static let layer = MediaType(rawValue: "application/vnd.oci.image.layer.v1.tar")
    /// A layer, compressed by gzip.
    public static let gzipLayer = MediaType(rawValue: "application/vnd.oci.image.layer.v1.tar+gzip")
    /// A layer, compressed by zstd.
    public static let zstdLayer = MediaType(rawValue: "application/vnd.oci.image.layer.v1.tar+zstd")
    /// Docker's manifest of one image: schema 2.
    public static let dockerManifest = MediaType(rawValue: "application/vnd.docker.distribution.manifest.v2+json")
    /// Docker's manifests of several platforms.
    public static let dockerManifestList = MediaType(
        rawValue: "application/vnd.docker.distribution.manifest.list.v2+json")
    /// Docker's config of an image.
    public static let dockerConfig = MediaType(rawValue: "application/vnd.docker.container.image.v1+json")
    /// Docker's layer, always compressed by gzip.
    public static let dockerGzipLayer = MediaType(rawValue: "application/vnd.docker.image.rootfs.diff.tar.gzip")

    /// How a layer's tar archive is packed.
    public enum Compression: Sendable { case none, gzip, zstd }

    /// What a document or a blob is.
    public enum Kind: Equatable, Sendable {
        case manifest, index, config
        case layer(Compression)
        /// A layer that may have to be fetched from elsewhere; deprecated.
        case foreignLayer(Compression)
        case other
    }

    /// What the type stands for, whoever has named it.
    public var kind: Kind {
        switch rawValue {
        case Self.manifest.rawValue, Self.dockerManifest.rawValue: .manifest
        case Self.index.rawValue, Self.dockerManifestList.rawValue: .index
        case Self.config.rawValue, Self.dockerConfig.rawValue: .config
        case Self.layer.rawValue, "application/vnd.docker.image.rootfs.diff.tar": .layer(.none)
        case Self.gzipLayer.rawValue, Self.dockerGzipLayer.rawValue: .layer(.gzip)
        case Self.zstdLayer.rawValue, "application/vnd.docker.image.rootfs.diff.tar.zstd": .layer(.zstd)
        case "application/vnd.oci.image.layer.nondistributable.v1.tar",
            "application/vnd.docker.image.rootfs.foreign.diff.tar":
            .foreignLayer(.none)
        case "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
            "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip":
            .foreignLayer(.gzip)
        case "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd": .foreignLayer(.zstd)
        default: .other
        }
    }
}

extension MediaType: FieldValue {
    public init(json: JSONValue) throws(SpecError) { try self.init(rawValue: String(json: json)) }
    public var json: JSONValue { .string(rawValue) }
}
