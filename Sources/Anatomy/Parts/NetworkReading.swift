internal import LinuxKernel
internal import Netlink

/// What the kernel tells about links, addresses and routes of one network namespace.
struct NetworkTables {
    var links: [Link] = []
    var addresses: [InterfaceAddress] = []
    var routes: [Route] = []

    init(_ socket: inout RouteSocket) throws(NetlinkError) {
        links = try socket.links()
        addresses = try socket.addresses()
        routes = try socket.routes()
    }

    func name(_ index: Int32?) -> String? { index.flatMap { index in links.first { $0.index == index }?.name } }
}

extension NetworkView {
    /// Somewhere on the Internet; nothing is sent to it.
    private static let somewhere = IPAddress.version4(0x0101_0101)

    /// Asks the namespace by a socket that is opened in it: the calling thread is there for that one call.
    static func read(
        _ process: borrowing ProcessInformation, inode: UInt64?, isHost: Bool, _ scan: ProcessScan
    ) -> NetworkView {
        var view = NetworkView(isHost: isHost)
        let subject = "net:[\(inode.map { "\($0)" } ?? "?")]"
        let waiting = ports(process, subject)
        view.ports = waiting.ports
        do {
            var inside = try routes(process, inode)
            let tables = try NetworkTables(&inside)
            var outside = isHost ? nil : try? RouteSocket()
            view.interfaces = tables.links.map { link in
                Interface(
                    index: link.index, name: link.name, kind: link.kind, isUp: link.isUp, mtu: link.mtu,
                    hardwareAddress: link.hardwareAddress.map(hexadecimal).joined(separator: ":"),
                    addresses: tables.addresses.filter { $0.link == link.index }.map { $0.network.description },
                    peer: peer(of: link, tables, &outside))
            }
            view.routes = tables.routes.filter { $0.kind == .unicast }.map { route in
                ShownRoute(
                    destination: route.destination.prefixLength == 0 ? "default" : route.destination.description,
                    gateway: route.gateway?.description, interface: tables.name(route.link),
                    source: route.source?.description)
            }
            view.way = way(tables, view.interfaces, &outside)
            if !isHost {
                let own = Set(tables.addresses.map(\.network.address).filter { !$0.isLoopback && !$0.isLinkLocal })
                (view.published, view.unknown) = PublishedPort.read(own, namespace: inode, scan)
            }
            view.evidence =
                [
                    Evidence(
                        "rtnetlink RTM_GETLINK \(subject)", "\(view.interfaces.map(\.name).joined(separator: " "))"),
                    Evidence(
                        "rtnetlink RTM_GETADDR \(subject)", view.interfaces.flatMap(\.addresses).joined(separator: " ")),
                    Evidence("rtnetlink RTM_GETROUTE \(subject)", "\(view.routes.count) routes"),
                ] + waiting.evidence
        } catch {
            view.unknown = "\(error)"
        }
        return view
    }

    /// In the caller's own namespace anybody may ask.
    private static func routes(_ process: borrowing ProcessInformation, _ inode: UInt64?) throws -> RouteSocket {
        if let inode, inode == namespaceInode(try? readSymbolicLink("/proc/thread-self/ns/net")) {
            return try RouteSocket()
        }
        let namespace = try process.directory.open("ns/net", .read)
        return try RouteSocket(in: namespace)
    }

    private static func hexadecimal(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16)
        return digits.count == 1 ? "0" + digits : digits
    }

    /// The kernel is asked by a socket in the namespace; where it does not answer, procfs has the same at a higher price.
    private static func ports(
        _ process: borrowing ProcessInformation, _ subject: String
    ) -> (ports: [ListeningPort], evidence: [Evidence]) {
        var found: [ListeningPort] = []
        var (asked, read): ([String], [String]) = ([], [])
        var socket = diagnosis(process)
        for name in ["tcp", "tcp6", "udp", "udp6"] {
            let isStream = name.hasPrefix("tcp")
            var waiting: [ListeningPort] = []
            if let sockets = try? socket?.waiting(isVersion4: !name.hasSuffix("6"), isStream: isStream) {
                waiting = sockets.map { ListeningPort(isStream ? "tcp" : "udp", $0.address.description, $0.port) }
                asked.append(name)
            } else if let bytes = try? process.read("net/\(name)") {
                waiting = ListeningPort.list(String(decoding: bytes, as: UTF8.self), transport: name)
                read.append(name)
            }
            for port in waiting where !found.contains(port) { found.append(port) }
        }
        let count = "\(found.count) sockets that wait"
        let places = [
            asked.isEmpty ? nil : "sock_diag \(asked.joined(separator: ", ")) \(subject)",
            read.isEmpty ? nil : "/proc/\(process.pid)/net/\(read.joined(separator: ", "))",
        ]
        return (
            found.sorted { ($0.transport, $0.port, $0.address) < ($1.transport, $1.port, $1.address) },
            places.compactMap { $0.map { Evidence($0, count) } }
        )
    }

    private static func diagnosis(_ process: borrowing ProcessInformation) -> DiagnosisSocket? {
        guard let namespace = try? process.directory.open("ns/net", .read) else { return nil }
        return try? DiagnosisSocket(in: namespace)
    }

    /// The other end of a link. Its number counts in the namespace where it is; that it is the host's is proved by asking
    /// the host's link of that number for its own other end.
    private static func peer(of link: Link, _ tables: NetworkTables, _ outside: inout RouteSocket?) -> Peer? {
        guard let index = link.peer, link.kind == "veth" || link.kind == "macvlan" || link.kind == "ipvlan" else {
            return nil
        }
        if link.peerNamespace == nil { return Peer(index: index, name: tables.name(index)) }
        guard outside != nil, let other = try? outside?.link(index: index),
            link.kind != "veth" || other.peer == link.index
        else { return Peer(index: index, name: nil) }
        let bridge = other.master.flatMap { master in (try? outside?.link(index: master))?.name }
        return Peer(index: index, name: other.name, bridge: bridge)
    }

    private static func way(
        _ tables: NetworkTables, _ interfaces: [Interface], _ outside: inout RouteSocket?
    ) -> [String] {
        guard let route = RouteChoice.route(to: somewhere, tables.routes), route.kind == .unicast,
            let interface = interfaces.first(where: { $0.index == route.link })
        else { return ["a packet to the Internet has no route: it fails with ENETUNREACH"] }
        var steps = [
            "a packet to the Internet (\(somewhere)) takes the route \(route.destination.prefixLength == 0 ? "default" : route.destination.description)"
                + (route.gateway.map { " via \($0)" } ?? "") + " by \(interface.name)"
        ]
        guard let peer = interface.peer else { return steps }
        steps.append(
            peer.name.map { "\(interface.name) is one end of a pair: it comes out of \($0) on the host" }
                ?? "\(interface.name) is one end of a pair whose other end is in another namespace")
        if let bridge = peer.bridge { steps.append("\(peer.name ?? "that") is a port of the bridge \(bridge)") }
        guard outside != nil, peer.name != nil,
            let routes = try? outside?.routes(), let onward = RouteChoice.route(to: somewhere, routes),
            let link = onward.link, let name = (try? outside?.link(index: link))?.name
        else { return steps }
        let forwarding = (try? readText("/proc/sys/net/ipv4/ip_forward", limit: 16))?.first == "1"
        steps.append(
            forwarding
                ? "the host sends it on" + (onward.gateway.map { " via \($0)" } ?? "") + " by \(name)"
                : "the host does not forward (net.ipv4.ip_forward is 0): it ends here")
        return steps
    }
}
