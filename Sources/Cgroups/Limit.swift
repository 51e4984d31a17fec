/// An upper bound in the unit of its file, or none.
public struct Limit: Hashable, Sendable, CustomStringConvertible {
    /// Bytes, microseconds or a count; `nil` is no limit.
    public let amount: UInt64?

    /// A limit in the unit of its file.
    public init(_ amount: UInt64) { self.amount = amount }

    /// As the runtime-spec has it: below zero is no limit.
    public init(spec: Int64) { amount = UInt64(exactly: spec) }

    private init() { amount = nil }

    /// `max` on v2, -1 or a number beyond all use on v1.
    public static let unlimited = Limit()

    /// For v2's files: `max` or the number.
    public var unifiedText: String { amount.map { String($0) } ?? "max" }

    /// For v1's files: `-1` or the number.
    public var legacyText: String { amount.map { String($0) } ?? "-1" }

    public var description: String { unifiedText }
}

extension Limit {
    static func < (left: Limit, right: Limit) -> Bool {
        guard let left = left.amount else { return false }
        return right.amount.map { left < $0 } ?? true
    }
}
