/// What `inspect` shows of an image: Docker's object, as far as Brig has what it tells.
public struct ImageInspection: Encodable, Sendable {
    public let id: String
    public let repoTags: [String]
    public let repoDigests: [String]
    public let comment: String
    public let created: String
    public let author: String
    public let config: ImageConfiguration
    public let architecture: String
    /// Empty if the architecture says it all.
    public let variant: String
    public let os: String
    /// Bytes of the files of all layers.
    public let size: Int64
    public let graphDriver: ContainerInspection.GraphDriver
    public let rootFS: RootFS

    public struct RootFS: Encodable, Equatable, Sendable {
        public let type: String
        /// The lowest first.
        public let layers: [String]

        enum CodingKeys: String, CodingKey {
            case type = "Type"
            case layers = "Layers"
        }
    }

    enum CodingKeys: String, CodingKey {
        case id = "Id"
        case repoTags = "RepoTags"
        case repoDigests = "RepoDigests"
        case parent = "Parent"
        case comment = "Comment"
        case created = "Created"
        case dockerVersion = "DockerVersion"
        case author = "Author"
        case config = "Config"
        case architecture = "Architecture"
        case variant = "Variant"
        case os = "Os"
        case size = "Size"
        case virtualSize = "VirtualSize"
        case graphDriver = "GraphDriver"
        case rootFS = "RootFS"
        case metadata = "Metadata"
    }

    public func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: CodingKeys.self)
        try members.encode(id, forKey: .id)
        try members.encode(repoTags, forKey: .repoTags)
        try members.encode(repoDigests, forKey: .repoDigests)
        // What scripts look for, and Brig has nothing of: an image has no parent, and no Docker has made it.
        try members.encode("", forKey: .parent)
        try members.encode(comment, forKey: .comment)
        try members.encode(created, forKey: .created)
        try members.encode("", forKey: .dockerVersion)
        try members.encode(author, forKey: .author)
        try members.encode(config, forKey: .config)
        try members.encode(architecture, forKey: .architecture)
        try members.encodeIfPresent(variant.isEmpty ? nil : variant, forKey: .variant)
        try members.encode(os, forKey: .os)
        try members.encode(size, forKey: .size)
        // The same, for scripts: until Docker 25.
        try members.encode(size, forKey: .virtualSize)
        try members.encode(graphDriver, forKey: .graphDriver)
        try members.encode(rootFS, forKey: .rootFS)
        try members.encode(["LastTagTime": ContainerInspection.State.never], forKey: .metadata)
    }
}
