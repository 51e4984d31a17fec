import Netlink
import Testing

@testable import Networking

@Suite("where a packet comes by")
struct PacketWayTests {
    @Test("each hook of its way, in order, on the host and in the container")
    func stops() {
        func names(_ fromHost: Bool, _ toContainer: Bool) -> [String] {
            PacketWay(fromHost: fromHost, toContainer: toContainer).stops.map {
                "\($0.hook)" + ($0.isInContainer ? " inside" : "")
            }
        }
        #expect(names(false, true) == ["prerouting", "forward", "postrouting", "prerouting inside", "input inside"])
        #expect(names(true, true) == ["output", "postrouting", "prerouting inside", "input inside"])
        #expect(names(false, false) == ["prerouting", "input"])
        #expect(names(true, false) == ["output", "postrouting", "prerouting", "input"])
    }

    @Test("who asks on the host without an address asks the loopback, too")
    func destinations() throws {
        let own = try [#require(IPAddress("127.0.0.1")), #require(IPAddress("10.0.0.5")), #require(IPAddress("::1"))]
        let single = try #require(IPAddress("10.0.0.9"))
        func asked(_ fromHost: Bool, single: [IPAddress] = [], listening: [IPAddress] = []) -> [String] {
            PacketWay.destinations(own: own, single: single, listening: listening, fromHost: fromHost).map {
                $0.name.hasPrefix("any") ? "\($0.name): \($0.address)" : $0.name
            }
        }
        #expect(asked(false) == ["any address of this host: 10.0.0.5"])
        #expect(asked(true) == ["127.0.0.1", "any other address of this host: 10.0.0.5"])
        #expect(asked(false, single: [single]) == ["10.0.0.9", "any other address of this host: 10.0.0.5"])
        #expect(asked(true, single: [own[0]]) == ["127.0.0.1", "any other address of this host: 10.0.0.5"])
        #expect(asked(true, listening: own).contains("::1"))
        #expect(
            PacketWay.destinations(own: [], single: [], listening: [], fromHost: false).map { "\($0.address)" }
                == ["127.0.0.1"])
    }
}
