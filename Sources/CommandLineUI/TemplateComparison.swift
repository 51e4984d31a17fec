internal import OCISpec

/// `eq`, `lt` and the like: values of different kinds are not compared.
enum TemplateComparison {
    private static let differentKinds = TemplateError("incompatible types for comparison")

    /// Whether the first is one of the others.
    static func equals(_ first: TemplateValue, _ others: [TemplateValue]) throws(TemplateError) -> Bool {
        guard !others.isEmpty else { throw TemplateError("missing argument for comparison") }
        for other in others {
            if try equal(first, other) { return true }
        }
        return false
    }

    private static func equal(_ one: TemplateValue, _ other: TemplateValue) throws(TemplateError) -> Bool {
        if let sign = integers(one, other) { return sign == 0 }
        switch (one.json, other.json) {
        case _ where one.kind == .nothing || other.kind == .nothing: return one.isNil && other.isNil
        case (.bool(let left), .bool(let right)) where isBasic(one, other): return left == right
        case (.double(let left), .double(let right)): return left == right
        case (.string(let left), .string(let right)): return left == right
        case (.null, .null): return true
        case (.array, .array), (.object, .object), (.array, .null), (.null, .array), (.object, .null), (.null, .object):
            if one.isNil || other.isNil { return false }
            throw TemplateError("non-comparable type \(one.shown): \(one.typeName)")
        default: throw differentKinds
        }
    }

    /// - Parameter name: `lt`, `le`, `gt` or `ge`.
    static func orders(_ name: String, _ one: TemplateValue, _ other: TemplateValue) throws(TemplateError) -> Bool {
        let sign: Int
        if let order = integers(one, other) {
            sign = order
        } else {
            switch (one.json, other.json) {
            case (.double(let left), .double(let right)): sign = left < right ? -1 : left > right ? 1 : 0
            case (.string(let left), .string(let right)):
                sign = left == right ? 0 : left.utf8.lexicographicallyPrecedes(right.utf8) ? -1 : 1
            case (.array, _), (.object, _), (.null, _), (_, .array), (_, .object), (_, .null), (.bool, .bool):
                throw TemplateError("invalid type for comparison")
            default: throw differentKinds
            }
        }
        switch name {
        case "lt": return sign < 0
        case "le": return sign <= 0
        case "gt": return sign > 0
        default: return sign >= 0
        }
    }

    private static func isBasic(_ one: TemplateValue, _ other: TemplateValue) -> Bool {
        one.kind != .pointer && other.kind != .pointer
    }

    /// The order of two integers, signed or not.
    private static func integers(_ one: TemplateValue, _ other: TemplateValue) -> Int? {
        guard isBasic(one, other) else { return nil }
        switch (one.json, other.json) {
        case (.integer(let left), .integer(let right)): return left < right ? -1 : left > right ? 1 : 0
        case (.unsigned(let left), .unsigned(let right)): return left < right ? -1 : left > right ? 1 : 0
        case (.integer, .unsigned): return -1
        case (.unsigned, .integer): return 1
        default: return nil
        }
    }
}
