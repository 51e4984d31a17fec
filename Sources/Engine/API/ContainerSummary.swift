/// A container in a list: Docker's object of `containers/json`.
public struct ContainerSummary: Encodable, Equatable, Sendable {
    public let id: String
    /// With a `/` before each.
    public let names: [String]
    /// As the user named it.
    public let image: String
    public let imageID: String
    public let command: String
    /// Seconds since 1970.
    public let created: Int64
    /// `created`, `running` or `exited`.
    public let state: String
    /// For people: `Up 5 minutes`.
    public let status: String
    /// What of the host leads to it.
    public let ports: [Port]

    enum CodingKeys: String, CodingKey {
        case id = "Id"
        case names = "Names"
        case image = "Image"
        case imageID = "ImageID"
        case command = "Command"
        case created = "Created"
        case state = "State"
        case status = "Status"
        case ports = "Ports"
    }

    /// A port of the host's that leads to the container.
    public struct Port: Encodable, Equatable, Sendable {
        public let ip: String
        public let privatePort: UInt16
        public let publicPort: UInt16
        /// `tcp`, `udp` or `sctp`.
        public let type: String

        enum CodingKeys: String, CodingKey {
            case ip = "IP"
            case privatePort = "PrivatePort"
            case publicPort = "PublicPort"
            case type = "Type"
        }
    }
}

/// An image in a list: Docker's object of `images/json`.
public struct ImageSummary: Encodable, Equatable, Sendable {
    /// With `sha256:` before it.
    public let id: String
    public let repoTags: [String]
    /// What registries call it: names with digests.
    public let repoDigests: [String]
    /// Seconds since 1970.
    public let created: Int64
    /// Bytes.
    public let size: Int64
    /// How many containers were made from it.
    public let containers: Int
    public let labels: [String: String]

    enum CodingKeys: String, CodingKey {
        case id = "Id"
        case repoTags = "RepoTags"
        case repoDigests = "RepoDigests"
        case created = "Created"
        case size = "Size"
        case containers = "Containers"
        case labels = "Labels"
    }
}
