/// An address of version 4 or 6.
public enum IPAddress: Hashable, Sendable {
    /// In the order in which it is written: 10.0.0.1 is 0x0a000001.
    case version4(UInt32)
    /// The first eight bytes and the last eight.
    case version6(UInt64, UInt64)

    /// The kernel's number of the family: `AF_INET`, `AF_INET6`.
    package var family: UInt8 { isVersion4 ? 2 : 10 }

    /// Whether it has 32 bits and not 128.
    public var isVersion4: Bool {
        if case .version4 = self { true } else { false }
    }

    /// How many bits there are: 32 or 128.
    public var bitWidth: UInt8 { isVersion4 ? 32 : 128 }

    /// 4 or 16 bytes in network order.
    public var bytes: [UInt8] {
        switch self {
        case .version4(let value): withUnsafeBytes(of: value.bigEndian) { Array($0) }
        case .version6(let high, let low):
            withUnsafeBytes(of: high.bigEndian) { Array($0) } + withUnsafeBytes(of: low.bigEndian) { Array($0) }
        }
    }

    /// The address of 4 or 16 bytes in network order.
    public init?(bytes: some Collection<UInt8>) {
        switch bytes.count {
        case 4: self = .version4(bytes.reduce(0) { $0 << 8 | UInt32($1) })
        case 16:
            self = .version6(
                bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }, bytes.suffix(8).reduce(0) { $0 << 8 | UInt64($1) })
        default: return nil
        }
    }

    /// `127.0.0.0/8` or `::1`
    public var isLoopback: Bool {
        switch self {
        case .version4(let value): value >> 24 == 127
        case .version6(let high, let low): high == 0 && low == 1
        }
    }

    /// `169.254.0.0/16` or `fe80::/10`
    public var isLinkLocal: Bool {
        switch self {
        case .version4(let value): value >> 16 == 0xa9fe
        case .version6(let high, _): high >> 54 == 0x3fa
        }
    }
}

extension IPAddress: CustomStringConvertible {
    /// Reads an address: four decimal numbers without leading zeros, or groups as in RFC 4291, without a zone.
    public init?(_ text: String) {
        guard text.utf8.count <= 45 else { return nil }
        if text.utf8.contains(UInt8(ascii: ":")) {
            guard let groups = IPAddress.groups(text) else { return nil }
            self = .version6(
                groups.prefix(4).reduce(0) { $0 << 16 | UInt64($1) },
                groups.suffix(4).reduce(0) { $0 << 16 | UInt64($1) })
        } else {
            guard let value = IPAddress.dotted(text[...]) else { return nil }
            self = .version4(value)
        }
    }

    private static func dotted(_ text: Substring) -> UInt32? {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var value: UInt32 = 0
        for part in parts {
            guard (1...3).contains(part.count), part.allSatisfy({ 0x30...0x39 ~= $0 }),
                part.count == 1 || part.first != 0x30
            else { return nil }
            let number = part.reduce(0) { $0 * 10 + UInt32($1 - 0x30) }
            guard number < 256 else { return nil }
            value = value << 8 | number
        }
        return value
    }

    private static func groups(_ text: String) -> [UInt16]? {
        // Around at most one `::`, which stands for at least one group of zeros.
        var halves: [[UInt16]] = []
        let parts = text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        var current: [UInt16] = []
        var index = 0
        while index < parts.count {
            let part = parts[index]
            if part.isEmpty {
                // An empty part is one side of `::`: inside, or with its neighbour at either end.
                let isStart = index == 0
                let isEnd = index == parts.count - 1
                if isStart || isEnd {
                    let neighbour = isStart ? index + 1 : index - 1
                    guard parts.indices.contains(neighbour), parts[neighbour].isEmpty else { return nil }
                }
                if isStart {
                    index += 1
                    continue
                }
                if isEnd { break }
                guard halves.isEmpty else { return nil }
                halves.append(current)
                current = []
            } else if index == parts.count - 1, part.contains(UInt8(ascii: ".")) {
                guard let value = dotted(Substring(part)) else { return nil }
                current += [UInt16(truncatingIfNeeded: value >> 16), UInt16(truncatingIfNeeded: value)]
            } else {
                guard (1...4).contains(part.count), part.first != UInt8(ascii: "+"), part.first != UInt8(ascii: "-"),
                    let group = UInt16(Substring(part), radix: 16)
                else { return nil }
                current.append(group)
            }
            index += 1
        }
        guard let first = halves.first else { return current.count == 8 ? current : nil }
        let zeros = 8 - first.count - current.count
        return zeros >= 1 ? first + [UInt16](repeating: 0, count: zeros) + current : nil
    }

