/// A version as in Semantic Versioning 2.0.0: `1.3.0`, `1.0.2-dev`, `1.1.0-rc.1+build.5`.
struct SemanticVersion: Equatable {
    let major: UInt64
    let minor: UInt64
    let patch: UInt64

    init?(_ text: String) {
        var rest = Substring(text).utf8
        guard let major = Self.number(&rest), rest.popFirst() == UInt8(ascii: "."),
            let minor = Self.number(&rest), rest.popFirst() == UInt8(ascii: "."),
            let patch = Self.number(&rest)
        else { return nil }
        if rest.first == UInt8(ascii: "-") {
            guard Self.identifiers(&rest, leadingZeros: false) else { return nil }
        }
        if rest.first == UInt8(ascii: "+") {
            guard Self.identifiers(&rest, leadingZeros: true) else { return nil }
        }
        guard rest.isEmpty else { return nil }
        self.major = major
        self.minor = minor
        self.patch = patch
    }

    /// Takes decimal digits without leading zeros.
    private static func number(_ rest: inout Substring.UTF8View) -> UInt64? {
        let start = rest.first
        var length = 0
        var value: UInt64 = 0
        while let byte = rest.first, isDigit(byte) {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
            guard !overflow, !carry else { return nil }
            value = sum
            length += 1
            rest.removeFirst()
        }
        return length == 1 || (length > 1 && start != UInt8(ascii: "0")) ? value : nil
    }

    /// Takes the sign and identifiers of letters, digits and hyphens between dots, none of them empty. Numbers among
    /// them may begin with 0 only in build metadata.
    private static func identifiers(_ rest: inout Substring.UTF8View, leadingZeros: Bool) -> Bool {
        repeat {
            rest.removeFirst()
            let identifier = rest.prefix { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
            rest = rest.dropFirst(identifier.count)
            let hasLeadingZero = identifier.count > 1 && identifier.first == UInt8(ascii: "0")
            guard !identifier.isEmpty, leadingZeros || !hasLeadingZero || !identifier.allSatisfy(isDigit) else {
                return false
            }
        } while rest.first == UInt8(ascii: ".")
        return true
    }
}

func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }

func isLetterOrDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
    default: isDigit(byte)
    }
}
