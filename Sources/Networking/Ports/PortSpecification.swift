package import Netlink

/// One port of a container and where on the host it is to be reached.
package struct PortWish: Hashable, Sendable {
    /// `nil` is every address of the host.
    package var hostAddress: IPAddress?
    /// `nil` lets Brig choose; several where any of a range will do.
    package var hostPorts: ClosedRange<UInt16>?
    package var containerPort: UInt16
    package var transport: TransportProtocol

    package init(
        hostAddress: IPAddress? = nil, hostPorts: ClosedRange<UInt16>? = nil, containerPort: UInt16,
        transport: TransportProtocol = .tcp
    ) {
        self.hostAddress = hostAddress
        self.hostPorts = hostPorts
        self.containerPort = containerPort
        self.transport = transport
    }

    /// Reads Docker's `-p`: `[[ADDRESS:][HOST[-HOST]]:]CONTAINER[-CONTAINER][/tcp|udp|sctp]`, an address of version 6 in
    /// brackets. Ranges of the same length go side by side; a range of the host's for one container port means any of it.
    package static func parse(_ text: String) throws(NetworkingError) -> [PortWish] {
        func invalid(_ why: String) -> NetworkingError { .invalid("invalid port \"\(text)\": \(why)") }
        let halves = text.split(separator: "/", omittingEmptySubsequences: false)
        guard halves.count <= 2 else { throw invalid("write HOST:CONTAINER/tcp") }
        guard let transport = halves.count == 1 ? .tcp : TransportProtocol(rawValue: halves[1].lowercased()) else {
            throw invalid("the protocol must be tcp, udp or sctp")
        }
        var rest = halves[0]
        var address: IPAddress?
        var hasAddress = false
        if rest.hasPrefix("[") {
            guard let end = rest.firstIndex(of: "]") else { throw invalid("] is missing") }
            address = IPAddress(String(rest[rest.index(after: rest.startIndex)..<end]))
            guard let found = address, !found.isVersion4 else { throw invalid("no IPv6 address in brackets") }
            rest = rest[rest.index(after: end)...]
            guard rest.hasPrefix(":") else { throw invalid("a port must follow the address") }
            rest = rest.dropFirst()
            hasAddress = true
        }
        var parts = rest.split(separator: ":", omittingEmptySubsequences: false)
        if parts.count == 3, !hasAddress {
            if !parts[0].isEmpty {
                guard let found = IPAddress(String(parts[0])) else { throw invalid("no IP address: \(parts[0])") }
                address = found
            }
            parts.removeFirst()
        }
        guard parts.count <= 2, !hasAddress || parts.count == 2, let last = parts.last else {
            throw invalid("write ADDRESS:HOST:CONTAINER")
        }
        guard let container = range(last) else { throw invalid("a port is a number from 1 to 65535") }
        var host: ClosedRange<UInt16>?
        // As in Docker, port 0 of the host's is any.
        if parts.count == 2, !parts[0].isEmpty, parts[0] != "0" {
            guard let found = range(parts[0]) else { throw invalid("a port is a number from 1 to 65535") }
            host = found
        }
        return try pairs(container, host).map { (pair) throws(NetworkingError) in
            PortWish(
                hostAddress: unlessAny(address), hostPorts: pair.host, containerPort: pair.container,
                transport: transport)
        }

        func pairs(
            _ container: ClosedRange<UInt16>, _ host: ClosedRange<UInt16>?
        ) throws(NetworkingError) -> [(container: UInt16, host: ClosedRange<UInt16>?)] {
            guard let host else { return container.map { ($0, nil) } }
            if container.count == 1 { return [(container.lowerBound, host)] }
            guard container.count == host.count else { throw invalid("the ranges differ in length") }
            return zip(container, host).map { ($0, $1...$1) }
        }
    }

    /// 0.0.0.0 is as good as none. (`::` stays, as only version 6 is meant.)
    private static func unlessAny(_ address: IPAddress?) -> IPAddress? { address == .version4(0) ? nil : address }

    /// A number or two with `-` between them, from 1 on.
    package static func range(_ text: some StringProtocol) -> ClosedRange<UInt16>? {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false)
        guard (1...2).contains(ends.count), let first = number(ends[0]), let last = number(ends[ends.count - 1]),
            first <= last
        else { return nil }
        return first...last
    }

    private static func number(_ text: some StringProtocol) -> UInt16? {
        guard (1...5).contains(text.utf8.count), text.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let value = UInt16(text),
            value > 0
        else { return nil }
        return value
    }
}

extension PortWish {
    /// What is said of one port in the shape that hundreds of them have: `80/tcp` at `8080`, or at an empty text for any.
    ///
    /// - Returns: `nil` for every other shape, right or wrong: `parse` reads them all, in fifty times the time.
    package init?(plain port: String, at hostPort: String) {
        guard let (number, transport) = Self.plainPort(port) else { return nil }
        if hostPort.isEmpty {
            self.init(containerPort: number, transport: transport)
        } else if let host = Self.plainNumber(hostPort.utf8) {
            self.init(hostPorts: host...host, containerPort: number, transport: transport)
        } else {
            return nil
        }
    }

    /// `80/tcp`, and nothing else that means the same.
    package static func plainPort(_ text: String) -> (number: UInt16, transport: TransportProtocol)? {
        let bytes = text.utf8
        guard bytes.count > 4, let number = plainNumber(bytes.dropLast(4)) else { return nil }
        let ending = bytes.suffix(4)
        if ending.elementsEqual("/tcp".utf8) { return (number, .tcp) }
        return ending.elementsEqual("/udp".utf8) ? (number, .udp) : nil
    }

    /// Decimal digits without anything before them, from 1 to 65535.
    private static func plainNumber(_ digits: some Collection<UInt8>) -> UInt16? {
        guard (1...5).contains(digits.count), digits.first != 0x30 else { return nil }
        var value: UInt32 = 0
        for digit in digits {
            guard 0x30...0x39 ~= digit else { return nil }
            value = value * 10 + UInt32(digit - 0x30)
        }
        return UInt16(exactly: value)
    }
}
