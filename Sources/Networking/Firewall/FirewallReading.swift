package import Netlink

/// What the table's sets and maps hold at a moment, and what its rules therefore do with a packet.
///
/// The rules are those of `FirewallRules`; each answer names the rule by its comment, as `nft list table` shows it.
package struct FirewallReading: Equatable, Sendable {
    var elements: [FirewallSet: [RuleElement]]

    init(_ elements: [FirewallSet: [RuleElement]]) { self.elements = elements }

    /// As if a table were as it should be.
    package init(_ state: FirewallState) { elements = state.elements }

    /// Where a published port leads to.
    package struct Translation: Equatable, Sendable {
        package let rule: String
        package let map: String
        /// As `nft` writes the element's key.
        package let key: String
        package let address: IPAddress
        package let port: UInt16
        /// The beginning of the container's identifier.
        package let owner: String
    }

    /// What the chains `prerouting` and `output` do with a packet for an address of the host.
    ///
    /// - Parameter comesFromOutside: Not from the host itself: then its loopback is not reached.
    package func translation(
        of address: IPAddress, _ transport: TransportProtocol, _ port: UInt16, comesFromOutside: Bool = false
    ) -> Translation? {
        if comesFromOutside, address.isLoopback, address.isVersion4 { return nil }
        let own: FirewallSet = address.isVersion4 ? .published4 : .published6
        let all: FirewallSet = address.isVersion4 ? .anywhere4 : .anywhere6
        let version = address.isVersion4 ? "" : ", version 6"
        return translation(own, "ports of one address\(version)", address, transport, port)
            ?? translation(all, "ports of all addresses\(version)", nil, transport, port)
    }

    private func translation(
        _ set: FirewallSet, _ rule: String, _ address: IPAddress?, _ transport: TransportProtocol, _ port: UInt16
    ) -> Translation? {
        let wanted = (address?.bytes ?? []) + [transport.number, 0, 0, 0] + Self.cell(port)
        guard let element = elements[set]?.first(where: { $0.key == wanted }), element.value.count >= 8,
            let target = IPAddress(bytes: element.value.dropLast(4))
        else { return nil }
        let number = element.value.suffix(4).prefix(2).reduce(UInt16(0)) { $0 << 8 | UInt16($1) }
        let words = (address.map { [$0.description] } ?? []) + [transport.rawValue, "\(port)"]
        return Translation(
            rule: rule, map: set.rawValue, key: words.joined(separator: " . "), address: target, port: number,
            owner: element.comment)
    }

    /// The addresses of the host at which a port is published alone.
    package func singleAddresses(_ transport: TransportProtocol, _ port: UInt16) -> [IPAddress] {
        (elements[.published4] ?? []).compactMap { address($0, 4, transport, port) }
            + (elements[.published6] ?? []).compactMap { address($0, 16, transport, port) }
    }

    private func address(
        _ element: RuleElement, _ length: Int, _ transport: TransportProtocol, _ port: UInt16
    ) -> IPAddress? {
        guard element.key.count == length + 8,
            Array(element.key.dropFirst(length)) == [transport.number, 0, 0, 0] + Self.cell(port)
        else { return nil }
        return IPAddress(bytes: element.key.prefix(length))
    }

    /// What the chain `forward` does with a packet whose destination was changed, or not.
    package func forwarding(from input: String, to output: String, isTranslated: Bool) -> (rule: String, passes: Bool) {
        if input == output, holds(.bridges, input) { return ("within a network", true) }
        if holds(.internal, input) { return ("nothing leaves an internal network", false) }
        if holds(.internal, output) { return ("nothing enters an internal network", false) }
        guard holds(.bridges, output) else { return ("the chain's policy", true) }
        return isTranslated ? ("published ports", true) : ("nothing else enters a network", false)
    }

    /// The rule of `postrouting` that changes the sender's address, if one does.
    package func masquerading(from source: IPAddress, to output: String, isTranslated: Bool) -> String? {
        let version = source.isVersion4 ? "" : ", version 6"
        if isTranslated, isInside(source, output) { return "back into the same network\(version)" }
        if holds(.bridges, output) { return source.isLoopback ? "from the host's loopback\(version)" : nil }
        return isOfNetworks(source) ? "to the outside\(version)" : nil
    }

    private func holds(_ set: FirewallSet, _ link: String) -> Bool {
        let bytes = Array(link.utf8)
        let key = bytes + [UInt8](repeating: 0, count: max(0, 16 - bytes.count))
        return elements[set]?.contains { $0.key == key } ?? false
    }

    private func isInside(_ address: IPAddress, _ link: String) -> Bool {
        let name = Array(link.utf8)
        let length = address.bytes.count
        return (elements[address.isVersion4 ? .inside4 : .inside6] ?? []).contains { element in
            element.key.dropFirst(length).prefix(name.count).elementsEqual(name)
                && !address.bytes.lexicographicallyPrecedes(element.key.prefix(length))
                && !element.end.prefix(length).lexicographicallyPrecedes(address.bytes)
        }
    }

    /// In a set of intervals the last element that is not above the address is a beginning, and no end.
    private func isOfNetworks(_ address: IPAddress) -> Bool {
        let below = (elements[address.isVersion4 ? .subnets4 : .subnets6] ?? []).filter {
            !address.bytes.lexicographicallyPrecedes($0.key)
        }
        // Where one interval ends and the next begins at once, the beginning counts.
        let last = below.max {
            $0.key == $1.key ? $0.endsInterval && !$1.endsInterval : $0.key.lexicographicallyPrecedes($1.key)
        }
        return last.map { !$0.endsInterval } ?? false
    }

    private static func cell(_ port: UInt16) -> [UInt8] {
        [UInt8(truncatingIfNeeded: port >> 8), UInt8(truncatingIfNeeded: port), 0, 0]
    }
}

extension Firewall {
    /// Reads all sets and maps; `nil` if there is no table.
    package mutating func read() throws(NetworkingError) -> FirewallReading? {
        let found = try elements()
        if found.values.allSatisfy(\.isEmpty), try !checkRules().isEmpty { return nil }
        return FirewallReading(found)
    }
}
