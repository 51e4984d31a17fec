internal import GRDB
internal import LinuxKernel
internal import Netlink
internal import Networking

extension Engine {
    /// Puts a container into a further network, at once if it runs.
    ///
    /// - Throws: `EngineError`: `conflict` if it is there already, or has no networks of its own.
    public func connectNetwork(
        _ reference: String, to container: String, _ settings: ConnectionSettings = .init()
    ) throws(EngineError) {
        let network = try networkForUse(reference)
        let wish = NetworkWish(network: network.name.text, settings: settings)
        let plan = try ConnectionPlan(wish)
        guard network.connects else {
            throw EngineError(
                .conflict, "a running container cannot be connected to \(network.name): give it to run or create")
        }
        try plan.check(in: network)
        try changeNetworks(of: container) { (record, mode, running) throws(EngineError) in
            guard case .network = mode else {
                throw EngineError(
                    .conflict, "container \(record.name) has the network mode \(Self.text(mode)) and can be in no other"
                )
            }
            guard try !store.connections(of: record.id).contains(where: { $0.network == network.name.text }) else {
                throw EngineError(
                    .conflict, "endpoint with name \(record.name) already exists in network \(network.name)")
            }
            guard let running else {
                return try store.write { try store.insert($0, [wish], for: record.id) }
            }
            try join(record, Membership(network: network, plan: plan), wish, running)
            self.record("connect", network, with: record.id)
        }
    }

    /// Takes a container out of a network, at once if it runs.
    ///
    /// - Throws: `EngineError` of kind `notFound` if it is not there.
    public func disconnectNetwork(_ reference: String, from container: String) throws(EngineError) {
        try changeNetworks(of: container) { (record, _, running) throws(EngineError) in
            let wishes = try store.connections(of: record.id)
            // A network that was removed while the container did not run is known by its name alone.
            let network = try? networkForUse(reference)
            let name = network?.name.text ?? reference
            guard wishes.contains(where: { $0.network == name }) else {
                throw EngineError(
                    .notFound, "container \(record.name) is not connected to network \(quotedForError(reference))")
            }
            if let running, let network,
                let endpoint = try store.endpoints(of: record.id).first(where: { $0.network == network.id })
            {
                try leave(record, endpoint, running)
                self.record("disconnect", network, with: record.id)
            }
            try store.write(freeing: true) { try store.removeConnection($0, of: record.id, to: name) }
        }
    }

    /// Publishes further ports of a container, at once if it runs, and from then on at each start.
    public func addPorts(_ texts: [String], to container: String) throws(EngineError) {
        try changePorts(of: container) { (request) throws(EngineError) in
            for text in texts { try request.publish(text) }
        }
    }

    /// Takes back ports that were published: `CONTAINER[/PROTOCOL]` or as they were given.
    public func removePorts(_ texts: [String], from container: String) throws(EngineError) {
        try changePorts(of: container) { (request) throws(EngineError) in
            for text in texts {
                var wanted = ContainerRequest()
                try wanted.publish(text)
                for (port, bindings) in wanted.host.portBindings {
                    let named = bindings.filter { !$0.hostIP.isEmpty || !$0.hostPort.isEmpty }
                    var left = request.host.portBindings[port] ?? []
                    guard !left.isEmpty else {
                        throw EngineError(.notFound, "port \(port) of container \(container) is not published")
                    }
                    let count = left.count
                    if named.isEmpty { left = [] } else { left.removeAll { named.contains($0) } }
                    guard left.count < count else {
                        throw EngineError(.notFound, "port \(quotedForError(text)) is not published")
                    }
                    request.host.portBindings[port] = left.isEmpty ? nil : left
                }
            }
        }
    }

    private func changePorts(
        of container: String, _ change: (inout ContainerRequest) throws(EngineError) -> Void
    ) throws(EngineError) {
        try changeNetworks(of: container) { (record, mode, running) throws(EngineError) in
            guard case .network = mode else {
                throw EngineError(
                    .conflict, "container \(record.name) has the network mode \(Self.text(mode)): it has no ports")
            }
            let (configuration, host) = try store.configurations(of: record.id)
            let old = try NetworkPlan(configuration, host).portWishes
            var request = ContainerRequest(configuration: configuration, host: host)
            try change(&request)
            let new = try NetworkPlan(request.configuration, request.host).portWishes
            let changed = request
            guard running != nil else { return try store.write { try store.rewrite($0, record.id, changed) } }
            try withNetworkLock { () throws(EngineError) in
                let targets = publishedAddresses(try places(of: record))
                // What goes, goes first: its ports may be wanted again.
                let going = try store.ports(of: record.id).filter { port in
                    !new.contains { $0.means(port) }
                }
                try unpublish(going, of: record.id)
                let added = try store.write { database in
                    try store.rewrite(database, record.id, changed)
                    return try PortReservation.keep(
                        new.filter { !old.contains($0) }, for: record.id, at: targets, store, database)
                }
                try admit([], added)
            }
        }
    }