    /// Dotted numbers, or groups as RFC 5952 has them: lower case, the longest run of zeros left out.
    public var description: String {
        guard case .version6(let high, let low) = self else { return bytes.map { "\($0)" }.joined(separator: ".") }
        let groups = [high, low].flatMap { half in (0..<4).map { UInt16(truncatingIfNeeded: half >> (48 - $0 * 16)) } }
        if groups.prefix(5).allSatisfy({ $0 == 0 }), groups[5] == 0xffff {
            return "::ffff:\(IPAddress.version4(UInt32(truncatingIfNeeded: low)))"
        }
        var longest = 0..<0
        var start = 0
        while start < 8 {
            let run = groups[start...].prefix { $0 == 0 }
            if run.count > max(1, longest.count) { longest = start..<run.endIndex }
            start = max(run.endIndex, start + 1)
        }
        func text(_ part: ArraySlice<UInt16>) -> String { part.map { String($0, radix: 16) }.joined(separator: ":") }
        if longest.isEmpty { return text(groups[...]) }
        return text(groups[..<longest.lowerBound]) + "::" + text(groups[longest.upperBound...])
    }
}

/// An address with the length of its network's part: `10.0.0.1/8`.
public struct IPNetwork: Hashable, Sendable, CustomStringConvertible {
    /// As given, with the bits that name a host.
    public let address: IPAddress
    /// How many leading bits name the network.
    public let prefixLength: UInt8

    /// - Returns: `nil` for a length beyond the address.
    public init?(_ address: IPAddress, prefixLength: UInt8) {
        guard prefixLength <= address.bitWidth else { return nil }
        self.address = address
        self.prefixLength = prefixLength
    }

    /// Reads `address/length`.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = IPAddress(String(parts[0])),
            parts[1].utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let length = UInt8(parts[1])
        else { return nil }
        self.init(address, prefixLength: length)
    }

    /// All addresses of a family: the destination of a default route.
    public static let any4 = IPNetwork(unchecked: .version4(0))
    /// `::/0`
    public static let any6 = IPNetwork(unchecked: .version6(0, 0))

    private init(unchecked address: IPAddress, prefixLength: UInt8 = 0) {
        self.address = address
        self.prefixLength = prefixLength
    }

    /// The same network with all host bits zero.
    public var network: IPNetwork { IPNetwork(unchecked: masked(setHostBits: false), prefixLength: prefixLength) }

    /// The last address: version 4's broadcast address.
    public var last: IPAddress { masked(setHostBits: true) }

    /// Whether the address lies in this network.
    public func contains(_ other: IPAddress) -> Bool {
        guard let candidate = IPNetwork(other, prefixLength: prefixLength) else { return false }
        return other.isVersion4 == address.isVersion4 && candidate.network.address == network.address
    }

    private func masked(setHostBits: Bool) -> IPAddress {
        func mask<Word: FixedWidthInteger & UnsignedInteger>(_ word: Word, _ networkBits: Int) -> Word {
            // Shifts by the whole width or more give zero, by less than nothing shift the other way: clamp first.
            let hosts = Word.max >> Word(truncatingIfNeeded: max(0, min(Word.bitWidth, networkBits)))
            return setHostBits ? word | hosts : word & ~hosts
        }
        let bits = Int(prefixLength)
        switch address {
        case .version4(let value): return .version4(mask(value, bits))
        case .version6(let high, let low): return .version6(mask(high, min(64, bits)), mask(low, bits - 64))
        }
    }

    public var description: String { "\(address)/\(prefixLength)" }
}
