public import LinuxKernel

/// Moves a device of the caller's network namespace into a container's, keeping its addresses, and takes it up there.
///
/// Kept are addresses that a user set for good and that are meant for everywhere: temporary ones and those of the link
/// alone lose their meaning with the move. Routes do not come along.
///
/// - Parameters:
///   - device: Its name here; alternative names count, too.
///   - namespace: The container's.
///   - name: Its name there, the same if `nil`; `%d` in it stands for the lowest number that makes it a free one.
/// - Throws: `ENODEV` if there is no such device, `EEXIST` if the name is taken there. The device is then back where it
///   was, with its addresses; if that failed as well, `NetlinkError.notUndone` has both reasons.
///
/// Source: runtime-spec 1.3 config-linux.md, "Network Devices".
public func moveDevice(
    _ device: InterfaceName, to namespace: borrowing OwnedDescriptor, as name: InterfaceName? = nil
) throws(NetlinkError) {
    var here = try RouteSocket()
    var there = try RouteSocket(in: namespace)
    let link = try here.link(named: device.text)
    let addresses = try here.addresses(of: link.index)
    let newName = try name.map { (name) throws(NetlinkError) in try there.free(name) } ?? link.name
    // The kernel moves first and renames afterwards, so that a name that is taken would leave the device there.
    guard try !there.hasLink(named: newName) else {
        throw .refused(request: "move link \(device) as \(newName)", .fileExists, explanation: nil)
    }
    do throws(NetlinkError) {
        // Down first: a link that is up may be used, and cannot be renamed on every kernel.
        try here.change(link: link.index, LinkChange(isUp: false))
        // Both changes in one request: no moment in which the new name could be taken. A name that is too long with its
        // number is left out here, and `arrive` then does not find it.
        try here.move(link: link.index, to: namespace, as: try? InterfaceName(newName))
        try there.arrive(link: newName, addresses, isUp: true)
    } catch {
        do throws(NetlinkError) {
            for name in [newName, link.name] where try !here.hasLink(named: link.name) {
                guard try there.hasLink(named: name) else { continue }
                try there.moveHome(link: name, as: link.name)
            }
            try here.arrive(link: link.name, addresses, isUp: link.isUp)
        } catch let second {
            throw .notUndone("\(error)", "\(second)")
        }
        throw error
    }
}

extension RouteSocket {
    fileprivate mutating func hasLink(named name: String) throws(NetlinkError) -> Bool {
        do throws(NetlinkError) {
            _ = try link(named: name)
            return true
        } catch  where error.code == .noDevice {
            return false
        }
    }

    /// The name with its `%d`, if it has one, replaced so that no link has it.
    fileprivate mutating func free(_ name: InterfaceName) throws(NetlinkError) -> String {
        guard let place = name.text.utf8.firstIndex(of: UInt8(ascii: "%")),
            name.text[place...].hasPrefix("%d")
        else { return name.text }
        let taken = try links().flatMap { [$0.name] + $0.alternativeNames }
        let rest = name.text[place...].dropFirst(2)
        // One number more than there are names: one of them is free.
        for number in 0...taken.count {
            let candidate = "\(name.text[..<place])\(number)\(rest)"
            if !taken.contains(candidate) { return candidate }
        }
        return name.text
    }

    /// Gives a link that has come into this namespace its addresses.
    fileprivate mutating func arrive(
        link name: String, _ addresses: [InterfaceAddress], isUp: Bool
    ) throws(NetlinkError) {
        let index = try link(named: name).index
        let present = try self.addresses(of: index).map(\.network)
        for address in addresses where address.movesWithDevice && !present.contains(address.network) {
            try add(address: address.network, to: index)
        }
        try change(link: index, LinkChange(isUp: isUp))
    }

    /// Moves a link from this socket's namespace to the calling thread's.
    fileprivate mutating func moveHome(link name: String, as newName: String) throws(NetlinkError) {
        let home: OwnedDescriptor
        do throws(SyscallError) {
            home = try OwnedDescriptor(open: "/proc/thread-self/ns/net", .read)
        } catch {
            throw .socket(error)
        }
        let index = try link(named: name).index
        // A name that the kernel gave is one.
        try move(link: index, to: home, as: try? InterfaceName(newName))
    }
}

extension InterfaceAddress {
    /// Whether it goes with its device into another namespace.
    var movesWithDevice: Bool { flags.contains(.permanent) && scope == .global }
}