    /// Runs `body` with the container's lock, its mode, and its namespace if it runs.
    private func changeNetworks(
        of reference: String,
        _ body: (ContainerRecord, NetworkPlan.Mode, NamespaceHolder?) throws(EngineError) -> Void
    ) throws(EngineError) {
        let id = try store.container(reference).id
        try withLock(on: id) { () throws(EngineError) in
            guard let record = try store.container(id) else { throw .noSuchContainer(id.short) }
            let mode = try NetworkPlan.Mode(try store.configurations(of: id).host.networkMode)
            guard case .running(let process?) = try observe(record) else { return try body(record, mode, nil) }
            let namespace: NamespaceHolder
            do {
                namespace = NamespaceHolder(try OwnedDescriptor(open: "/proc/\(process.pid)/ns/net", .read))
                // Still the same process: so that was its namespace.
                guard try process.isRunning() else { return try body(record, mode, nil) }
            } catch {
                throw .wrapping(error, while: "look at the network of container \(record.name)")
            }
            try body(record, mode, namespace)
        }
    }

    private static func text(_ mode: NetworkPlan.Mode) -> String {
        switch mode {
        case .none: "none"
        case .host: "host"
        case .container: "container"
        case .network(let name): name
        }
    }

    /// The networks that a running container is in.
    private func places(of record: ContainerRecord) throws(EngineError) -> [(Membership, EndpointRecord)] {
        let endpoints = try store.endpoints(of: record.id)
        var result: [(Membership, EndpointRecord)] = []
        for member in try memberships(of: record) {
            guard let endpoint = endpoints.first(where: { $0.network == member.network.id }) else { continue }
            result.append((member, endpoint))
        }
        return result
    }

    private func join(
        _ record: ContainerRecord, _ member: Membership, _ wish: NetworkWish, _ namespace: NamespaceHolder
    ) throws(EngineError) {
        let undo = Undo()
        try withNetworkLock { () throws(EngineError) in
            do {
                try sweepLocked(except: nil)
                let (configuration, host) = try store.configurations(of: record.id)
                let plan = try ContainerPlan(id: record.id, configuration, host, try HostFacts.read())
                try member.network.hostBridge?.prepare()
                let names = try store.endpoints(of: record.id).map(\.interface.text)
                let number = (0...names.count).first { !names.contains("eth\($0)") } ?? names.count
                let endpoint = try store.write { database in
                    let endpoint = try lease(database, record.id, member, interface: number)
                    try store.insert(database, endpoint, EndpointNames(member.plan, record, plan))
                    return endpoint
                }
                undo.add("leave network \(member.network.name)") {
                    try self.leaveLocked(record, endpoint, namespace)
                }
                try admit([member.network], [])
                try attach(endpoint, member, to: namespace)
                try store.write { try store.insert($0, [wish], for: record.id) }
                undo.add("forget network \(member.network.name)") {
                    try self.store.write {
                        try self.store.removeConnection($0, of: record.id, to: member.network.name.text)
                    }
                }
                try settle(record, plan, namespace)
                changeHosts(of: record) { lines in
                    let name = GeneratedFiles.ownNames(plan)
                    return lines + endpoint.addresses.map { "\($0)\t\(name)" }
                }
                undo.keepAll()
            } catch {
                throw undo.run(
                    after: .wrapping(error, while: "connect container \(record.name) to \(member.network.name)"))
            }
        }
    }

