internal import ComposeFile
internal import Engine
internal import OCISpec

extension ComposeRunner {
    /// Makes the networks that these services use and that are not there.
    ///
    /// - Returns: The names of those that were made.
    func makeNetworks(of services: [String]) throws(EngineError) -> [String] {
        let used = Set(services.flatMap { project.services[$0]?.networks.map(\.network) ?? [] })
        guard !used.isEmpty else { return [] }
        let present = Dictionary(try engine.networks().map { ($0.name, $0) }) { one, _ in one }
        var made: [String] = []
        for key in used.sorted() {
            guard let network = project.networks[key] else { continue }
            if let found = present[network.name] {
                let owner = found.labels[Label.project]
                if !network.isExternal, let owner, owner != project.name {
                    throw EngineError(
                        .conflict, "network \(network.name) belongs to project \(owner); give this one another name:")
                }
                // A network without the label is another program's, or an older version's.
                let wanted = request(network, key)
                if !network.isExternal, let hash = found.labels[Label.hash], hash != wanted.labels[Label.hash] {
                    throw EngineError(
                        .conflict,
                        "network \(network.name) is there already, with other settings than the file's: `brig compose down` first"
                    )
                }
                continue
            }
            guard !network.isExternal else {
                throw EngineError(
                    .notFound, "network \(network.name) is external and not there: make it with `brig network create`")
            }
            if only("create network", network.name) { continue }
            tell("Network \(network.name)", "Creating", false)
            do throws(EngineError) {
                _ = try engine.createNetwork(request(network, key))
            } catch {
                try? removeNetworks(made)
                throw error
            }
            made.append(network.name)
            tell("Network \(network.name)", "Created", true)
        }
        return made
    }

    private func request(_ network: Network, _ key: String) -> NetworkRequest {
        var request = NetworkRequest(name: network.name)
        request.driver = network.driver ?? "bridge"
        request.subnets = network.pools.compactMap(\.subnet)
        request.gateways = network.pools.compactMap(\.gateway)
        request.ranges = network.pools.compactMap(\.range)
        for pool in network.pools { request.auxiliaryAddresses.merge(pool.taken) { _, later in later } }
        request.isInternal = network.isInternal
        request.hasVersion6 = network.enablesIPv6
        request.isAttachable = network.isAttachable
        request.options = network.driverOptions
        request.labels = network.labels
        let hash = Self.hash(of: request)
        request.labels.merge([
            Label.project: project.name, Label.network: key, Label.version: brigVersion, Label.hash: hash,
        ]) { _, own in own }
        return request
    }

    /// Of all that the file says of a network: containers in one with other settings would not get what the file promises them.
    static func hash(of request: NetworkRequest) -> String {
        func words(_ map: [String: String]) -> [String] {
            map.sorted { $0.key < $1.key }.flatMap { [$0.key, $0.value] }
        }
        let parts = [
            [request.name, request.driver], request.subnets, request.gateways, request.ranges,
            words(request.auxiliaryAddresses), words(request.labels), words(request.options),
            ["\(request.isInternal) \(request.hasVersion6) \(request.isAttachable)"],
        ]
        let text = parts.map { $0.joined(separator: "\u{0}") }.joined(separator: "\u{1}")
        return SHA256Hash.digest(of: Array(text.utf8)).hex
    }

    func removeNetworks(_ names: [String]) throws(EngineError) {
        for name in names {
            if only("remove network", name) { continue }
            tell("Network \(name)", "Removing", false)
            do throws(EngineError) {
                try engine.removeNetwork(name)
            } catch {
                guard error.kind == .notFound else { throw error }
            }
            tell("Network \(name)", "Removed", true)
        }
    }

    /// The networks that this project has made.
    static func networks(_ engine: Engine, of project: String) throws(EngineError) -> [String] {
        try engine.networks().filter { $0.labels[Label.project] == project }.map(\.name).sorted()
    }

    /// Says which networks a container is in, and under which names.
    func connect(
        _ request: inout ContainerRequest, _ service: Service, hasAliases: Bool
    ) throws(EngineError) {
        guard service.networkMode == nil else { return }
        for attachment in service.networks {
            var settings = ConnectionSettings()
            // Everybody of the network finds the service by its name; one of `run` is no part of the service.
            if hasAliases { settings.aliases = [service.name] + attachment.aliases }
            settings.gatewayPriority = attachment.gatewayPriority
            settings.ipv4Address = attachment.ipv4Address ?? ""
            settings.ipv6Address = attachment.ipv6Address ?? ""
            settings.macAddress = attachment.macAddress ?? service.text("mac_address") ?? ""
            let name = project.networks[attachment.network]?.name ?? attachment.network
            request.networks.append(NetworkWish(network: name, settings: settings))
        }
        for link in service.texts("links") {
            let parts = link.split(separator: ":", maxSplits: 1).map(String.init)
            guard parts.count == 2, !request.networks.isEmpty,
                let target = try existing().first(where: { $0.service == parts[0] && !$0.isOneOff })
            else { continue }
            request.networks[0].settings.links.append("\(target.name):\(parts[1])")
        }
        // Containers that others have made.
        for link in service.texts("external_links") {
            guard !request.networks.isEmpty else { break }
            let parts = link.split(separator: ":", maxSplits: 1).map(String.init)
            guard let name = parts.first else { continue }
            request.networks[0].settings.links.append("\(name):\(parts.last ?? name)")
        }
    }
}
