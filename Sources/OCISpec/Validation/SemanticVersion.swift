/// A version as in Semantic Versioning 2.0.0: `1.3.0`, `1.0.2-dev`, `1.1.0-rc.1+build.5`.
struct SemanticVersion: Equatable {
    let major: UInt64
    let minor: UInt64
    let patch: UInt64
    /// What follows a hyphen, without it; it marks a version before the release.
    let prerelease: String?

    init?(_ text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: "+"), maxSplits: 1, omittingEmptySubsequences: false)
        guard let version = parts.first, parts.count < 2 || Self.areIdentifiers(parts[1], numeric: true) else {
            return nil
        }
        let halves = version.split(separator: UInt8(ascii: "-"), maxSplits: 1, omittingEmptySubsequences: false)
        guard let core = halves.first, halves.count < 2 || Self.areIdentifiers(halves[1], numeric: false) else {
            return nil
        }
        let numbers = core.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).map(Self.number)
        guard numbers.count == 3, let major = numbers[0], let minor = numbers[1], let patch = numbers[2] else {
            return nil
        }
        self.major = major
        self.minor = minor
        self.patch = patch
        prerelease = halves.count < 2 ? nil : String(Substring(halves[1]))
    }

    /// Decimal digits without leading zeros.
    private static func number(_ digits: Substring.UTF8View) -> UInt64? {
        guard !digits.isEmpty, digits.count == 1 || digits.first != UInt8(ascii: "0") else { return nil }
        guard digits.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) else { return nil }
        return UInt64(Substring(digits))
    }

    /// Non-empty identifiers of letters, digits and hyphens between dots. A number begins with 0 only in build
    /// metadata (`numeric`).
    private static func areIdentifiers(_ text: Substring.UTF8View, numeric: Bool) -> Bool {
        text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { identifier in
            !identifier.isEmpty && identifier.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
                && (numeric || number(identifier) != nil || !identifier.allSatisfy(isDigit))
        }
    }
}

func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }

func isLetterOrDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
    default: isDigit(byte)
    }
}
