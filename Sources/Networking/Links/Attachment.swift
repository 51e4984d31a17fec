package import LinuxKernel
package import Netlink

/// A container's link to a network.
package struct Attachment: Equatable, Sendable {
    /// The end that stays on the host.
    package var hostLink: InterfaceName
    package var bridge: InterfaceName
    /// What the container calls its end, such as `eth0`.
    package var name: InterfaceName
    package var hardwareAddress: HardwareAddress
    package var addresses: [IPNetwork]
    /// Where everything else goes; empty on networks that are no way out.
    package var gateways: [IPAddress]
    package var mtu: UInt32?

    package init(
        hostLink: InterfaceName, bridge: InterfaceName, name: InterfaceName, hardwareAddress: HardwareAddress,
        addresses: [IPNetwork], gateways: [IPAddress], mtu: UInt32? = nil
    ) {
        self.hostLink = hostLink
        self.bridge = bridge
        self.name = name
        self.hardwareAddress = hardwareAddress
        self.addresses = addresses
        self.gateways = gateways
        self.mtu = mtu
    }

    /// Connects a network namespace to the bridge. The container's end is made inside, with its final name, so that no
    /// name of the host's is in the way. What was made goes again if a later step fails.
    package func connect(_ namespace: borrowing OwnedDescriptor) throws(NetworkingError) {
        do throws(NetworkingError) {
            try makeLinks(namespace)
            try configure(namespace)
        } catch {
            do throws(NetworkingError) {
                try Links.remove(hostLink)
            } catch let second {
                throw .conflict("\(error); and this could not be undone: \(second)")
            }
            throw error
        }
    }

    private func makeLinks(_ namespace: borrowing OwnedDescriptor) throws(NetworkingError) {
        let index: Int32
        do throws(NetlinkError) {
            var socket = try RouteSocket()
            let master = try socket.link(named: bridge.text).index
            try socket.createPair(
                NewLink(hostLink, mtu: mtu, master: master),
                peer: VethPeer(name, mtu: mtu, hardwareAddress: hardwareAddress), in: namespace)
            index = try socket.link(named: hostLink.text).index
        } catch {
            throw .netlink("connect to \(bridge)", error)
        }
        try system("set up interface \(hostLink)") { () throws(SyscallError) in
            // A port of a bridge needs no addresses of its own.
            try Sysctl.set("ipv6/conf/\(hostLink)/disable_ipv6", "1")
        }
        do throws(NetlinkError) {
            var socket = try RouteSocket()
            // What a container sends to its own published port comes back to it by the port it came from: with
            // br_netfilter, within the bridge.
            try socket.change(bridgePort: index, BridgePortOptions(hairpin: true))
            try socket.change(link: index, LinkChange(isUp: true))
        } catch {
            throw .netlink("connect to \(bridge)", error)
        }
    }

    private func configure(_ namespace: borrowing OwnedDescriptor) throws(NetworkingError) {
        let hasVersion6 = addresses.contains { !$0.address.isVersion4 }
        try system("set up the container's \(name)") { () throws(SyscallError) in
            try NetworkNamespaces.inside(namespace) { () throws(SyscallError) in
                try Sysctl.set("ipv6/conf/\(name)/accept_ra", "0")
                try Sysctl.set("ipv6/conf/\(name)/disable_ipv6", hasVersion6 ? "0" : "1")
            }
        }
        do throws(NetlinkError) {
            var socket = try RouteSocket(in: namespace)
            let index = try socket.link(named: name.text).index
            for address in addresses {
                try socket.add(
                    address: address, to: index, broadcast: address.address.isVersion4 ? address.last : nil,
                    flags: address.address.isVersion4 ? [] : .noDuplicateDetection)
            }
            try socket.change(link: index, LinkChange(isUp: true))
            for gateway in gateways {
                try socket.add(Route(to: gateway.isVersion4 ? .any4 : .any6, gateway: gateway, link: index))
            }
        } catch {
            throw .netlink("set up the container's \(name)", error)
        }
    }
}

/// A container's network namespace before anything is connected to it.
package enum ContainerNamespace {
    /// Makes one with its loopback up. Version 6 is off until a network brings it.
    package static func make() throws(NetworkingError) -> OwnedDescriptor {
        do throws(SyscallError) {
            let made = try NetworkNamespaces.make()
            try NetworkNamespaces.inside(made) { () throws(SyscallError) in
                try Sysctl.set("ipv6/conf/default/accept_ra", "0")
                try Sysctl.set("ipv6/conf/all/accept_ra", "0")
                try Sysctl.set("ipv6/conf/default/disable_ipv6", "1")
                try LoopbackInterface.bringUp()
            }
            return made
        } catch {
            throw .system("make a network namespace", error)
        }
    }
}
