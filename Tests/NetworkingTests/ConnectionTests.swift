import LinuxKernel
import Testing

@testable import Netlink
@testable import Networking

@Suite("connections that are tracked") struct ConnectionTests {
    private static func tuple(
        _ source: String, _ destination: String, _ ports: (UInt16, UInt16), _ transport: UInt8 = 17
    )
        throws -> ConnectionTuple
    {
        ConnectionTuple(
            source: try #require(IPAddress(source)), destination: try #require(IPAddress(destination)),
            transport: transport, sourcePort: ports.0, destinationPort: ports.1)
    }

    @Test("which of them a published port concerns") func stale() throws {
        var port = PublishedPort(
            hostAddress: nil, hostPort: 5353, transport: .udp, containerAddress: try #require(IPAddress("172.17.0.2")),
            containerPort: 53, owner: "0123456789ab")
        let client = "192.0.2.9"
        let host = try Self.tuple(client, "192.0.2.1", (4000, 5353))
        let untranslated = TrackedConnection(
            original: host, reply: try Self.tuple("192.0.2.1", client, (5353, 4000)), identity: [])
        let elsewhere = TrackedConnection(
            original: host, reply: try Self.tuple("172.17.0.7", client, (53, 4000)), identity: [])
        let here = TrackedConnection(
            original: try Self.tuple("172.17.0.9", "192.0.2.1", (4000, 9)),
            reply: try Self.tuple("172.17.0.2", "172.17.0.1", (53, 4000)), identity: [])
        // A container's own way out to the same port of another host, under the host's address.
        let wayOut = TrackedConnection(
            original: try Self.tuple("172.17.0.3", "198.51.100.1", (4000, 5353)),
            reply: try Self.tuple("198.51.100.1", "192.0.2.1", (5353, 4000)), identity: [])
        let stream = TrackedConnection(
            original: try Self.tuple(client, "192.0.2.1", (4000, 5353), 6),
            reply: try Self.tuple("192.0.2.1", client, (5353, 4000), 6), identity: [])
        #expect([untranslated, elsewhere, here].allSatisfy(port.isStale))
        #expect(![wayOut, stream].contains(where: port.isStale))
        port.hostAddress = IPAddress("192.0.2.2")
        #expect(!port.isStale(untranslated) && !port.isStale(elsewhere) && port.isStale(here))
        port.transport = .tcp
        #expect(![untranslated, elsewhere, here, stream].contains(where: port.isStale))
    }

    @Test("the kernel forgets those of a UDP port that is published, or no longer", .enabled(if: isPrivileged))
    func forgotten() async {
        await #expect(processExitsWith: .success) {
            inNewNamespace {
                try LoopbackInterface.bringUp()
                let subnet = try #require(IPNetwork("172.17.0.1/16"))
                let bridge = Bridge(name: try InterfaceName("brig0"), addresses: [subnet])
                try bridge.prepare()
                let namespace = try ContainerNamespace.make()
                let inside = try #require(IPNetwork("172.17.0.2/16"))
                try Attachment(
                    hostLink: try InterfaceName("ve0"), to: .bridge(bridge.name), name: try InterfaceName("eth0"),
                    hardwareAddress: try #require(HardwareAddress("02:42:ac:11:00:02")), addresses: [inside]
                ).connect(namespace)
                let port = PublishedPort(
                    hostAddress: nil, hostPort: 5353, transport: .udp, containerAddress: inside.address,
                    containerPort: 53, owner: "0123456789ab")
                var firewall = try Firewall(table: try #require(RuleName("brig")))
                try firewall.install(FirewallState())

                // One sender that keeps its port: the same connection as long as the kernel knows it.
                let sender = try InternetSocket(.datagram, version6: false)
                try sender.connect(InternetEndpoint(address: subnet.address.bytes, port: 5353))
                var rules = try RuleSocket()
                func ends() throws -> [IPAddress] {
                    // The answer to a datagram that nobody takes comes as the error of a later one.
                    for _ in 0..<3 { _ = try? sender.descriptor.write([1]) }
                    return try rules.connections(.ip4).filter { $0.original.destinationPort == 5353 }
                        .map(\.reply.source)
                }
                #expect(try ends() == [subnet.address])
                try firewall.add(FirewallState(ports: [port]))
                #expect(try rules.connections(.ip4).isEmpty)
                #expect(try ends() == [inside.address])
                try firewall.remove(FirewallState(ports: [port]))
                #expect(try rules.connections(.ip4).isEmpty)
                #expect(try ends() == [subnet.address])
                let gone = try #require(try rules.connections(.ip4).first)
                try rules.forget(gone)
                try rules.forget(gone)
            }
        }
    }
}
