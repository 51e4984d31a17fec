package import Netlink

/// Which networks are given out where the user names none, and which addresses in them.
package enum AddressPool {
    /// As Docker: 172.17.0.0/16 to 172.31.0.0/16, then 192.168.0.0/20 to 192.168.240.0/20.
    static let version4: [IPNetwork] =
        (17...31).compactMap { IPNetwork(.version4(0xac00_0000 | $0 << 16), prefixLength: 16) }
        + (0...15).compactMap { IPNetwork(.version4(0xc0a8_0000 | $0 << 12), prefixLength: 20) }

    /// The first network of the pool that has nothing in common with those in use.
    ///
    /// - Parameter used: Other networks of ours, and every destination that the host has a route to.
    package static func freeVersion4(_ used: [IPNetwork]) throws(NetworkingError) -> IPNetwork {
        guard let free = version4.first(where: { candidate in !used.contains { $0.overlaps(candidate) } }) else {
            throw .conflict(
                "all predefined address pools are in use: name a network with --subnet, or remove one that is not used")
        }
        return free
    }

    /// A unique local network (RFC 4193) with a random global identifier of 40 bits.
    package static func freeVersion6(
        _ used: [IPNetwork], using generator: inout some RandomNumberGenerator
    ) throws(NetworkingError) -> IPNetwork {
        for _ in 0..<100 {
            let identifier = UInt64.random(in: 0..<(1 << 40), using: &generator)
            guard let candidate = IPNetwork(.version6(0xfd << 56 | identifier << 16, 0), prefixLength: 64) else {
                continue
            }
            if !used.contains(where: { $0.overlaps(candidate) }) { return candidate }
        }
        throw .conflict("no free unique local network was found: name one with --subnet")
    }

    /// Every destination that the caller's network namespace has a route to, but for everything.
    package static func routedNetworks() throws(NetworkingError) -> [IPNetwork] {
        try netlink("list the host's routes") { () throws(NetlinkError) in
            var socket = try RouteSocket()
            return try socket.routes().filter { $0.kind == .unicast && $0.destination.prefixLength > 0 }
                .map(\.destination)
        }
    }

    /// The first address of the range that nobody has.
    ///
    /// - Parameters:
    ///   - range: A part of the subnet.
    ///   - taken: Leases, gateways and what the user keeps for others.
    /// - Throws: `NetworkingError.conflict` if there is none among the first 65,536.
    package static func freeAddress(
        in subnet: IPNetwork, range: IPNetwork?, taken: Set<IPAddress>
    ) throws(NetworkingError) -> IPAddress {
        let range = range ?? subnet
        var next: IPAddress? = range.network.address
        for _ in 0...65_536 {
            guard let candidate = next, range.contains(candidate) else { break }
            if isUsable(candidate, in: subnet), !taken.contains(candidate) { return candidate }
            next = candidate.successor
        }
        throw .conflict("no free address is left in \(range.network)")
    }

    /// Whether a host may have it: not the network's own address nor, with version 4, the broadcast address.
    package static func isUsable(_ address: IPAddress, in subnet: IPNetwork) -> Bool {
        guard subnet.contains(address) else { return false }
        if subnet.prefixLength >= address.bitWidth - 1 { return true }
        return address != subnet.network.address && !(address.isVersion4 && address == subnet.last)
    }
}

extension HardwareAddress {
    /// An address of our own making that belongs to an IPv4 address, as Docker's do: 02:42 and its bytes.
    package init?(for address: IPAddress) {
        guard address.isVersion4 else { return nil }
        self.init(bytes: [0x02, 0x42] + address.bytes)
    }

    /// A random one, locally administered.
    package static func random(using generator: inout some RandomNumberGenerator) -> HardwareAddress? {
        HardwareAddress(bytes: [0x02] + (0..<5).map { _ in UInt8.random(in: 0...255, using: &generator) })
    }
}
