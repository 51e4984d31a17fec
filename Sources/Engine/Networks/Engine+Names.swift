internal import GRDB
internal import LinuxKernel
internal import Netlink
package import Networking
internal import OCISpec

/// What a container is called in a network, and whom it asks: kept with its endpoint from its start on.
struct EndpointNames: StoredDocument, Equatable, Sendable {
    /// Besides the container's own name: aliases, the short identifier, the host name.
    var names: [String] = []
    /// Its own names for other containers.
    var links: [String: String] = [:]
    /// The servers that it asks for other names; the host's if there are none.
    var servers: [String] = []

    init() {}

    init(_ plan: ConnectionPlan, _ record: ContainerRecord, _ container: ContainerPlan) {
        for name in plan.aliases.map(\.text) + [record.id.short, container.hostname.text] where !names.contains(name) {
            names.append(name)
        }
        for link in plan.links { links[link.alias.text.lowercased()] = link.container.lowercased() }
        servers = container.network.servers.map(\.description)
    }
}

extension Engine {
    /// Tells the name server who is called what now. It is started if it is not there, and ends when nobody needs it.
    ///
    /// The caller holds the lock of the networks.
    /// - Parameter starting: A container that has no process yet, with its network namespace.
    func publishNamesLocked(
        starting: (id: Identifier, namespace: NamespaceHolder)? = nil
    ) throws(EngineError) {
        do {
            let (table, identifiers) = try nameTable()
            let socketDirectory = try OwnedDescriptor(open: locations.runRoot, [.read, .directory])
            var server = try? NameServerClient.open(socketDirectory)
            if server == nil {
                guard !table.containers.isEmpty else { return }
                server = try startNameServer(socketDirectory)
            }
            guard let server else { return }
            for (short, id) in identifiers where !server.served.contains(short) || id == starting?.id {
                if let starting, id == starting.id {
                    try server.serve(short, try NameSockets.make(in: starting.namespace.descriptor))
                } else if let process = try store.container(id)?.process, try process.isRunning() {
                    // One that the name server knew before it was ended.
                    let namespace = try OwnedDescriptor(open: "/proc/\(process.pid)/ns/net", .read)
                    try server.serve(short, try NameSockets.make(in: namespace))
                }
            }
            if try server.publish(table) { try socketDirectory.removeFile(NameServerClient.socketName) }
        } catch {
            throw .wrapping(error, while: "make names known")
        }
    }

    /// Whether everybody who needs the name server has it.
    func namesAreServed() throws(EngineError) -> Bool {
        do {
            let wanted = Set(try nameTable().table.containers.keys)
            guard !wanted.isEmpty else { return true }
            let directory = try OwnedDescriptor(open: locations.runRoot, [.read, .directory])
            guard let client = try? NameServerClient.open(directory) else { return false }
            return wanted.isSubset(of: client.served)
        } catch {
            throw .wrapping(error, while: "look for the name server")
        }
    }

    /// Who is called what on user-defined networks. Containers are known by the beginnings of their identifiers.
    package func nameTable() throws(EngineError) -> (table: NameTable, containers: [String: Identifier]) {
        var table = NameTable()
        var identifiers: [String: Identifier] = [:]
        let networks = try store.networks()
        for network in networks where network.connects && !network.isDefault {
            table.networks[network.name.text] = .init(subnets: network.subnets.map(\.network))
        }
        let endpoints = try store.namedEndpoints()
        let open = Set(networks.filter { $0.connects && !$0.isInternal }.map(\.id))
        let withWayOut = Set(endpoints.filter { open.contains($0.endpoint.network) }.map(\.endpoint.container))
        for (endpoint, name, document) in endpoints {
            guard let network = networks.first(where: { $0.id == endpoint.network }), !network.isDefault else {
                continue
            }
            let short = endpoint.container.short
            identifiers[short] = endpoint.container
            var container =
                table.containers[short]
                ?? NameTable.Container(
                    forwards: withWayOut.contains(endpoint.container),
                    servers: document.servers.compactMap { IPAddress($0) }, networks: [])
            container.networks.append(network.name.text)
            container.links.merge(document.links) { first, _ in first }
            table.containers[short] = container
            table.add([name] + document.names, endpoint.addresses, in: network.name.text)
        }
        return (table, identifiers)
    }

    private func startNameServer(_ directory: borrowing OwnedDescriptor) throws(SyscallError) -> NameServerClient {
        try removeSocket(directory)
        let listener = try UnixSocket.listen(
            in: directory, name: NameServerClient.socketName, kind: .packets, nonBlocking: true)
        let spawn = Spawn(
            program: ownExecutable, arguments: ["brig", "network", "serve-names"], newSession: true)
        let file = try directory.open(NameServerClient.socketName, [.pathOnly, .noFollow])
        // It outlives this command, and ends with the last container.
        _ = try spawn.start([
            (listener.descriptor.raw, NameServerClient.listenerNumber), (file.raw, NameServerClient.socketFileNumber),
        ]).pid
        return try NameServerClient.open(directory)
    }

    /// Takes away what a name server that was ended has left.
    private func removeSocket(_ directory: borrowing OwnedDescriptor) throws(SyscallError) {
        do throws(SyscallError) {
            try directory.removeFile(NameServerClient.socketName)
        } catch {
            guard error.code == .noSuchFile else { throw error }
        }
    }
}

/// A command's end of the conversation with the name server.
final class NameServerClient {
    static let socketName = "names.sock"
    /// The descriptor under which the name server finds its listening socket.
    static let listenerNumber: Int32 = 3
    /// The descriptor under which it finds the socket's file.
    static let socketFileNumber: Int32 = 4

    private let socket: UnixSocket
    /// The containers whose questions it answers already.
    private(set) var served: Set<String> = []

    private init(_ socket: consuming UnixSocket) { self.socket = socket }

    /// - Throws: `SyscallError` if there is no name server.
    static func open(_ directory: borrowing OwnedDescriptor) throws(SyscallError) -> NameServerClient {
        let client = NameServerClient(
            try UnixSocket.connect(in: directory, name: Self.socketName, kind: .packets))
        let words = try client.answer().split(separator: " ").map(String.init)
        client.served = Set(words.dropFirst())
        return client
    }

    /// Has a container's questions answered.
    func serve(_ id: String, _ sockets: NameSockets) throws {
        try socket.send(
            Array("serve \(id)".utf8),
            rawDescriptors: [sockets.datagrams.descriptor.raw, sockets.connections.descriptor.raw])
        try expect("ok", try answer())
    }

    /// - Returns: Whether that was its end, as there is nobody left to ask.
    func publish(_ table: NameTable) throws -> Bool {
        let file = try OwnedDescriptor(memoryFile: "names")
        try file.write(table.text)
        try file.seek(to: 0)
        try socket.send(Array("table".utf8), descriptor: file)
        let answer = try answer()
        if answer == "gone" { return true }
        try expect("ok", answer)
        return false
    }

    private func expect(_ wanted: String, _ answer: String) throws(EngineError) {
        guard answer == wanted else { throw EngineError(.fault, "the name server says: \(quotedForError(answer))") }
    }

    private func answer() throws(SyscallError) -> String {
        guard try !pollReady([(socket.descriptor.raw, .readable)], .seconds(5)).isEmpty else {
            throw SyscallError(call: "recvmsg", subject: "name server", code: .timedOut)
        }
        let message = try socket.receive(upTo: 256 << 10)
        guard !message.bytes.isEmpty else {
            throw SyscallError(call: "recvmsg", subject: "name server", code: .brokenPipe)
        }
        return String(decoding: message.bytes, as: UTF8.self)
    }
}
