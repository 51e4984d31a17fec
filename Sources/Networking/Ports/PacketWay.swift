package import Netlink

/// Where a connection to a port of this host comes by, whoever makes the rules there.
package struct PacketWay: Equatable, Sendable {
    /// Where a packet is judged, on the host or in the container's network namespace.
    package struct Stop: Equatable, Sendable {
        package let hook: ChainHook
        package let isInContainer: Bool
    }

    package let stops: [Stop]

    /// - Parameters:
    ///   - fromHost: The connection comes from the host itself.
    ///   - toContainer: It goes on into a container, and not to a program of the host's.
    package init(fromHost: Bool, toContainer: Bool) {
        let host: [ChainHook] =
            switch (fromHost, toContainer) {
            case (false, true): [.prerouting, .forward, .postrouting]
            case (true, true): [.output, .postrouting]
            case (false, false): [.prerouting, .input]
            // By the loopback it goes out and comes in again.
            case (true, false): [.output, .postrouting, .prerouting, .input]
            }
        let container: [ChainHook] = toContainer ? [.prerouting, .input] : []
        stops =
            host.map { Stop(hook: $0, isInContainer: false) } + container.map { Stop(hook: $0, isInContainer: true) }
    }

    /// The addresses of the host that a question is about which names none.
    ///
    /// - Parameters:
    ///   - own: All that the host has.
    ///   - single: Those at which the port is published alone.
    ///   - listening: Those at which programs of the host listen.
    package static func destinations(
        own: [IPAddress], single: [IPAddress], listening: [IPAddress], fromHost: Bool
    ) -> [(address: IPAddress, name: String)] {
        var result = single.map { (address: $0, name: "\($0)") }
        func isNew(_ address: IPAddress) -> Bool { !result.contains { $0.address == address } }
        let loopback = IPAddress.version4(0x7f00_0001)
        if fromHost {
            // Most programs that ask on the host ask there, and some that answer answer there alone.
            for address in [loopback, .version6(0, 1)]
            where isNew(address) && (address.isVersion4 || listening.contains(address)) {
                result.append((address, "\(address)"))
            }
        }
        let other = own.first { $0.isVersion4 && !$0.isLoopback && isNew($0) }
        if other != nil || result.isEmpty {
            result.append((other ?? loopback, "\(result.isEmpty ? "any" : "any other") address of this host"))
        }
        return result
    }
}
