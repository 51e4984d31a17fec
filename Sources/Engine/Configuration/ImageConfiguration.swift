/// What an image says of the process to run: the `config` object of the OCI image-spec.
///
/// A closed type: nothing else that an image carries can choose how its containers are made.
public struct ImageConfiguration: StoredDocument, Equatable, Sendable {
    public var user = ""
    public var exposedPorts: [String: [String: String]] = [:]
    public var env: [String] = []
    public var entrypoint: [String]?
    public var cmd: [String]?
    public var volumes: [String: [String: String]] = [:]
    public var workingDir = ""
    public var labels: [String: String] = [:]
    public var stopSignal: String?
    /// Docker's addition to what images say.
    public var healthcheck: HealthSettings?
    /// For images that are built on this one: nothing of a container's.
    public var onBuild: [String]?
    /// What the shell forms of a Dockerfile's instructions are for.
    public var shell: [String]?

    public init() {}

    enum CodingKeys: String, CodingKey {
        case user = "User"
        case exposedPorts = "ExposedPorts"
        case env = "Env"
        case entrypoint = "Entrypoint"
        case cmd = "Cmd"
        case volumes = "Volumes"
        case workingDir = "WorkingDir"
        case labels = "Labels"
        case stopSignal = "StopSignal"
        case healthcheck = "Healthcheck"
        case onBuild = "OnBuild"
        case shell = "Shell"
    }
}
