import LinuxKernel
import Testing

@testable import Netlink

/// Whether this process may make network namespaces.
let isPrivileged = CallerIdentity.effectiveUid == 0

func ownNamespace() throws -> OwnedDescriptor { try OwnedDescriptor(open: "/proc/thread-self/ns/net", .read) }

/// Runs `body` in a network namespace of its own and reports what it throws, which a process's exit status does not.
func inNewNamespace(_ body: () throws -> Void) {
    do {
        try unshare([.network])
        try body()
    } catch {
        Issue.record("\(error)")
    }
}

// Each in a process and a network namespace of its own.
@Suite(.enabled(if: isPrivileged)) struct KernelTests {
    @Test func loopback() async {
        await #expect(processExitsWith: .success) {
            inNewNamespace {
                try LoopbackInterface.bringUp()
                var socket = try RouteSocket()
                let link = try socket.link(named: "lo")
                #expect(link.isUp && link.index == 1 && link.flags.contains(.loopback) && link.kind == nil)
                #expect(try socket.addresses(of: 1).contains { $0.network.description == "127.0.0.1/8" })
            }
        }
    }

    @Test("sockets that wait are told, and those of another namespace are not among them")
    func waitingSockets() async {
        await #expect(processExitsWith: .success) {
            inNewNamespace {
                try LoopbackInterface.bringUp()
                let here = try ownNamespace()
                var socket = try DiagnosisSocket(in: here)
                // A kernel may have no such questions; procfs answers then.
                guard let before = try? socket.waiting(isVersion4: true, isStream: true) else { return }
                #expect(before.isEmpty)
                let script =
                    #"use Socket; socket(S,2,1,0); bind(S,sockaddr_in(4321,inet_aton("127.0.0.1"))); listen(S,1); socket(T,10,1,0); bind(T,pack("SnNx16N",10,4322,0,0)); listen(T,1); print "ready\n"; sleep 600"#
                let output = try Pipe()
                let child = try Spawn(program: "/usr/bin/perl", arguments: ["perl", "-e", "$|=1;" + script]).start([
                    (output.writeEnd.raw, 1)
                ])
                _ = try output.readEnd.read(upTo: 6)
                let stream = try socket.waiting(isVersion4: true, isStream: true)
                #expect(stream.map(\.port) == [4321] && stream.first?.address == IPAddress("127.0.0.1"))
                #expect((stream.first?.inode ?? 0) > 0)
                let six = try socket.waiting(isVersion4: false, isStream: true)
                #expect(six.map(\.port) == [4322] && six.first?.address == IPAddress("::"))
                #expect(try socket.waiting(isVersion4: true, isStream: false).isEmpty)
                try child.send(.kill)
                _ = try child.wait()
            }
        }
    }

    @Test func vethAcrossNamespaces() async {
        await #expect(processExitsWith: .success) {
            inNewNamespace {
                let far = try ownNamespace()
                try unshare([.network])
                var socket = try RouteSocket()
                try socket.create(.bridge(BridgeOptions(forwardDelay: 0)), NewLink(InterfaceName("br0"), isUp: true))
                let bridge = try socket.link(named: "br0")
                #expect(bridge.kind == "bridge" && bridge.isUp)
                let address = try #require(HardwareAddress("02:00:00:00:00:01"))
                try socket.createPair(
                    NewLink(InterfaceName("ve0"), mtu: 1400, master: bridge.index, isUp: true),
                    peer: VethPeer(InterfaceName("eth0"), mtu: 1400, hardwareAddress: address), in: far)
                let near = try socket.link(named: "ve0")
                #expect(near.master == bridge.index && near.mtu == 1400 && near.kind == "veth" && near.isUp)
                #expect(near.peerNamespace != nil)
                try socket.change(bridgePort: near.index, BridgePortOptions(hairpin: true, isolated: true))

                var there = try RouteSocket(in: far)
                let eth0 = try there.link(named: "eth0")
                try there.change(link: eth0.index, LinkChange(isUp: true))
                #expect(eth0.hardwareAddress == address.bytes && eth0.mtu == 1400)
                let network = try #require(IPNetwork("10.9.0.2/24"))
                try there.add(address: network, to: eth0.index, broadcast: network.last)
                try there.add(
                    address: try #require(IPNetwork("fd00::2/64")), to: eth0.index, flags: .noDuplicateDetection)
                try there.add(Route(to: .any4, gateway: IPAddress("10.9.0.1"), link: eth0.index))
                try there.add(Route(to: .any6, gateway: IPAddress("fd00::1"), link: eth0.index, metric: 7))
                let routes = try there.routes()
                #expect(routes.contains { $0.destination == .any4 && $0.gateway?.description == "10.9.0.1" })
                #expect(routes.contains { $0.destination == .any6 && $0.metric == 7 })
                #expect(routes.contains { $0.destination.description == "10.9.0.0/24" && $0.scope == .link })
                #expect(try there.addresses(of: eth0.index).count >= 2)
                let neighbour = Neighbour(
                    link: eth0.index, address: try #require(IPAddress("10.9.0.7")), hardwareAddress: address)
                try there.set(neighbour)
                #expect(try there.neighbours(of: eth0.index).contains(neighbour))
                try there.remove(neighbour)
                try there.remove(Route(to: .any4, gateway: IPAddress("10.9.0.1"), link: eth0.index))
                try there.remove(address: network, from: eth0.index)
                #expect(try there.addresses(of: eth0.index).allSatisfy { !$0.network.address.isVersion4 })
                // The socket is of the other namespace; the thread is not.
                #expect(throws: NetlinkError.self) { try socket.link(named: "eth0") }
                try socket.remove(linkNamed: InterfaceName("ve0"))
                #expect(throws: NetlinkError.self) { try there.link(named: "eth0") }
            }
        }
    }

    @Test func errorsNameTheRequestAndTheKernelsReason() async {
        await #expect(processExitsWith: .success) {
            inNewNamespace {
                var socket = try RouteSocket()
                #expect(throws: NetlinkError.refused(request: "get link none", .noDevice, explanation: nil)) {
                    try socket.link(named: "none")
                }
                try socket.create(.bridge(BridgeOptions()), NewLink(InterfaceName("d0")))
                #expect(throws: NetlinkError.refused(request: "create bridge d0", .fileExists, explanation: nil)) {
                    try socket.create(.bridge(BridgeOptions()), NewLink(InterfaceName("d0")))
                }
                let index = try socket.link(named: "d0").index
                let error = #expect(throws: NetlinkError.self) {
                    try socket.change(link: index, LinkChange(mtu: 1))
                }
                guard case .refused(_, .invalidArgument, .some) = error else {
                    Issue.record("no explanation: \(String(describing: error))")
                    return
                }
            }
        }
    }

    @Test("a link that is removed soon is gone at once, with its peer, and its name is free; the errand ends by itself")
    func linksGoSoon() async {
        await #expect(processExitsWith: .success) {
            inNewNamespace {
                var socket = try RouteSocket()
                let bridge = try InterfaceName("b0")
                try socket.create(.bridge(BridgeOptions()), NewLink(bridge))
                let master = try socket.link(named: "b0").index
                var errands: [Errand] = []
                for _ in 0..<3 {
                    try socket.createPair(
                        NewLink(InterfaceName("d0"), master: master, isUp: true), peer: VethPeer(InterfaceName("d1")))
                    if let errand = try RouteSocket.removeSoon(linkNamed: InterfaceName("d0")) {
                        errands.append(errand)
                    }
                    #expect(throws: NetlinkError.self) { try socket.link(named: "d0") }
                    #expect(throws: NetlinkError.self) { try socket.link(named: "d1") }
                }
                #expect(errands.count == 3)
                if let errand = try RouteSocket.removeSoon(linkNamed: bridge) { errands.append(errand) }
                #expect(throws: NetlinkError.refused(request: "get link b0", .noDevice, explanation: nil)) {
                    try RouteSocket.removeSoon(linkNamed: bridge)
                }
                let refused = #expect(throws: NetlinkError.self) {
                    try RouteSocket.removeSoon(linkNamed: InterfaceName("lo"))
                }
                #expect(refused?.code == .notSupported && refused?.description.contains("remove link lo") == true)
                for errand in errands { while !errand.hasEnded() { sleep(for: .milliseconds(5)) } }
            }
        }
    }

    @Test("an errand keeps what it is given open, and nothing else")
    func errandsCloseLast() async {
        await #expect(processExitsWith: .success) {
            inNewNamespace {
                // A stream ends for its reader when nobody has the other end any more.
                let kept = try Pipe()
                let other = try Pipe()
                let raw = kept.writeEnd.raw
                let errand = try Errand(closing: [raw])
                let first = kept.keepReadEnd()
                let second = other.keepReadEnd()
                #expect(try first.readAll(limit: 1).isEmpty)
                #expect(try second.readAll(limit: 1).isEmpty)
                while !errand.hasEnded() { sleep(for: .milliseconds(5)) }
            }
        }
    }

    @Test func manyLinksAreListedInSeveralParts() async {
        await #expect(processExitsWith: .success) {
            inNewNamespace {
                var socket = try RouteSocket()
                for number in 0..<150 {
                    try socket.create(.bridge(BridgeOptions()), NewLink(InterfaceName("d\(number)")))
                }
                #expect(try socket.links().filter { $0.kind == "bridge" }.count == 150)
            }
        }
    }

    @Test func changes() async {
        await #expect(processExitsWith: .success) {
            inNewNamespace {
                var socket = try RouteSocket()
                try socket.create(.bridge(BridgeOptions()), NewLink(InterfaceName("d0")))
                let index = try socket.link(named: "d0").index
                let address = try #require(HardwareAddress("02:00:00:00:00:09"))
                try socket.change(
                    link: index,
                    LinkChange(
                        isUp: true, name: InterfaceName("d1"), mtu: 1300, hardwareAddress: address, alias: "for a test")
                )
                try socket.change(link: index, alternativeName: "a-much-longer-name-than-fifteen", present: true)
                var link = try socket.link(named: "a-much-longer-name-than-fifteen")
                #expect(link.index == index && link.name == "d1" && link.mtu == 1300 && link.isUp)
                #expect(link.alias == "for a test" && link.hardwareAddress == address.bytes)
                #expect(link.alternativeNames == ["a-much-longer-name-than-fifteen"])
                try socket.change(link: index, alternativeName: "a-much-longer-name-than-fifteen", present: false)
                try socket.change(link: index, LinkChange(isUp: false, alias: ""))
                link = try socket.link(index: index)
                #expect(!link.isUp && link.alias == nil && link.alternativeNames.isEmpty)
                #expect(throws: NetlinkError.self) {
                    try socket.change(link: index, LinkChange(alias: String(repeating: "x", count: 256)))
                }
            }
        }
    }

    @Test func aDeviceMovesWithItsLastingAddresses() async {
        await #expect(processExitsWith: .success) {
            inNewNamespace {
                let far = try ownNamespace()
                try unshare([.network])
                var here = try RouteSocket()
                try here.createPair(
                    NewLink(InterfaceName("d0"), isUp: true), peer: VethPeer(InterfaceName("other")))
                let index = try here.link(named: "d0").index
                try here.add(address: try #require(IPNetwork("10.9.0.2/24")), to: index)
                try here.add(address: try #require(IPNetwork("10.9.1.2/24")), to: index, scope: .link)
                try here.add(address: try #require(IPNetwork("fd00::2/64")), to: index, flags: .noDuplicateDetection)
                try moveDevice(InterfaceName("d0"), to: far, as: InterfaceName("eth7"))
                #expect(throws: NetlinkError.self) { try here.link(named: "d0") }
                var there = try RouteSocket(in: far)
                let link = try there.link(named: "eth7")
                #expect(link.isUp)
                let addresses = try there.addresses(of: link.index).filter { $0.scope == .global }
                #expect(Set(addresses.map(\.network.description)) == ["10.9.0.2/24", "fd00::2/64"])

                // A name that is taken there, or one that it cannot have, leaves the device here, as it was.
                try here.createPair(
                    NewLink(InterfaceName("d2"), isUp: true), peer: VethPeer(InterfaceName("other2")))
                let second = try here.link(named: "d2").index
                try here.add(address: try #require(IPNetwork("10.9.2.2/24")), to: second)
                for name in ["eth7", "d2%s"] {
                    #expect(throws: NetlinkError.self) {
                        try moveDevice(InterfaceName("d2"), to: far, as: InterfaceName(name))
                    }
                    let back = try here.link(named: "d2")
                    #expect(back.isUp)
                    #expect(try here.addresses(of: back.index).contains { $0.network.description == "10.9.2.2/24" })
                }
                try moveDevice(InterfaceName("d2"), to: far, as: InterfaceName("eth%d"))
                #expect(try there.link(named: "eth0").isUp)
            }
        }
    }
}
