import Anatomy
import CommandLineUI
import Engine
import LinuxKernel
import Netlink
import Networking

/// Where a connection to a port of this host goes.
struct PortExplanation {
    /// Who asks.
    enum Sender: Equatable {
        case outside, host
    }

    let engine: Engine?
    let port: UInt16
    let transport: TransportProtocol
    /// The address of the host that is asked for; each that no rule names if `nil`.
    let address: IPAddress?
    let sender: Sender

    private var shownPort: String { "\(port)/\(transport.rawValue)" }

    func read() throws -> [Explanation] {
        var routes = try RouteSocket()
        let own = try routes.addresses().map(\.network.address)
        let (table, reading, problems) = try firewall()
        var destinations: [(IPAddress, String)] = []
        if let address {
            guard own.contains(address) || address.isLoopback else {
                throw CommandExit(
                    1, "\(address) is no address of this host: brig net explain follows what comes to this one")
            }
            destinations = [(address, "\(address)")]
        } else {
            destinations = PacketWay.destinations(
                own: own, single: reading?.singleAddresses(transport, port) ?? [],
                listening: ListeningSocket.all(transport).filter { $0.port == port }.map(\.address),
                fromHost: sender == .host
            ).map { ($0.address, $0.name) }
        }
        return try destinations.map { destination, name in
            var explanation = Explanation(
                "a connection to \(name), port \(shownPort), \(sender == .host ? "from this host itself" : "from elsewhere")"
            )
            try explain(destination, table, reading, problems, &explanation)
            if explanation.isOpen, !explanation.end.hasPrefix("dropped") {
                explanation.end += ", unless what is not followed above decides otherwise"
            }
            return explanation
        }
    }

    private func firewall() throws -> (name: String, reading: FirewallReading?, problems: [String]) {
        guard let table = try engine?.firewallTable else { return ("brig", nil, []) }
        var firewall = try Firewall(table: table)
        guard let reading = try firewall.read() else { return (table.text, nil, []) }
        return (table.text, reading, try firewall.checkRules())
    }

    private func explain(
        _ destination: IPAddress, _ table: String, _ reading: FirewallReading?, _ problems: [String],
        _ explanation: inout Explanation
    ) throws {
        let chain = sender == .host ? "output" : "prerouting"
        let target = reading?.translation(of: destination, transport, port, comesFromOutside: sender == .outside)
        let others = OtherRules(table: table, isVersion4: destination.isVersion4)
        let way = PacketWay(fromHost: sender == .host, toContainer: target != nil)
        others.explain(way.stops.filter { !$0.isInContainer }.map(\.hook), &explanation)
        try others.explainPolicies(&explanation)
        guard let reading else {
            explanation.add(
                "Brig has no packet rules here: nothing is published",
                Evidence("nf_tables inet \(table)", "no such table"))
            return endHere(destination, &explanation)
        }
        for problem in problems { explanation.add("Brig's rules were changed by somebody: \(problem)") }
        if sender == .outside, destination.isLoopback {
            explanation.add(
                "the loopback is not reached from elsewhere",
                rule: "inet \(table) prerouting: loopback is not reached from outside")
            explanation.end = "dropped by the kernel as a martian"
            return
        }
        guard let found = target else {
            explanation.add(
                "no container has published it: the maps of chain \(chain) have no such key",
                Evidence(
                    "nf_tables inet \(table) map anywhere\(destination.isVersion4 ? 4 : 6) { \(transport.rawValue) . \(port) }",
                    "no element"))
            return endHere(destination, &explanation)
        }
        let shownTarget =
            found.address.isVersion4 ? "\(found.address):\(found.port)" : "[\(found.address)]:\(found.port)"
        explanation.add(
            "the first packet's destination becomes \(shownTarget); the connection's later packets follow that without being asked again",
            rule: "inet \(table) \(chain): \(found.rule)",
            Evidence(
                "nf_tables inet \(table) map \(found.map) { \(found.key) }",
                "\(found.address) . \(found.port) comment \(found.owner)"))
        try follow(found, table, reading, destination, &explanation)
    }

