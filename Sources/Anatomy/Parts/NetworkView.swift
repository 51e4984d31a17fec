internal import LinuxKernel
package import Netlink
internal import OCISpec

/// The network as the process has it.
package struct NetworkView: Equatable, Sendable {
    package struct Interface: Equatable, Sendable {
        package var index: Int32
        package var name: String
        /// `veth`, `bridge`, …; `nil` for hardware and `lo`.
        package var kind: String?
        package var isUp: Bool
        package var mtu: UInt32
        package var hardwareAddress: String
        /// With the length of the network.
        package var addresses: [String]
        package var peer: Peer?

        package init(
            index: Int32, name: String, kind: String? = nil, isUp: Bool = true, mtu: UInt32 = 1500,
            hardwareAddress: String = "", addresses: [String] = [], peer: Peer? = nil
        ) {
            self.index = index
            self.name = name
            self.kind = kind
            self.isUp = isUp
            self.mtu = mtu
            self.hardwareAddress = hardwareAddress
            self.addresses = addresses
            self.peer = peer
        }
    }

    /// The other end of a veth, on the host.
    package struct Peer: Equatable, Sendable {
        package var index: Int32
        /// `nil` if it is in a third namespace.
        package var name: String?
        /// The bridge that the other end belongs to.
        package var bridge: String?

        package init(index: Int32, name: String?, bridge: String? = nil) {
            self.index = index
            self.name = name
            self.bridge = bridge
        }
    }

    package struct ListeningPort: Equatable, Hashable, Sendable {
        package var transport: String
        package var address: String
        package var port: UInt16

        package init(_ transport: String, _ address: String, _ port: UInt16) {
            self.transport = transport
            self.address = address
            self.port = port
        }
    }

    package struct ShownRoute: Equatable, Sendable {
        package var destination: String
        package var gateway: String?
        package var interface: String?
        package var source: String?

        package init(destination: String, gateway: String? = nil, interface: String? = nil, source: String? = nil) {
            self.destination = destination
            self.gateway = gateway
            self.interface = interface
            self.source = source
        }
    }

    package var isHost: Bool
    package var interfaces: [Interface]
    package var routes: [ShownRoute]
    package var ports: [ListeningPort]
    /// Ports of the host that lead here; none where the network is the host's own.
    package var published: [PublishedPort] = []
    /// The way of a packet to somewhere on the Internet, step by step.
    package var way: [String]
    /// What could not be asked, and why.
    package var unknown: String?
    package var evidence: [Evidence]

    package init(
        isHost: Bool, interfaces: [Interface] = [], routes: [ShownRoute] = [], ports: [ListeningPort] = [],
        way: [String] = [], unknown: String? = nil, evidence: [Evidence] = []
    ) {
        self.isHost = isHost
        self.interfaces = interfaces
        self.routes = routes
        self.ports = ports
        self.way = way
        self.unknown = unknown
        self.evidence = evidence
    }

    var json: JSONValue {
        [
            "host": .bool(isHost),
            "interfaces": .array(
                interfaces.map { interface in
                    [
                        "index": JSONValue(interface.index), "name": .string(interface.name),
                        "kind": .optional(interface.kind), "up": .bool(interface.isUp),
                        "mtu": JSONValue(interface.mtu), "hardwareAddress": .string(interface.hardwareAddress),
                        "addresses": .list(interface.addresses),
                        "peer": interface.peer.map {
                            [
                                "index": JSONValue($0.index), "name": .optional($0.name),
                                "bridge": .optional($0.bridge),
                            ]
                        } ?? .null,
                    ]
                }),
            "routes": .array(
                routes.map {
                    [
                        "destination": .string($0.destination), "gateway": .optional($0.gateway),
                        "interface": .optional($0.interface), "source": .optional($0.source),
                    ]
                }),
            "ports": .array(
                ports.map {
                    [
                        "transport": .string($0.transport), "address": .string($0.address), "port": JSONValue($0.port),
                    ]
                }), "published": .array(published.map(\.json)), "way": .list(way), "unknown": .optional(unknown),
            "evidence": .array(evidence.map(\.json)),
        ]
    }
}

extension NetworkView.ListeningPort {
    /// Reads `/proc/PID/net/tcp` and its kin: sockets that wait for connections, or for datagrams from anybody.
    ///
    /// Source: Documentation/networking/proc_net_tcp.rst. An address is printed as words of the machine's byte order.
    ///
    /// - Parameter sockets: Their inodes; all of them if `nil`.
    package static func list(
        _ text: String, transport: String, of sockets: Set<UInt64>? = nil
    ) -> [NetworkView.ListeningPort] {
        text.split(separator: "\n").dropFirst().compactMap { line in
            let fields = line.split(separator: " ", omittingEmptySubsequences: true)
            guard fields.count > 3 else { return nil }
            if let sockets {
                guard fields.count > 9, let inode = UInt64(fields[9]), sockets.contains(inode) else { return nil }
            }
            // 0A is LISTEN; a datagram socket without a peer is 07.
            guard fields[3] == (transport.hasPrefix("tcp") ? "0A" : "07") else { return nil }
            let parts = fields[1].split(separator: ":")
            guard parts.count == 2, let port = UInt16(parts[1], radix: 16), let address = address(parts[0]) else {
                return nil
            }
            return NetworkView.ListeningPort(String(transport.prefix(3)), address.description, port)
        }
    }

    private static func address(_ digits: Substring) -> IPAddress? {
        var (bytes, rest): ([UInt8], Substring) = ([], digits)
        while !rest.isEmpty {
            guard let word = UInt32(rest.prefix(8), radix: 16) else { return nil }
            // As the machine stores it: the bytes in memory are in network order.
            withUnsafeBytes(of: word) { bytes += $0 }
            rest = rest.dropFirst(8)
        }
        return IPAddress(bytes: bytes)
    }
}

/// The rules by which the kernel chooses among routes.
package enum RouteChoice {
    /// The route of a packet: the longest network, then the lowest metric.
    package static func route(to address: IPAddress, _ routes: [Route]) -> Route? {
        routes.filter { $0.destination.contains(address) }
            .max {
                ($0.destination.prefixLength, -Int64($0.metric ?? 0)) < (
                    $1.destination.prefixLength, -Int64($1.metric ?? 0)
                )
            }
    }
}
