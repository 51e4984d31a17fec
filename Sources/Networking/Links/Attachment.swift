package import LinuxKernel
package import Netlink

/// A container's link to a network.
package struct Attachment: Equatable, Sendable {
    /// What it is connected to.
    package enum Way: Equatable, Sendable {
        case bridge(InterfaceName)
        /// A further address on a link of the host's.
        case macvlan(parent: InterfaceName)
    }

    /// The end that stays on the host; a macvlan has this name only until it is in the container.
    package var hostLink: InterfaceName
    package var way: Way
    /// What the container calls its end, such as `eth0`.
    package var name: InterfaceName
    package var hardwareAddress: HardwareAddress
    package var addresses: [IPNetwork]
    package var mtu: UInt32?

    package init(
        hostLink: InterfaceName, to way: Way, name: InterfaceName, hardwareAddress: HardwareAddress,
        addresses: [IPNetwork], mtu: UInt32? = nil
    ) {
        self.hostLink = hostLink
        self.way = way
        self.name = name
        self.hardwareAddress = hardwareAddress
        self.addresses = addresses
        self.mtu = mtu
    }

    /// Connects a network namespace. The container's end of a pair is made inside, with its final name, so that no name of the
    /// host's is in the way. What was made goes again if a later step fails.
    package func connect(_ namespace: borrowing OwnedDescriptor) throws(NetworkingError) {
        do throws(NetworkingError) {
            switch way {
            case .bridge(let bridge): try makePair(namespace, bridge)
            case .macvlan(let parent): try makeMacvlan(namespace, parent)
            }
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

    private func makePair(_ namespace: borrowing OwnedDescriptor, _ bridge: InterfaceName) throws(NetworkingError) {
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

    private func makeMacvlan(_ namespace: borrowing OwnedDescriptor, _ parent: InterfaceName) throws(NetworkingError) {
        do throws(NetlinkError) {
            var socket = try RouteSocket()
            let lower = try socket.link(named: parent.text).index
            try socket.create(
                .macvlan(parent: lower, .bridge), NewLink(hostLink, mtu: mtu, hardwareAddress: hardwareAddress))
            let index = try socket.link(named: hostLink.text).index
            try socket.move(link: index, to: namespace, as: name)
        } catch {
            throw .netlink("connect to \(parent)", error)
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
        } catch {
            throw .netlink("set up the container's \(name)", error)
        }
    }

    /// Takes a container's link away, by its name there if it has none on the host.
    package static func remove(
        _ name: InterfaceName, hostLink: InterfaceName?, in namespace: borrowing OwnedDescriptor
    ) throws(NetworkingError) {
        if let hostLink { try Links.remove(hostLink) }
        do throws(NetlinkError) {
            var socket = try RouteSocket(in: namespace)
            try socket.remove(linkNamed: name)
        } catch  where error.code == .noDevice {
            // It went with its other end.
        } catch {
            throw .netlink("take away the container's \(name)", error)
        }
    }

    /// Makes these the ways to everywhere else, and takes others away.
    package static func setGateways(
        _ gateways: [IPAddress], in namespace: borrowing OwnedDescriptor
    ) throws(NetworkingError) {
        do throws(NetlinkError) {
            var socket = try RouteSocket(in: namespace)
            let present = try socket.routes().filter { $0.destination.prefixLength == 0 && $0.kind == .unicast }
            for route in present {
                guard let gateway = route.gateway, !gateways.contains(gateway) else { continue }
                try socket.remove(route)
            }
            for gateway in gateways where !present.contains(where: { $0.gateway == gateway }) {
                try socket.add(Route(to: gateway.isVersion4 ? .any4 : .any6, gateway: gateway))
            }
        } catch {
            throw .netlink("set the way out of the container", error)
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