    // MARK: into a container

    private func follow(
        _ found: FirewallReading.Translation, _ table: String, _ reading: FirewallReading, _ destination: IPAddress,
        _ explanation: inout Explanation
    ) throws {
        var routes = try RouteSocket()
        guard let route = RouteChoice.route(to: found.address, try routes.routes()), let index = route.link,
            let link = try? routes.link(index: index)
        else {
            explanation.add("there is no route to \(found.address)", Evidence("rtnetlink RTM_GETROUTE", "none"))
            explanation.end = "no route to host"
            return
        }
        explanation.add(
            "\(found.address) is reached by the link \(link.name)", rule: "route \(route.destination)",
            Evidence("rtnetlink RTM_GETROUTE", "\(route.destination) dev \(link.name)"))
        if sender == .outside {
            if (try? readText("/proc/sys/net/ipv4/ip_forward", limit: 16))?.first != "1", found.address.isVersion4 {
                explanation.add("the host does not forward", Evidence("/proc/sys/net/ipv4/ip_forward", "0"))
                explanation.end = "dropped: net.ipv4.ip_forward must be 1"
                return
            }
            let decision = reading.forwarding(from: "", to: link.name, isTranslated: true)
            explanation.add(
                decision.passes ? "it may go on to the network of \(link.name)" : "it may not enter the network",
                rule: "inet \(table) forward: \(decision.rule)")
            guard decision.passes else {
                explanation.end = "dropped"
                return
            }
        }
        let source: IPAddress? = sender == .host && destination.isLoopback ? destination : nil
        if let source, let rule = reading.masquerading(from: source, to: link.name, isTranslated: true) {
            explanation.add(
                "the sender's address becomes the host's in that network: \(source) means nothing there",
                rule: "inet \(table) postrouting: \(rule)")
        } else {
            explanation.add("the sender's address stays what it is: no rule of postrouting is about it")
        }
        try arrive(found, link, &explanation)
    }

    private func arrive(_ found: FirewallReading.Translation, _ bridge: Link, _ explanation: inout Explanation) throws {
        guard let engine, let inspection = try? engine.inspect(found.owner), inspection.state.pid > 0 else {
            explanation.end =
                "nobody: container \(found.owner) does not run; brig network check --repair takes its ports away"
            return
        }
        let (pid, name) = (inspection.state.pid, String(inspection.name.drop { $0 == "/" }))
        guard bridge.isUp else {
            explanation.add(
                "the link \(bridge.name) is switched off",
                Evidence("rtnetlink RTM_GETLINK", "\(bridge.name) not IFF_UP"))
            explanation.end = "dropped: ip link set \(bridge.name) up"
            return
        }
        guard try addLink(found.address, pid, name, bridge, &explanation) else { return }
        let stops = PacketWay(fromHost: sender == .host, toContainer: true).stops
        OtherRules(table: nil, isVersion4: found.address.isVersion4, inside: (pid, name)).explain(
            stops.filter(\.isInContainer).map(\.hook), &explanation)
        let sockets = ListeningSocket.all(transport, of: pid).filter { $0.port == found.port }
        guard let socket = sockets.first(where: { $0.accepts(found.address) }) else {
            let file = Evidence(
                "/proc/\(pid)/net/\(transport.rawValue)",
                sockets.isEmpty
                    ? "no socket with port \(found.port)"
                    : sockets.map { "\($0.address):\($0.port)" }.joined(separator: " "))
            explanation.add(
                sockets.isEmpty
                    ? "in container \(name) nobody listens on port \(found.port)"
                    : "in container \(name) the program listens on \(sockets[0].address) only, which no packet from outside of it reaches: have it listen on 0.0.0.0",
                file)
            explanation.end = refusal
            return
        }
        let holders = ListeningSocket.holders(of: [socket.inode])
        explanation.add(
            "in container \(name) a socket waits on \(socket.address), port \(socket.port)",
            Evidence("/proc/\(pid)/net/\(Self.file(socket))", "\(Self.text(socket)) inode \(socket.inode)")
        )
        explanation.end = "container \(name), \(Self.names(holders, namesContainer: false))"
    }

