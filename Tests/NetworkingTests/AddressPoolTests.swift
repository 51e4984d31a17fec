import Netlink
import Testing

@testable import Networking

@Suite struct AddressPoolTests {
    private func network(_ text: String) throws -> IPNetwork { try #require(IPNetwork(text)) }
    private func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }

    @Test func subnets() throws {
        #expect(try AddressPool.freeVersion4([]).description == "172.17.0.0/16")
        #expect(try AddressPool.freeVersion4([network("172.17.3.0/24")]).description == "172.18.0.0/16")
        #expect(try AddressPool.freeVersion4([network("172.16.0.0/12")]).description == "192.168.0.0/20")
        #expect(
            try AddressPool.freeVersion4([network("172.16.0.0/12"), network("192.168.1.0/24")]).description
                == "192.168.16.0/20")
        #expect(throws: NetworkingError.self) { try AddressPool.freeVersion4([network("128.0.0.0/1")]) }
        var generator = SystemRandomNumberGenerator()
        let local = try AddressPool.freeVersion6([], using: &generator)
        #expect(local.prefixLength == 64)
        #expect(try network("fd00::/8").contains(local))
        #expect(local.network == local)
    }

    @Test func addresses() throws {
        let subnet = try network("10.0.0.0/29")
        var taken: Set<IPAddress> = [try address("10.0.0.1")]
        for last in 2...6 {
            let free = try AddressPool.freeAddress(in: subnet, range: nil, taken: taken)
            #expect(free.description == "10.0.0.\(last)")
            taken.insert(free)
        }
        #expect(throws: NetworkingError.self) { try AddressPool.freeAddress(in: subnet, range: nil, taken: taken) }
        let range = try AddressPool.freeAddress(in: network("10.0.0.0/16"), range: network("10.0.5.0/24"), taken: [])
        #expect(range.description == "10.0.5.0")
        #expect(
            try AddressPool.freeAddress(in: network("fd00::/64"), range: nil, taken: []).description == "fd00::1")
    }

    @Test func arithmetic() throws {
        #expect(try address("255.255.255.255").successor == nil)
        #expect(try address("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff").successor == nil)
        #expect(try address("0:0:0:1:ffff:ffff:ffff:ffff").successor?.description == "0:0:0:2::")
        #expect(HardwareAddress(for: try address("172.17.0.2"))?.description == "02:42:ac:11:00:02")
    }
}
