package import LinuxKernel
package import Netlink

/// Where a container's questions for names come in: 127.0.0.11, port 53, in its network namespace.
///
/// The sockets have other ports, so that the container can have a server on port 53 of its own; rules in its network
/// namespace lead there.
package final class NameSockets {
    package let datagrams: InternetSocket
    package let connections: InternetSocket

    package static let address: IPAddress = .version4(0x7f00_000b)

    private init(_ datagrams: consuming InternetSocket, _ connections: consuming InternetSocket) {
        self.datagrams = datagrams
        self.connections = connections
    }

    /// Makes them in a container's network namespace, in the place of any before them.
    package static func make(in namespace: borrowing OwnedDescriptor) throws(NetworkingError) -> NameSockets {
        var failure: NetlinkError?
        let sockets = try system("set up names in the container") { () throws(SyscallError) in
            try NetworkNamespaces.inside(namespace) { () throws(SyscallError) in
                let sockets = try open()
                let ports = (try sockets.datagrams.localPort(), try sockets.connections.localPort())
                do throws(NetlinkError) {
                    try lead(toDatagrams: ports.0, connections: ports.1)
                } catch {
                    failure = error
                }
                return sockets
            }
        }
        if let failure { throw .netlink("set up names in the container", failure) }
        return sockets
    }

    private static func open() throws(SyscallError) -> NameSockets {
        let datagrams = try InternetSocket(.datagram, version6: false)
        try datagrams.bind(InternetEndpoint(address: address.bytes, port: 0))
        let connections = try InternetSocket(.stream, version6: false)
        try connections.bind(InternetEndpoint(address: address.bytes, port: 0))
        try connections.listen(backlog: 32)
        return NameSockets(datagrams, connections)
    }

    private static func lead(toDatagrams datagrams: UInt16, connections: UInt16) throws(NetlinkError) {
        guard let name = RuleName("brig-names") else { return }
        func cell(_ number: UInt32) -> RuleRegister { RuleRegister(cell: number) }
        func rule(_ transport: TransportProtocol, _ port: UInt16) -> Rule {
            Rule(
                "names by \(transport.rawValue)",
                [
                    .payload(.network, offset: 16, length: 4, to: cell(0)), .equals(cell(0), address.bytes),
                    .load(.transportProtocol, to: cell(1)), .equals(cell(1), [transport.number]),
                    .payload(.transport, offset: 2, length: 2, to: cell(1)), .equals(cell(1), [0, 53]),
                    .value([UInt8(port >> 8), UInt8(truncatingIfNeeded: port)], to: cell(1)),
                    .destinationTranslation(family: 2, address: cell(0), port: cell(1)),
                ])
        }
        var transaction = RuleTransaction(.ip4, name)
        transaction.replace(
            with: RuleTable(
                .ip4, name, sets: [],
                chains: [
                    RuleChain(
                        "output", .nat, .output, priority: -100, [rule(.udp, datagrams), rule(.tcp, connections)])
                ]))
        var socket = try RuleSocket()
        try socket.commit(transaction, "lead questions for names")
    }
}
