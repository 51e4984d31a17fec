/// What a user asks for: Docker's body of `containers/create`.
///
/// `nil` and empty mean that the image decides. An entry point of one empty string means none, whatever the image has.
public struct ContainerRequest: Equatable, Sendable {
    /// `nil` for a random one.
    public var name: ContainerName?
    public var configuration: ContainerConfiguration
    public var host: HostConfiguration
    /// The networks that it is to be in; where none is given, the one of `host.networkMode`.
    public var networks: [NetworkWish] = []

    public init(
        name: ContainerName? = nil, configuration: ContainerConfiguration = .init(), host: HostConfiguration = .init(),
        networks: [NetworkWish] = []
    ) {
        self.name = name
        self.configuration = configuration
        self.host = host
        self.networks = networks
    }
}

extension ContainerConfiguration {
    /// These wishes with what the image says in the places that they leave open.
    func completed(by image: ImageConfiguration) -> ContainerConfiguration {
        var result = self
        if user.isEmpty { result.user = image.user }
        if workingDir.isEmpty { result.workingDir = image.workingDir }
        if stopSignal == nil { result.stopSignal = image.stopSignal }
        result.healthcheck = HealthSettings.merged(healthcheck, image.healthcheck)
        result.volumes = image.volumes.merging(volumes) { _, own in own }
        result.exposedPorts = image.exposedPorts.merging(exposedPorts) { _, own in own }
        result.labels = image.labels.merging(labels) { _, own in own }
        let named = Set(env.map { $0.prefix { $0 != "=" } })
        result.env = env + image.env.filter { !named.contains($0.prefix { $0 != "=" }) }
        switch entrypoint {
        case nil, []?:
            result.entrypoint = image.entrypoint
            if cmd?.isEmpty ?? true { result.cmd = image.cmd }
        case [""]?:
            result.entrypoint = nil
        default:
            // Another program does not get the arguments that the image has for its own.
            break
        }
        return result
    }
}
