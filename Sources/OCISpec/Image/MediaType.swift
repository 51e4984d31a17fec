/// What a piece of content is.
public struct MediaType: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public var description: String { rawValue }

    public static let manifest = MediaType(rawValue: "application/vnd.oci.image.manifest.v1+json")
    public static let index = MediaType(rawValue: "application/vnd.oci.image.index.v1+json")
    public static let config = MediaType(rawValue: "application/vnd.oci.image.config.v1+json")
    public static let empty = MediaType(rawValue: "application/vnd.oci.empty.v1+json")
    public static let layer = MediaType(rawValue: "application/vnd.oci.image.layer.v1.tar")
    public static let gzipLayer = MediaType(rawValue: "application/vnd.oci.image.layer.v1.tar+gzip")
    public static let zstdLayer = MediaType(rawValue: "application/vnd.oci.image.layer.v1.tar+zstd")
    public static let dockerManifest = MediaType(rawValue: "application/vnd.docker.distribution.manifest.v2+json")
    public static let dockerManifestList = MediaType(
        rawValue: "application/vnd.docker.distribution.manifest.list.v2+json")
    public static let dockerConfig = MediaType(rawValue: "application/vnd.docker.container.image.v1+json")
    public static let dockerGzipLayer = MediaType(rawValue: "application/vnd.docker.image.rootfs.diff.tar.gzip")

    public enum Compression: Sendable { case none, gzip, zstd }

    public enum Kind: Equatable, Sendable {
        case manifest, index, config
        case layer(Compression)
        /// A layer that may have to be fetched from elsewhere; deprecated.
        case foreignLayer(Compression)
        case other
    }

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