    private func leave(
        _ record: ContainerRecord, _ endpoint: EndpointRecord, _ namespace: NamespaceHolder
    ) throws(EngineError) {
        try withNetworkLock { () throws(EngineError) in
            do {
                try leaveLocked(record, endpoint, namespace)
                let (configuration, host) = try store.configurations(of: record.id)
                let plan = try ContainerPlan(id: record.id, configuration, host, try HostFacts.read())
                try settle(record, plan, namespace)
                changeHosts(of: record) { lines in
                    let gone = Set(endpoint.addresses.map(\.description))
                    return lines.filter { line in !gone.contains(String(line.prefix { $0 != "\t" })) }
                }
            } catch {
                throw .wrapping(error, while: "disconnect container \(record.name)")
            }
        }
    }

    private func leaveLocked(
        _ record: ContainerRecord, _ endpoint: EndpointRecord, _ namespace: NamespaceHolder
    ) throws {
        let ports = try store.ports(of: record.id).filter { endpoint.addresses.contains($0.containerAddress) }
        try unpublish(ports, of: record.id)
        try Attachment.remove(endpoint.interface, hostLink: endpoint.hostLink, in: namespace.descriptor)
        try store.write(freeing: true) { try store.removeEndpoint($0, endpoint) }
    }

    /// Brings ways out, ports and names in line with the networks that a running container is in now.
    private func settle(_ record: ContainerRecord, _ plan: ContainerPlan, _ namespace: NamespaceHolder) throws {
        let places = try places(of: record)
        try setRoutes(places.map(\.0), in: namespace)
        let targets = publishedAddresses(places)
        let current = try store.ports(of: record.id)
        let stale = current.filter { !targets.contains($0.containerAddress) }
        try unpublish(stale, of: record.id)
        let moved = stale.compactMap { port -> PublishedPort? in
            guard let target = targets.first(where: { $0.isVersion4 == port.containerAddress.isVersion4 }) else {
                return nil
            }
            var port = port
            port.containerAddress = target
            return port
        }
        let published = try store.write { database in
            try store.insert(database, moved, for: record.id)
            guard current.isEmpty else { return moved }
            return try PortReservation.keep(plan.network.portWishes, for: record.id, at: targets, store, database)
        }
        if !published.isEmpty { try admit([], published) }
        let hasNames = places.contains { !$0.0.network.isDefault }
        try publishNamesLocked(starting: nil)
        changeResolvConf(of: record, plan.network, hasNames: hasNames)
    }

    /// Takes ports out of the rules, then out of the store.
    private func unpublish(_ ports: [PublishedPort], of id: Identifier) throws(EngineError) {
        guard !ports.isEmpty else { return }
        do {
            var firewall = try Firewall(table: firewallTable)
            try firewall.remove(FirewallState(ports: ports))
        } catch {
            throw .wrapping(error, while: "take ports away")
        }
        try store.write(freeing: true) { try store.remove($0, ports, of: id) }
    }

    /// Changes the container's `/etc/hosts` in place: the container has the file itself, and not its name on the host.
    private func changeHosts(of record: ContainerRecord, _ change: ([String]) -> [String]) {
        let path = locations.container(record.id).hosts
        guard let text = try? readText(path) else { return }  // One that is not there has no names to keep right.
        let lines = text.split(separator: "\n", omittingEmptySubsequences: true).map(String.init)
        rewrite(path, change(lines).map { $0 + "\n" }.joined())
    }

    /// Gives the container the resolv.conf that its networks need now, unless it has changed the file.
    private func changeResolvConf(of record: ContainerRecord, _ plan: NetworkPlan, hasNames: Bool) {
        let path = locations.container(record.id).resolvConf
        let host = GeneratedFiles.hostResolvConf()
        let (with, without) = (
            GeneratedFiles.resolvConf(plan, ofHost: host, hasNames: true),
            GeneratedFiles.resolvConf(plan, ofHost: host, hasNames: false)
        )
        guard let text = try? readText(path), text == (hasNames ? without : with) else { return }
        rewrite(path, hasNames ? with : without)
    }

    private func rewrite(_ path: String, _ text: String) {
        do throws(SyscallError) {
            try OwnedDescriptor(open: path, [.write, .truncate, .noFollow]).write(text)
        } catch {
            notices("\(path) could not be brought up to date: \(error)")
        }
    }
}

extension PortWish {
    /// Whether a published port is one that this asks for.
    func means(_ port: PublishedPort) -> Bool {
        containerPort == port.containerPort && transport == port.transport
            && (hostAddress.map { $0.isAny ? nil : $0 } ?? nil) == port.hostAddress
            && (hostPorts?.contains(port.hostPort) ?? true)
    }
}
