import Testing

@testable import Netlink

/// What is sent, byte for byte, as a little-endian machine has it.
@Suite struct WireTests {
    @Test func linkUp() {
        var message = MessageWriter(.newLink, [.request, .acknowledge])
        message.appendLink(index: 1, flags: .up, mask: .up)
        #expect(
            message.finished(sequence: 7) == [
                32, 0, 0, 0,  // length
                16, 0,  // RTM_NEWLINK
                5, 0,  // NLM_F_REQUEST | NLM_F_ACK
                7, 0, 0, 0,  // sequence
                0, 0, 0, 0,  // port
                0, 0, 0, 0,  // AF_UNSPEC, padding, hardware type
                1, 0, 0, 0,  // index
                1, 0, 0, 0,  // IFF_UP
                1, 0, 0, 0,  // of these flags, IFF_UP changes
            ])
    }

    @Test func vethPair() throws {
        let message = RouteSocket.pairCreation(
            NewLink(try InterfaceName("ve"), mtu: 1500, master: 3, isUp: true),
            peer: VethPeer(try InterfaceName("eth0")),
            namespace: 9)
        #expect(
            message.finished(sequence: 1) == [
                116, 0, 0, 0, 16, 0, 5, 6, 1, 0, 0, 0, 0, 0, 0, 0,  // NLM_F_CREATE | NLM_F_EXCL as well
                0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0,  // up
                7, 0, 3, 0, 0x76, 0x65, 0, 0,  // IFLA_IFNAME "ve", its zero, one byte of padding
                8, 0, 4, 0, 0xdc, 5, 0, 0,  // IFLA_MTU 1500
                8, 0, 10, 0, 3, 0, 0, 0,  // IFLA_MASTER
                60, 0, 18, 0,  // IFLA_LINKINFO
                9, 0, 1, 0, 0x76, 0x65, 0x74, 0x68, 0, 0, 0, 0,  // IFLA_INFO_KIND "veth"
                44, 0, 2, 0,  // IFLA_INFO_DATA
                40, 0, 1, 0,  // VETH_INFO_PEER: another struct ifinfomsg and its attributes
                0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                9, 0, 3, 0, 0x65, 0x74, 0x68, 0x30, 0, 0, 0, 0,  // IFLA_IFNAME "eth0"
                8, 0, 28, 0, 9, 0, 0, 0,  // IFLA_NET_NS_FD
            ])
    }

    @Test func bridge() throws {
        let options = BridgeOptions(forwardDelay: 0, multicastSnooping: false)
        let message = RouteSocket.creation(of: .bridge(options), NewLink(try InterfaceName("b0")))
        #expect(
            Array(message.finished(sequence: 1)[32...]) == [
                7, 0, 3, 0, 0x62, 0x30, 0, 0,  // IFLA_IFNAME "b0"
                36, 0, 18, 0,  // IFLA_LINKINFO
                11, 0, 1, 0, 0x62, 0x72, 0x69, 0x64, 0x67, 0x65, 0, 0,  // "bridge"
                20, 0, 2, 0,  // IFLA_INFO_DATA
                8, 0, 1, 0, 0, 0, 0, 0,  // IFLA_BR_FORWARD_DELAY
                5, 0, 23, 0, 0, 0, 0, 0,  // IFLA_BR_MCAST_SNOOPING and padding
            ])
    }

    @Test func address() throws {
        let message = RouteSocket.addition(
            of: try #require(IPNetwork("10.0.0.2/24")), to: 5, broadcast: IPAddress("10.0.0.255"),
            flags: .noDuplicateDetection, scope: .global)
        #expect(
            message.finished(sequence: 1) == [
                56, 0, 0, 0, 20, 0, 5, 6, 1, 0, 0, 0, 0, 0, 0, 0,  // RTM_NEWADDR
                2, 24, 0, 0, 5, 0, 0, 0,  // AF_INET, prefix, flags, scope, link
                8, 0, 2, 0, 10, 0, 0, 2,  // IFA_LOCAL, in network order
                8, 0, 1, 0, 10, 0, 0, 2,  // IFA_ADDRESS
                8, 0, 4, 0, 10, 0, 0, 255,  // IFA_BROADCAST
                8, 0, 8, 0, 2, 0, 0, 0,  // IFA_FLAGS, in the machine's order
            ])
    }

    @Test func defaultRoute() throws {
        let message = RouteSocket.addition(of: Route(to: .any4, gateway: IPAddress("10.0.0.1"), link: 5))
        #expect(
            message.finished(sequence: 1) == [
                44, 0, 0, 0, 24, 0, 5, 6, 1, 0, 0, 0, 0, 0, 0, 0,  // RTM_NEWROUTE
                2, 0, 0, 0, 254, 4, 0, 1, 0, 0, 0, 0,  // AF_INET, /0, main table, static, global, unicast
                8, 0, 5, 0, 10, 0, 0, 1,  // RTA_GATEWAY
                8, 0, 4, 0, 5, 0, 0, 0,  // RTA_OIF
            ])
    }

    @Test func movement() throws {
        let message = RouteSocket.movement(of: 2, namespace: 4, name: try InterfaceName("new"))
        #expect(
            Array(message.finished(sequence: 1)[16...]) == [
                0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 3, 0, 0x6e, 0x65, 0x77, 0, 8, 0, 28, 0, 4, 0, 0,
                0,
            ])
    }
}

