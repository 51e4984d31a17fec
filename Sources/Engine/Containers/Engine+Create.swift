internal import ImageStore
internal import LinuxKernel
internal import MonitorProtocol

/// Which container, in the two ways in which people name it.
public struct ContainerIdentity: Equatable, Sendable {
    public let id: Identifier
    public let name: ContainerName
    /// What is odd about it, and none of its faults.
    public var warnings: [String] = []
}

extension Engine {
    /// Makes a container, which does not run yet.
    ///
    /// Everything that is wrong about the request is found here, before anything is made.
    /// - Throws: `EngineError`.
    public func create(_ request: ContainerRequest) throws(EngineError) -> ContainerIdentity {
        let image = try imageForContainer(request.configuration.image)
        var generator = SystemRandomNumberGenerator()
        let id = Identifier.random(using: &generator)
        let facts = try HostFacts.read()
        var configuration = request.configuration.completed(by: image.configuration)
        var host = try resolveModes(request.host)
        try adoptHostname(&configuration, host)
        let networks = try networksForCreation(request, &configuration, &host)
        let (mounts, volumes) = try mountsForCreation(configuration, host)
        let plan = try ContainerPlan(id: id, configuration, host, facts, mounts: mounts)
        _ = try seccomp(for: plan)
        try LogSettings(request.host.logConfig).checkHost()
        _ = try DevicePlan(plan)
        try checkSources(of: mounts)
        configuration.hostname = plan.hostname.text
        if plan.cgroupMode == .own { host.cgroupnsMode = "private" }
        if plan.cgroupMode == .host { host.cgroupnsMode = "host" }
        // As in Docker, the default is seen, and stays when the memory is changed later.
        if host.memorySwap == 0, let both = plan.resources.memoryAndSwap { host.memorySwap = both }
        let isOpen = plan.privileged || plan.security.unmaskedSystemPaths
        host.maskedPaths = isOpen ? [] : SystemPaths.masked
        host.readonlyPaths = isOpen ? [] : SystemPaths.readOnly
        let record = ContainerRecord(
            id: id, name: ContainerName(unchecked: ""), created: .now, imageID: image.id,
            imageName: configuration.image, command: Self.shownCommand(plan.arguments))

        let undo = Undo()
        do {
            let directory = locations.container(id).directory
            // Until the store knows it, the lock says that it is somebody's.
            let lock = try HostDirectory.makeLocked(directory)
            undo.add("remove \(directory)") { try HostDirectory.removeTree(directory) }
            let added = try store.add(record, configuration, host, networks, mounts: (mounts, volumes)) { attempt in
                if let name = request.name { return attempt == 0 ? name : nil }
                return attempt < 20 ? ContainerName.random(attempt: attempt, using: &generator) : nil
            }
            undo.keepAll()
            withExtendedLifetime(lock) {}
            for volume in volumes { try prepareVolume(volume.name) }
            self.record("create", added, [:], configuration)
            return ContainerIdentity(id: id, name: added.name, warnings: warnings(about: image))
        } catch {
            throw undo.run(after: .wrapping(error, while: "create the container"))
        }
    }

    /// What Docker says of an image for another machine, which may run all the same, through an emulator.
    private func warnings(about image: ImageRecord) -> [String] {
        // Not every tool says for which it is.
        guard !image.architecture.isEmpty, let host = try? hostPlatform else { return [] }
        let own = PlatformRequest(
            os: image.os.isEmpty ? host.os : image.os, architecture: image.architecture, variant: image.variant)
        // These run the programs of their forerunners.
        let forerunner = ["amd64": "386", "arm64": "arm"][host.architecture]
        guard own.os != host.os || (own.architecture != host.architecture && own.architecture != forerunner) else {
            return []
        }
        return [
            "The requested image's platform (\(own)) does not match the detected host platform (\(host)) and no specific "
                + "platform was requested"
        ]
    }

    /// A container that has another's host name cannot be given one, and is told that of the other.
    private func adoptHostname(
        _ configuration: inout ContainerConfiguration, _ host: HostConfiguration
    ) throws(EngineError) {
        let mode = try NamespaceMode(host.utsMode, .uts)
        guard !mode.isNew else { return }
        guard configuration.hostname.isEmpty, configuration.domainname.isEmpty else {
            throw EngineError(.invalidInput, "conflicting options: hostname and the UTS mode")
        }
        if case .container(let other) = mode {
            configuration.hostname = try store.configurations(of: try store.container(other).id).container.hostname
        }
    }

    /// As in Docker, `--mount` does not make what it names, but for those that ask for it.
    private func checkSources(of mounts: [ContainerMount]) throws(EngineError) {
        for mount in mounts where mount.kind == .bind && !mount.makesSource && !exists(mount.source) {
            throw EngineError(
                .invalidInput,
                "invalid mount config for type \"bind\": bind source path does not exist: \(mount.source)")
        }
    }

    /// The image of a new container; the embedded one is made when it is first asked for.
    private func imageForContainer(_ name: String) throws(EngineError) -> ImageRecord {
        guard !name.isEmpty else { throw EngineError(.invalidInput, "no image specified") }
        if HelloImage.isMeant(by: name) { try prepareHelloImage() }
        do {
            return try store.image(name)
        } catch  where error.kind == .notFound {
            throw EngineError(
                .notFound, "\(error.message) (get it with `brig pull`, `brig load` or `brig import FILE NAME`)")
        }
    }
}
