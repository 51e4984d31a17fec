package import Netlink

extension IPAddress {
    /// The next address; `nil` after the last one.
    var successor: IPAddress? { advanced(by: 1) }

    /// The address so many places further; `nil` beyond the last one.
    package func advanced(by count: UInt64) -> IPAddress? {
        switch self {
        case .version4(let value):
            guard let count = UInt32(exactly: count) else { return nil }
            let (sum, overflow) = value.addingReportingOverflow(count)
            return overflow ? nil : .version4(sum)
        case .version6(let high, let low):
            let (sum, overflow) = low.addingReportingOverflow(count)
            guard overflow else { return .version6(high, sum) }
            return high == .max ? nil : .version6(high + 1, sum)
        }
    }

    /// Whether it comes before the other one of the same version.
    func precedes(_ other: IPAddress) -> Bool { bytes.lexicographicallyPrecedes(other.bytes) }
}

extension IPNetwork {
    /// Whether the two have an address in common.
    package func overlaps(_ other: IPNetwork) -> Bool {
        contains(other.network.address) || other.contains(network.address)
    }

    /// Whether all of the other one lies in this one.
    package func contains(_ other: IPNetwork) -> Bool {
        other.prefixLength >= prefixLength && contains(other.network.address)
    }
}
