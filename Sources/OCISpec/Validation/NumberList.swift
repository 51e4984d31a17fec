/// CPUs or memory nodes, written as in `0-3,7` (cpuset(7), list format).
public struct NumberList: Equatable, Sendable {
    /// In the order of the text; they may overlap.
    public let ranges: [ClosedRange<Int>]

    /// Far above what any kernel is built for, and small enough for a bit mask.
    public static let largestNumber = 65535

    /// - Throws: ``SpecError/field(path:problem:)`` with an empty path.
    public init(_ text: String) throws(SpecError) {
        var ranges: [ClosedRange<Int>] = []
        for item in text.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            let ends = item.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false).map(Self.number)
            guard let first = ends[0], let last = ends[ends.count - 1], ends.count <= 2, first <= last else {
                throw .field(path: "", problem: "\(quoted(text)) is not a list such as 0-3,7")
            }
            guard last <= Self.largestNumber else {
                throw .field(path: "", problem: "\(last) in \(quoted(text)) is above \(Self.largestNumber)")
            }
            ranges.append(first...last)
        }
        self.ranges = ranges
    }

    private static func number(_ digits: Substring.UTF8View) -> Int? {
        digits.allSatisfy(isDigit) ? Int(Substring(digits)) : nil
    }
}

func requireNumberList(_ text: String?, _ field: @autoclosure () -> String) throws(SpecError) {
    guard let text else { return }
    do {
        _ = try NumberList(text)
    } catch {
        throw error.inside(field())
    }
}