/// What comes back, well formed and not.
@Suite struct ReadingTests {
    /// As a kernel answered for a veth: header, struct ifinfomsg and some of its attributes.
    static let link: [UInt8] =
        [0, 0, 0, 0, 16, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0]
        + [0, 0, 1, 0, 3, 0, 0, 0, 0x43, 0x10, 1, 0, 0, 0, 0, 0]
        + [7, 0, 3, 0, 0x76, 0x30, 0, 0]  // IFLA_IFNAME "v0"
        + [10, 0, 1, 0, 2, 0, 0, 0, 0, 1, 0, 0]  // IFLA_ADDRESS, padding
        + [5, 0, 16, 0, 6, 0, 0, 0]  // IFLA_OPERSTATE up
        + [8, 0, 4, 0, 0xdc, 5, 0, 0]  // IFLA_MTU
        + [8, 0, 5, 0, 2, 0, 0, 0]  // IFLA_LINK
        + [8, 0, 37, 0, 0, 0, 0, 0]  // IFLA_LINK_NETNSID 0
        + [16, 0, 18, 0, 9, 0, 1, 0, 0x76, 0x65, 0x74, 0x68, 0, 0, 0, 0]  // IFLA_LINKINFO with its kind
        + [12, 0, 52, 0x80, 8, 0, 53, 0, 0x61, 0x62, 0x63, 0]  // IFLA_PROP_LIST, nested, one name

    static func withLength(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        bytes[0] = UInt8(bytes.count)
        return bytes
    }

    @Test func veth() throws {
        let messages = try ReceivedMessage.list(Self.withLength(Self.link)[...])
        #expect(messages.count == 1)
        let link = try Link(try #require(messages.first))
        #expect(link.index == 3 && link.name == "v0" && link.kind == "veth" && link.mtu == 1500)
        #expect(link.hardwareAddress == [2, 0, 0, 0, 0, 1] && link.operationalState == 6)
        #expect(link.flags == [.up, .broadcast, .running, .multicast, .lowerUp])
        #expect(link.peer == 2 && link.peerNamespace == 0 && link.master == nil)
        #expect(link.alternativeNames == ["abc"])
    }

    @Test("every cut of a message is read or refused, never read beyond")
    func cuts() {
        for end in 0..<Self.link.count {
            var bytes = Array(Self.link[..<end])
            if !bytes.isEmpty { bytes[0] = UInt8(end) }
            // Whether a cut falls between attributes decides which of the two it is.
            _ = try? ReceivedMessage.list(bytes[...]).map { (message) throws in try Link(message) }
        }
    }

    @Test("every single byte may lie")
    func lies() {
        let good = Self.withLength(Self.link)
        for offset in good.indices {
            for value: UInt8 in [0, 1, 3, 4, 5, 0x7f, 0x80, 0xff] {
                var bytes = good
                bytes[offset] = value
                guard let messages = try? ReceivedMessage.list(bytes[...]) else { continue }
                for message in messages {
                    _ = try? Link(message)
                    _ = try? InterfaceAddress(message)
                    _ = try? Route(message)
                    _ = try? Neighbour(message)
                    _ = try? RoutePolicy(message)
                }
            }
        }
    }

    @Test func lengthsAreChecked() {
        #expect(throws: MalformedMessage(what: "message length")) {
            try ReceivedMessage.list([15, 0, 0, 0, 0, 0, 0, 0])
        }
        #expect(throws: MalformedMessage(what: "message length")) {
            try ReceivedMessage.list([17, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
        }
        #expect(throws: MalformedMessage(what: "field beyond the end")) { try ReceivedMessage.list([17, 0]) }
        #expect(throws: MalformedMessage(what: "attribute length")) { try Attribute.list([3, 0, 1, 0]) }
        #expect(throws: MalformedMessage(what: "attribute length")) { try Attribute.list([9, 0, 1, 0, 1, 2, 3, 4]) }
    }
}

@Suite("rules of routes")
struct RoutePolicyTests {
    private func rule(_ header: [UInt8], _ attributes: [(UInt16, [UInt8])]) throws -> RoutePolicy? {
        var payload = header
        for (type, value) in attributes {
            payload += [UInt8(value.count + 4), 0, UInt8(type), 0] + value
            while payload.count % 4 != 0 { payload.append(0) }
        }
        return try RoutePolicy(
            ReceivedMessage(type: 32, flags: [], sequence: 1, payload: payload[...]))
    }

    @Test("what the kernel makes by itself is told from what somebody added")
    func kinds() throws {
        // As `ip rule` dumps 32766: from all lookup main.
        let main = try #require(
            try rule([2, 0, 0, 0, 254, 0, 0, 1, 0, 0, 0, 0], [(6, [0xfe, 0x7f, 0, 0]), (15, [254, 0, 0, 0])]))
        #expect(main.isUsual && main.words == "32766: from all lookup 254")
        // 0: from all lookup local, whose priority is not sent.
        #expect(try rule([2, 0, 0, 0, 255, 0, 0, 1, 0, 0, 0, 0], [])?.isUsual == true)
        let hole = try #require(
            try rule([2, 0, 32, 0, 0, 0, 0, 6, 0, 0, 0, 0], [(2, [10, 9, 0, 2]), (6, [0xfd, 0x7f, 0, 0])]))
        #expect(!hole.isUsual && hole.words == "32765: from 10.9.0.2/32 blackhole")
        let marked = try #require(try rule([10, 0, 0, 0, 100, 0, 0, 1, 0, 0, 0, 0], [(10, [7, 0, 0, 0])]))
        #expect(marked.isConditional && !marked.isVersion4)
        #expect(try rule([5, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0], []) == nil)
        #expect(throws: MalformedMessage.self) { try rule([2, 0], []) }
    }
}
