import Netlink
import Testing

@testable import Networking

/// What the rules do with a packet, by the elements of sets and maps alone.
@Suite struct FirewallReadingTests {
    private func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }

    private func reading() throws -> FirewallReading { FirewallReading(try FirewallTests.state()) }

    @Test("one address goes before all of them, and each transport has its own ports")
    func translation() throws {
        let reading = try reading()
        let web = try #require(reading.translation(of: address("198.51.100.7"), .tcp, 8080))
        #expect(web.rule == "ports of all addresses" && web.map == "anywhere4" && web.key == "tcp . 8080")
        #expect(try web.address == address("172.17.0.2") && web.port == 80 && web.owner == "0123456789ab")
        let names = try #require(reading.translation(of: address("192.0.2.1"), .udp, 8080))
        #expect(names.rule == "ports of one address" && names.key == "192.0.2.1 . udp . 8080")
        #expect(try reading.translation(of: address("192.0.2.2"), .udp, 8080) == nil)
        #expect(try reading.translation(of: address("192.0.2.1"), .tcp, 8081) == nil)
        let six = try #require(reading.translation(of: address("2001:db8::1"), .tcp, 8080))
        #expect(six.rule == "ports of all addresses, version 6")
        #expect(try six.address == address("fd00::2"))
        #expect(reading.singleAddresses(.udp, 8080) == [try address("192.0.2.1")])
        #expect(reading.singleAddresses(.tcp, 8080) == [])
    }

    @Test("the host's loopback leads to a port from the host only")
    func loopback() throws {
        let reading = try reading()
        let own = try address("127.0.0.1")
        #expect(reading.translation(of: own, .tcp, 8080) != nil)
        #expect(reading.translation(of: own, .tcp, 8080, comesFromOutside: true) == nil)
        #expect(reading.masquerading(from: own, to: "brig0", isTranslated: true) == "from the host's loopback")
    }

    @Test("who may go on to a network")
    func forwarding() throws {
        let reading = try reading()
        #expect(reading.forwarding(from: "eth0", to: "brig0", isTranslated: true) == ("published ports", true))
        #expect(
            reading.forwarding(from: "eth0", to: "brig0", isTranslated: false)
                == ("nothing else enters a network", false))
        #expect(reading.forwarding(from: "brig0", to: "brig0", isTranslated: false) == ("within a network", true))
        #expect(
            reading.forwarding(from: "eth0", to: "br-hidden", isTranslated: true)
                == ("nothing enters an internal network", false))
        #expect(
            reading.forwarding(from: "br-hidden", to: "eth0", isTranslated: false)
                == ("nothing leaves an internal network", false))
        #expect(reading.forwarding(from: "brig0", to: "eth0", isTranslated: false).passes)
    }

    @Test("whose address changes on the way")
    func masquerading() throws {
        let reading = try reading()
        let inside = try address("172.17.0.9")
        #expect(reading.masquerading(from: inside, to: "eth0", isTranslated: false) == "to the outside")
        #expect(reading.masquerading(from: inside, to: "brig0", isTranslated: true) == "back into the same network")
        #expect(reading.masquerading(from: inside, to: "brig0", isTranslated: false) == nil)
        #expect(try reading.masquerading(from: address("172.18.0.9"), to: "eth0", isTranslated: false) == nil)
        #expect(try reading.masquerading(from: address("192.0.2.9"), to: "eth0", isTranslated: false) == nil)
        #expect(try reading.masquerading(from: address("192.0.2.9"), to: "brig0", isTranslated: true) == nil)
        #expect(
            try reading.masquerading(from: address("fd00::9"), to: "eth0", isTranslated: false)
                == "to the outside, version 6")
    }

    @Test("every rule that is named is in the table")
    func comments() throws {
        let reading = try reading()
        let rules = try Set(FirewallRules.table(#require(RuleName("brig"))).chains.flatMap(\.rules).map(\.comment))
        var named: [String] = []
        for port in [(try address("192.0.2.1"), TransportProtocol.udp), (try address("2001:db8::1"), .tcp)] {
            named += [reading.translation(of: port.0, port.1, 8080)?.rule].compactMap { $0 }
        }
        for (input, output) in [("eth0", "brig0"), ("brig0", "brig0"), ("eth0", "br-hidden"), ("br-hidden", "eth0")] {
            for isTranslated in [true, false] {
                named.append(reading.forwarding(from: input, to: output, isTranslated: isTranslated).rule)
                for source in ["172.17.0.9", "127.0.0.1", "fd00::9", "::1"] {
                    let rule = try reading.masquerading(from: address(source), to: output, isTranslated: isTranslated)
                    named += [rule].compactMap { $0 }
                }
            }
        }
        #expect(Set(named).subtracting(rules) == [])
        #expect(Set(named).count >= 10)
    }

    @Test("sockets that wait, as procfs lists them")
    func sockets() throws {
        let text = """
              sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
               0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 100 0 0 10 0
               1: 0100007F:1F91 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0 100 0 0 10 0
            nonsense
            """
        let found = ListeningSocket.list(text, .tcp)
        #expect(try found == [.init(transport: .tcp, address: address("127.0.0.1"), port: 8080, inode: "4711")])
        #expect(try !found[0].accepts(address("172.17.0.2")) && found[0].accepts(address("127.0.0.1")))
        let all = ListeningSocket(transport: .tcp, address: .version6(0, 0), port: 1, inode: "1")
        #expect(try all.accepts(address("172.17.0.2")) && all.accepts(address("fd00::1")))
    }
}
