internal import GRDB
internal import LinuxKernel
internal import Netlink
internal import Networking

/// Finds ports of the host for what a container wishes, and keeps them in the store.
struct PortReservation {
    let store: Store
    let database: Database
    let container: Identifier
    /// The container's addresses that ports lead to.
    let addresses: [IPAddress]
    /// Who has which port already.
    private var taken: [Key: [Holder]] = [:]

    /// Ports that programs wait on, where so many are wanted that asking for each takes longer.
    private var waiting: [TransportProtocol: Set<UInt16>] = [:]

    private struct Key: Hashable {
        var transport: TransportProtocol
        var port: UInt16
    }

    private struct Holder {
        /// `nil` is every address of its version.
        var address: IPAddress?
        var isVersion4: Bool
        var name: String

        /// One address of the host is in the way of all of them, and the reverse.
        func isInTheWay(of port: PublishedPort) -> Bool {
            guard isVersion4 == port.containerAddress.isVersion4 else { return false }
            return address == nil || port.hostAddress == nil || address == port.hostAddress
        }
    }

    /// Where Docker chooses ports from, and the kernel for outgoing connections.
    private static let ephemeral: ClosedRange<UInt16> = 32768...60999

    /// Keeps a port of the host for each wish.
    ///
    /// - Throws: `EngineError`: `conflict` with who has the port.
    static func keep(
        _ wishes: [PortWish], for container: Identifier, at addresses: [IPAddress], _ store: Store, _ database: Database
    ) throws -> [PublishedPort] {
        // Without a way in there is nothing to publish.
        guard !wishes.isEmpty, !addresses.isEmpty else { return [] }
        var reservation = Self(store: store, database: database, container: container, addresses: addresses)
        try reservation.readTaken(wishes)
        var ports: [PublishedPort] = []
        for wish in wishes { ports += try reservation.choose(wish) }
        try store.insert(database, ports, for: container)
        return ports
    }

    private init(store: Store, database: Database, container: Identifier, addresses: [IPAddress]) {
        self.store = store
        self.database = database
        self.container = container
        self.addresses = addresses
    }

    private mutating func readTaken(_ wishes: [PortWish]) throws {
        for transport in Set(wishes.map(\.transport)) {
            if wishes.count > 8 { waiting[transport] = PortProbe.waiting(transport) }
            let ranges = wishes.filter { $0.transport == transport }.map { $0.hostPorts ?? Self.ephemeral }
            let lowest = ranges.map(\.lowerBound).min() ?? 1
            let highest = ranges.map(\.upperBound).max() ?? .max
            for (port, name) in try store.ports(database, transport, lowest...highest) {
                taken[Key(transport: transport, port: port.hostPort), default: []].append(
                    Holder(
                        address: port.hostAddress, isVersion4: port.containerAddress.isVersion4,
                        name: "container \(name)"))
            }
        }
    }

    /// The host's port for a wish, at each address that it means.
    private mutating func choose(_ wish: PortWish) throws -> [PublishedPort] {
        let targets = addresses.filter { wish.hostAddress == nil || wish.hostAddress?.isVersion4 == $0.isVersion4 }
        guard !targets.isEmpty else {
            throw EngineError(
                .invalidInput,
                "port \(wish.containerPort)/\(wish.transport.rawValue): the network has no addresses of the version "
                    + "of \(wish.hostAddress.map { "\($0)" } ?? "the host's")")
        }
        let range = wish.hostPorts ?? Self.ephemeral
        // From somewhere in the range, so that the next container does not ask for all the ports of those before it.
        let start = wish.hostPorts == nil ? Int.random(in: 0..<range.count) : 0
        var refusal = ""
        for step in 0..<range.count {
            let number = range[range.index(range.startIndex, offsetBy: (start + step) % range.count)]
            let ports = targets.map {
                PublishedPort(
                    hostAddress: wish.hostAddress.flatMap { $0.isAny ? nil : $0 }, hostPort: number,
                    transport: wish.transport, containerAddress: $0, containerPort: wish.containerPort,
                    owner: container.short)
            }
            guard let (port, holder) = try firstHolder(ports) else {
                for port in ports {
                    taken[Key(transport: port.transport, port: number), default: []].append(
                        Holder(
                            address: port.hostAddress, isVersion4: port.containerAddress.isVersion4,
                            name: "this container itself"))
                }
                return ports
            }
            let address = port.hostAddressText
            let shown = address.contains(":") ? "[\(address)]" : address
            refusal = "port \(shown):\(number)/\(wish.transport.rawValue) is in use by \(holder)"
        }
        throw EngineError(
            .conflict,
            range.count == 1 ? refusal : "all ports from \(range.lowerBound) to \(range.upperBound) are in use")
    }

    private func firstHolder(_ ports: [PublishedPort]) throws -> (PublishedPort, String)? {
        for port in ports {
            let holders = taken[Key(transport: port.transport, port: port.hostPort)] ?? []
            if let holder = holders.first(where: { $0.isInTheWay(of: port) }) { return (port, holder.name) }
            // An address that the host does not have is told of by binding alone.
            if port.hostAddress == nil, let waiting = waiting[port.transport], !waiting.contains(port.hostPort) {
                continue
            }
            let program = try PortProbe.holder(
                of: port.hostPort, port.transport, at: port.hostAddress, version6: !port.containerAddress.isVersion4)
            if let program { return (port, program) }
        }
        return nil
    }
}
