internal import LinuxKernel

extension Engine {
    /// The networks of a new container, all of which are there; and with another container's network, that one's name in
    /// full and its host name.
    ///
    /// - Throws: `EngineError`: `notFound` for a network or container that is not there.
    func networksForCreation(
        _ request: ContainerRequest, _ configuration: inout ContainerConfiguration, _ host: inout HostConfiguration
    ) throws(EngineError) -> [NetworkWish] {
        switch try NetworkPlan.Mode(host.networkMode) {
        case .none, .host:
            guard request.networks.isEmpty || request.networks.map(\.network) == [host.networkMode] else {
                throw EngineError(
                    .invalidInput, "conflicting options: network \(host.networkMode) and other networks")
            }
            return []
        case .container(let reference):
            guard request.networks.count <= 1, request.networks.allSatisfy({ $0.settings == .init() }) else {
                throw EngineError(.invalidInput, "conflicting options: \(host.networkMode) and other networks")
            }
            guard configuration.hostname.isEmpty else {
                throw EngineError(.invalidInput, "conflicting options: hostname and the network mode")
            }
            let other = try store.container(reference)
            host.networkMode = "container:\(other.id)"
            let theirs = try store.configurations(of: other.id).container
            (configuration.hostname, configuration.domainname) = (theirs.hostname, theirs.domainname)
            return []
        case .network(let name):
            var wishes = request.networks
            if wishes.isEmpty { wishes = [NetworkWish(network: name)] }
            for place in wishes.indices {
                let network = try networkForUse(wishes[place].network)
                try ConnectionPlan(wishes[place]).check(in: network)
                guard !wishes[..<place].contains(where: { $0.network == network.name.text }) else {
                    throw EngineError(.invalidInput, "network \(network.name) is given twice")
                }
                wishes[place].network = network.name.text
            }
            host.networkMode = wishes[0].network
            for link in try NetworkPlan(configuration, host).links {
                guard wishes[0].network == NetworkName.defaultBridge else {
                    // There the resolver knows the names of links.
                    wishes[0].settings.links.append("\(link.container):\(link.alias)")
                    continue
                }
                _ = try store.container(link.container)
            }
            return wishes
        }
    }
}
