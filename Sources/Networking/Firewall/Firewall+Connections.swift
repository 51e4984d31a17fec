package import Netlink

extension PublishedPort {
    /// Whether a connection that is tracked still goes where it went before this port was published, or published no longer:
    /// the rules decide about the first packet of a connection only, and a sender of datagrams that does not pause stays in
    /// its first one.
    package func isStale(_ connection: TrackedConnection) -> Bool {
        guard transport == .udp, connection.original.transport == transport.number,
            connection.original.source.isVersion4 == containerAddress.isVersion4
        else { return false }
        if connection.reply.source == containerAddress, connection.reply.sourcePort == containerPort { return true }
        // What leaves the host under another address is somebody's way out, and keeps its port.
        return connection.original.destinationPort == hostPort
            && (hostAddress == nil || connection.original.destination == hostAddress)
            && connection.reply.destination == connection.original.source
    }
}

extension Firewall {
    /// Lets the kernel forget the UDP connections that the rules for these ports would send elsewhere now. A kernel that tells
    /// no connections keeps them until their senders pause, and that is no reason to fail.
    mutating func forgetStaleConnections(_ ports: [PublishedPort]) {
        let datagrams = ports.filter { $0.transport == .udp }
        for family in [TableFamily.ip4, .ip6] {
            let concerned = datagrams.filter { $0.containerAddress.isVersion4 == (family == .ip4) }
            guard !concerned.isEmpty, let connections = try? socket.connections(family) else { continue }
            for connection in connections where concerned.contains(where: { $0.isStale(connection) }) {
                try? socket.forget(connection)
            }
        }
    }
}
