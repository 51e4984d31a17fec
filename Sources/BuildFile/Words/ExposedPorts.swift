/// A word of `EXPOSE`: `80`, `53/udp`, `8000-8010`. As in `-p`, an address and the host's ports may stand before the last colon;
/// they have to be right, and mean nothing.
public struct ExposedPorts: Equatable, Sendable {
    /// One port, or several in a row.
    public let range: ClosedRange<UInt16>
    /// `tcp`, `udp` or `sctp`.
    public let network: String

    /// - Returns: `nil` for anything else.
    public init?(_ word: String) {
        var parts = word.split(separator: ":", omittingEmptySubsequences: false)
        guard let own = parts.popLast() else { return nil }
        let halves = own.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        network = halves.count == 2 && !halves[1].isEmpty ? halves[1].lowercased() : "tcp"
        guard ["tcp", "udp", "sctp"].contains(network), let range = Self.range(halves[0]) else { return nil }
        self.range = range
        if let host = parts.popLast(), !host.isEmpty {
            guard let other = Self.range(host), other.count == range.count || range.count == 1 else { return nil }
        }
        let address = parts.joined(separator: ":")
        guard address.isEmpty || Self.isAddress(address) else { return nil }
    }

    private static func range(_ text: Substring) -> ClosedRange<UInt16>? {
        let ends = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = ends.first.flatMap(number), let last = ends.last.flatMap(number), first <= last else {
            return nil
        }
        return first...last
    }

    private static func number(_ text: Substring) -> UInt16? {
        text.utf8.allSatisfy(\.isDigit) ? UInt16(text) : nil
    }

    /// By its characters: four numbers, or hexadecimal ones between colons.
    private static func isAddress(_ text: String) -> Bool {
        let numbers = text.split(separator: ".", omittingEmptySubsequences: false)
        if numbers.count == 4 { return numbers.allSatisfy { UInt8($0) != nil } }
        let plain = text.hasPrefix("[") && text.hasSuffix("]") ? text.dropFirst().dropLast() : text[...]
        return plain.contains(":") && plain.utf8.allSatisfy { "0123456789abcdefABCDEF:.".utf8.contains($0) }
    }
}