    /// The veth pair between the bridge and the container.
    ///
    /// - Returns: Whether packets pass it.
    private func addLink(
        _ address: IPAddress, _ pid: Int32, _ name: String, _ bridge: Link, _ explanation: inout Explanation
    ) throws -> Bool {
        guard let namespace = try? OwnedDescriptor(open: "/proc/\(pid)/ns/net", .read),
            var inside = try? RouteSocket(in: namespace), var outside = try? RouteSocket(),
            let addresses = try? inside.addresses()
        else { return true }
        guard let own = addresses.first(where: { $0.network.address == address }) else {
            explanation.add(
                "container \(name) has not got the address \(address) any more",
                Evidence("rtnetlink RTM_GETADDR", "/proc/\(pid)/ns/net: none"))
            explanation.end = "dropped: nobody answers for \(address)"
            return false
        }
        guard let link = try? inside.link(index: own.link), let peer = link.peer,
            let port = try? outside.link(index: peer)
        else { return true }
        for (end, place) in [(link, "in container \(name)"), (port, "on the host")] where !end.isUp {
            explanation.add(
                "the link \(end.name) \(place) is switched off",
                Evidence("rtnetlink RTM_GETLINK", "\(end.name) not IFF_UP"))
            explanation.end = "dropped: ip link set \(end.name) up, \(place)"
            return false
        }
        guard port.master == bridge.index else {
            explanation.add(
                "\(port.name), the host's end of \(link.name) in container \(name), is no port of \(bridge.name)",
                Evidence("rtnetlink RTM_GETLINK", "\(port.name) master \(port.master.map { "\($0)" } ?? "none")"))
            explanation.end = "dropped: ip link set \(port.name) master \(bridge.name)"
            return false
        }
        explanation.add(
            "\(port.name), a port of \(bridge.name), is one end of a pair whose other end is \(link.name) in container \(name)",
            Evidence("rtnetlink RTM_GETLINK", "\(port.name) master \(bridge.name) peer \(link.index)"))
        return true
    }

    // MARK: to a program of the host's

    private func endHere(_ destination: IPAddress, _ explanation: inout Explanation) {
        explanation.add(
            "it is for the host itself", rule: "route local \(destination)",
            Evidence("rtnetlink RTM_GETROUTE table 255", "local \(destination)"))
        let sockets = ListeningSocket.all(transport).filter { $0.port == port }
        guard let socket = sockets.first(where: { $0.accepts(destination) }) else {
            if let other = sockets.first {
                explanation.add(
                    "a program listens on \(other.address) only: \(Self.names(ListeningSocket.holders(of: [other.inode])))"
                )
            }
            explanation.end = "nobody: \(refusal)"
            return
        }
        explanation.add(
            "a socket waits on \(socket.address), port \(socket.port)",
            Evidence("/proc/net/\(Self.file(socket))", "\(Self.text(socket)) inode \(socket.inode)"))
        explanation.end = Self.names(ListeningSocket.holders(of: [socket.inode]))
    }

    private var refusal: String {
        transport == .tcp ? "connection refused (a RST comes back)" : "an ICMP message \"port unreachable\" comes back"
    }

    private static func file(_ socket: ListeningSocket) -> String {
        socket.transport.rawValue + (socket.address.isVersion4 ? "" : "6")
    }

    private static func text(_ socket: ListeningSocket) -> String {
        socket.address.isVersion4 ? "\(socket.address):\(socket.port)" : "[\(socket.address)]:\(socket.port)"
    }

    private static func names(_ holders: [(pid: Int32, name: String)], namesContainer: Bool = true) -> String {
        guard let first = holders.first else { return "a process that may not be seen" }
        let containers = namesContainer ? ProcessTarget.names() : [:]
        let more = holders.count > 1 ? " and \(holders.count - 1) more" : ""
        let container = containers[first.pid].map { " of container \($0)" } ?? ""
        return "\(first.name) (pid \(first.pid))\(container)\(more)"
    }
}
