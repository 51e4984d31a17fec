/// What `inspect` shows of an image: Docker's object, as far as Brig has what it tells.
public struct ImageInspection: Encodable, Sendable {
    public let id: String
    public let repoTags: [String]
    public let comment: String
    public let created: String
    public let config: ImageConfiguration
    public let architecture: String
    public let os: String
    /// Bytes.
    public let size: Int64
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
        case comment = "Comment"
        case created = "Created"
        case config = "Config"
        case architecture = "Architecture"
        case os = "Os"
        case size = "Size"
        case rootFS = "RootFS"
    }
}
