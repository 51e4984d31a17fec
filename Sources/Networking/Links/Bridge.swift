internal import LinuxKernel
package import Netlink

/// The bridge of a network, in the caller's network namespace.
package struct Bridge: Equatable, Sendable {
    package var name: InterfaceName
    /// The bridge's own addresses: the containers' gateways.
    package var addresses: [IPNetwork]
    /// Bytes; the kernel's choice if `nil`.
    package var mtu: UInt32?
    package var isInternal: Bool

    package init(name: InterfaceName, addresses: [IPNetwork], mtu: UInt32? = nil, isInternal: Bool = false) {
        self.name = name
        self.addresses = addresses
        self.mtu = mtu
        self.isInternal = isInternal
    }

    private var hasVersion6: Bool { addresses.contains { !$0.address.isVersion4 } }

    /// Makes the bridge, or brings one that is there to what it must be. Version 6 is on with an address of it and off
    /// without; router advertisements are never listened to (CVE-2020-13401).
    ///
    /// - Throws: `NetworkingError`; `conflict` if a link of another kind has the name.
    package func prepare() throws(NetworkingError) {
        try system("let packets through between links") { () throws(SyscallError) in
            if !isInternal { try Sysctl.require("ipv4/ip_forward", "1") }
            if hasVersion6, !isInternal { try Sysctl.require("ipv6/conf/all/forwarding", "1") }
        }
        let index = try link()
        try system("set up bridge \(name)") { () throws(SyscallError) in
            let conf = "conf/\(name)"
            try Sysctl.require("ipv6/\(conf)/accept_ra", "0")
            try Sysctl.require("ipv6/\(conf)/disable_ipv6", hasVersion6 ? "0" : "1")
            // For what the host itself sends from 127.0.0.1 to a published port; the chain `guard` keeps containers from
            // using it.
            try Sysctl.require("ipv4/\(conf)/route_localnet", "1")
        }
        try netlink("set up bridge \(name)") { () throws(NetlinkError) in
            var socket = try RouteSocket()
            let present = try socket.addresses(of: index).map(\.network)
            for address in addresses where !present.contains(address) {
                try socket.add(
                    address: address, to: index, broadcast: address.address.isVersion4 ? address.last : nil,
                    flags: address.address.isVersion4 ? [] : .noDuplicateDetection)
            }
            try socket.change(link: index, LinkChange(isUp: true))
        }
    }

    private func link() throws(NetworkingError) -> Int32 {
        let (name, mtu) = (name, mtu)
        let link = try netlink("make bridge \(name)") { () throws(NetlinkError) in
            var socket = try RouteSocket()
            do throws(NetlinkError) {
                try socket.create(
                    .bridge(BridgeOptions(forwardDelay: 0, multicastSnooping: false)), NewLink(name, mtu: mtu))
            } catch  where error.code == .fileExists {
                // Another command, or this one before, has made it.
            }
            return try socket.link(named: name.text)
        }
        guard link.kind == "bridge" else {
            throw .conflict("the host has a network interface \(name) that is no bridge: rename it or remove it")
        }
        return link.index
    }

    /// Takes the bridge away, if it is there.
    package static func remove(_ name: InterfaceName) throws(NetworkingError) { try Links.remove(name) }
}

/// Links of the caller's network namespace.
package enum Links {
    /// Takes a link away, if it is there.
    package static func remove(_ name: InterfaceName) throws(NetworkingError) {
        try netlink("remove interface \(name)") { () throws(NetlinkError) in
            do throws(NetlinkError) {
                if let errand = try RouteSocket.removeSoon(linkNamed: name) { Errands.keep(errand) }
            } catch  where error.code == .noDevice {
                return
            }
        }
    }

    package static func exists(_ name: InterfaceName) throws(NetworkingError) -> Bool {
        try netlink("look for interface \(name)") { () throws(NetlinkError) in
            do throws(NetlinkError) {
                var socket = try RouteSocket()
                _ = try socket.link(named: name.text)
                return true
            } catch  where error.code == .noDevice {
                return false
            }
        }
    }
}
