/// What an argument of a call is compared with. All values are unsigned, as the kernel hands them over.
public struct Condition: Hashable, Sendable {
    /// How an argument is compared, by the runtime-spec's names.
    public enum Comparison: UInt8, CaseIterable, Sendable {
        case notEqual, less, lessOrEqual, equal, greaterOrEqual, greater
        /// The argument's bits in `value` are those of `valueTwo`.
        case maskedEqual
    }

    /// Which argument: 0…5.
    public let index: UInt8
    /// How the argument is compared.
    public let comparison: Comparison
    /// What is compared with; the mask of `maskedEqual`.
    public let value: UInt64
    /// The bits that `maskedEqual` wants; unused by the others.
    public let valueTwo: UInt64

    /// - Throws: `argumentIndex` above 5.
    public init(
        index: UInt32, _ comparison: Comparison, _ value: UInt64, _ valueTwo: UInt64 = 0
    ) throws(ProfileError) {
        guard index < 6 else { throw .argumentIndex(index) }
        self.init(UInt8(index), comparison, value, valueTwo)
    }

    /// For our own tables, where the index is a literal.
    init(_ index: UInt8, _ comparison: Comparison, _ value: UInt64, _ valueTwo: UInt64 = 0) {
        precondition(index < 6)
        self.index = index
        self.comparison = comparison
        self.value = value
        self.valueTwo = comparison == .maskedEqual ? valueTwo : 0
    }

    /// Whether it holds for this argument.
    public func holds(_ argument: UInt64) -> Bool {
        switch comparison {
        case .notEqual: argument != value
        case .less: argument < value
        case .lessOrEqual: argument <= value
        case .equal: argument == value
        case .greaterOrEqual: argument >= value
        case .greater: argument > value
        case .maskedEqual: argument & value == valueTwo
        }
    }
}

extension Condition.Comparison {
    /// The runtime-spec's name, such as `SCMP_CMP_MASKED_EQ`.
    public var specName: String {
        switch self {
        case .notEqual: "SCMP_CMP_NE"
        case .less: "SCMP_CMP_LT"
        case .lessOrEqual: "SCMP_CMP_LE"
        case .equal: "SCMP_CMP_EQ"
        case .greaterOrEqual: "SCMP_CMP_GE"
        case .greater: "SCMP_CMP_GT"
        case .maskedEqual: "SCMP_CMP_MASKED_EQ"
        }
    }

    /// The comparison with this name of the runtime-spec.
    ///
    /// - Throws: `unknownComparison`.
    public init(specName: String) throws(ProfileError) {
        guard let found = Self.allCases.first(where: { $0.specName == specName }) else {
            throw .unknownComparison(specName)
        }
        self = found
    }
}
