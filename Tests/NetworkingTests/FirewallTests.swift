import LinuxKernel
import Netlink
import Testing

@testable import Networking

let isPrivileged = CallerIdentity.effectiveUid == 0

/// Runs `body` in a network namespace of its own and reports what it throws, which a process's exit status does not.
func inNewNamespace(_ body: () throws -> Void) {
    do {
        try unshare([.network])
        try body()
    } catch {
        Issue.record("\(error)")
    }
}

// Each in a process and a network namespace of its own: the machine's rules are not touched.
@Suite(.enabled(if: isPrivileged)) struct FirewallTests {
    static let state: @Sendable () throws -> FirewallState = {
        let web = PublishedPort(
            hostAddress: nil, hostPort: 8080, transport: .tcp, containerAddress: try #require(IPAddress("172.17.0.2")),
            containerPort: 80, owner: "0123456789ab")
        var names = web
        names.hostAddress = IPAddress("192.0.2.1")
        names.transport = .udp
        var six = web
        six.containerAddress = try #require(IPAddress("fd00::2"))
        return FirewallState(
            networks: [
                FirewalledNetwork(
                    bridge: try InterfaceName("brig0"),
                    subnets: [
                        try #require(IPNetwork("172.17.0.0/16")), try #require(IPNetwork("fd00::/64")),
                    ], isInternal: false),
                FirewalledNetwork(
                    bridge: try InterfaceName("br-hidden"), subnets: [try #require(IPNetwork("172.18.0.0/16"))],
                    isInternal: true),
            ], ports: [web, names, six])
    }

    @Test func installCheckRepair() async {
        await #expect(processExitsWith: .success) {
            inNewNamespace {
                let state = try FirewallTests.state()
                let name = try #require(RuleName("brig"))
                var firewall = try Firewall(table: name)
                #expect(try firewall.check(state) == ["table brig is missing"])
                #expect(throws: NetworkingError.self) { try firewall.add(state) }
                try firewall.install(state)
                #expect(try firewall.check(state) == [])
                try firewall.install(state)
                #expect(try firewall.check(state) == [])
                // What is there already may be added again.
                try firewall.add(state)
                #expect(try firewall.check(state) == [])

                let ports = FirewallState(ports: state.ports)
                try firewall.remove(ports)
                #expect(try firewall.check(state).count == 3)
                try firewall.remove(ports)
                try firewall.add(ports)
                #expect(try firewall.check(state) == [])
                // What is not expected is found, too.
                #expect(try firewall.check(FirewallState(networks: state.networks)).count == 3)

                // The same port for somebody else is refused, and nothing changes.
                var other = state.ports[0]
                other.containerAddress = try #require(IPAddress("172.17.0.3"))
                #expect(throws: NetworkingError.self) { try firewall.add(FirewallState(ports: [other])) }
                #expect(try firewall.check(state) == [])
                try firewall.uninstall()
                #expect(try firewall.check(state) == ["table brig is missing"])
            }
        }
    }

    @Test func aThousandPorts() async {
        await #expect(processExitsWith: .success) {
            inNewNamespace {
                var firewall = try Firewall(table: try #require(RuleName("brig")))
                try firewall.install(FirewallState())
                let address = try #require(IPAddress("172.17.0.2"))
                let ports = (1...1000).map {
                    PublishedPort(
                        hostAddress: nil, hostPort: $0, transport: .tcp, containerAddress: address, containerPort: $0,
                        owner: "0123456789ab")
                }
                try firewall.add(FirewallState(ports: ports))
                #expect(try firewall.check(FirewallState(ports: ports)) == [])
                try firewall.remove(FirewallState(ports: ports))
                #expect(try firewall.check(FirewallState()) == [])
            }
        }
    }

    @Test func connection() async {
        await #expect(processExitsWith: .success) {
            inNewNamespace {
                try LoopbackInterface.bringUp()
                let subnet = try #require(IPNetwork("172.17.0.1/16"))
                let subnet6 = try #require(IPNetwork("fd00::1/64"))
                let bridge = Bridge(name: try InterfaceName("brig0"), addresses: [subnet, subnet6])
                try bridge.prepare()
                try bridge.prepare()
                let namespace = try ContainerNamespace.make()
                let attachment = Attachment(
                    hostLink: try InterfaceName("ve0"), to: .bridge(bridge.name), name: try InterfaceName("eth0"),
                    hardwareAddress: try #require(HardwareAddress("02:42:ac:11:00:02")),
                    addresses: [
                        try #require(IPNetwork("172.17.0.2/16")), try #require(IPNetwork("fd00::2/64")),
                    ])
                try attachment.connect(namespace)
                try Attachment.setGateways([subnet.address], in: namespace)
                try Attachment.setGateways([subnet.address, subnet6.address], in: namespace)
                var there = try RouteSocket(in: namespace)
                #expect(try there.link(named: "eth0").hardwareAddress == [2, 0x42, 172, 17, 0, 2])
                #expect(try there.routes().contains { $0.destination == .any4 && $0.gateway == subnet.address })
                #expect(try there.routes().contains { $0.destination == .any6 && $0.gateway == subnet6.address })
                // Connected once more: nothing of the first connection goes.
                #expect(throws: NetworkingError.self) {
                    var again = attachment
                    again.hostLink = try InterfaceName("ve1")
                    try again.connect(namespace)
                }
                #expect(try !Links.exists(try InterfaceName("ve1")))
                #expect(try Links.exists(attachment.hostLink))
                try Links.remove(attachment.hostLink)
                try Links.remove(attachment.hostLink)
                try Bridge.remove(bridge.name)
                #expect(try AddressPool.routedNetworks().isEmpty)
            }
        }
    }

    @Test func heldPorts() async {
        await #expect(processExitsWith: .success) {
            inNewNamespace {
                try LoopbackInterface.bringUp()
                #expect(try PortProbe.holder(of: 8080, .tcp, at: nil, version6: false) == nil)
                let socket = try InternetSocket(.stream, version6: false)
                try socket.bind(InternetEndpoint(address: [127, 0, 0, 1], port: 8080))
                try socket.listen()
                let holder = try PortProbe.holder(of: 8080, .tcp, at: nil, version6: false)
                #expect(holder?.hasSuffix("(pid \(CallerIdentity.pid))") == true)
                #expect(try PortProbe.holder(of: 8080, .udp, at: nil, version6: false) == nil)
                withExtendedLifetime(socket.descriptor.raw) {}
            }
        }
    }
}
