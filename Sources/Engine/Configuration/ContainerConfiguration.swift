/// What a container runs: Docker's `Config` object. The image's settings are already in it.
public struct ContainerConfiguration: StoredDocument, Equatable, Sendable {
    public var hostname = ""
    public var domainname = ""
    public var user = ""
    public var attachStdin = false
    public var attachStdout = false
    public var attachStderr = false
    /// `PORT/PROTOCOL`, each with an empty object.
    public var exposedPorts: [String: [String: String]] = [:]
    public var tty = false
    public var openStdin = false
    public var stdinOnce = false
    public var env: [String] = []
    public var cmd: [String]?
    /// `nil` is what the image says.
    public var healthcheck: HealthSettings?
    /// The image as the user named it.
    public var image = ""
    /// Where a volume of its own lies, each with an empty object.
    public var volumes: [String: [String: String]] = [:]
    public var workingDir = ""
    public var entrypoint: [String]?
    public var labels: [String: String] = [:]
    public var stopSignal: String?
    /// Seconds.
    public var stopTimeout: Int?

    public init() {}

    enum CodingKeys: String, CodingKey {
        case hostname = "Hostname"
        case domainname = "Domainname"
        case user = "User"
        case attachStdin = "AttachStdin"
        case attachStdout = "AttachStdout"
        case attachStderr = "AttachStderr"
        case exposedPorts = "ExposedPorts"
        case tty = "Tty"
        case openStdin = "OpenStdin"
        case stdinOnce = "StdinOnce"
        case env = "Env"
        case cmd = "Cmd"
        case healthcheck = "Healthcheck"
        case image = "Image"
        case volumes = "Volumes"
        case workingDir = "WorkingDir"
        case entrypoint = "Entrypoint"
        case labels = "Labels"
        case stopSignal = "StopSignal"
        case stopTimeout = "StopTimeout"
    }

    /// The program and its arguments.
    public var command: [String] { (entrypoint ?? []) + (cmd ?? []) }
}
