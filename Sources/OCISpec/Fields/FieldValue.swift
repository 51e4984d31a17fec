/// What a field of a document can be.
package protocol FieldValue {
    init(json: JSONValue) throws(SpecError)
    var json: JSONValue { get }
}

/// A field whose value is one of some names.
package protocol NamedValue: FieldValue, CaseIterable, RawRepresentable where RawValue == String {}

extension JSONValue: FieldValue {
    package init(json: JSONValue) { self = json }
    package var json: JSONValue { self }
}

extension String: FieldValue {
    /// Text that ends up in the kernel or in a file, where a NUL would cut it short.
    package init(json: JSONValue) throws(SpecError) {
        guard case .string(let text) = json else { throw json.isNot("a string") }
        guard !containsNUL(text) else { throw .field(path: "", problem: "contains a NUL character") }
        self = text
    }

    package var json: JSONValue { .string(self) }
}

extension Bool: FieldValue {
    package init(json: JSONValue) throws(SpecError) {
        guard case .bool(let bool) = json else { throw json.isNot("true or false") }
        self = bool
    }

    package var json: JSONValue { .bool(self) }
}

extension FieldValue where Self: FixedWidthInteger {
    package init(json: JSONValue) throws(SpecError) {
        let number: Self? =
            switch json {
            case .integer(let number): Self(exactly: number)
            case .unsigned(let number): Self(exactly: number)
            default: throw json.isNot(Self.isSigned ? "an integer" : "an unsigned integer")
            }
        guard let number else { throw json.isNot("an integer from \(Self.min) to \(Self.max)") }
        self = number
    }

    package var json: JSONValue { JSONValue(self) }
}

extension UInt64: FieldValue {}
extension UInt32: FieldValue {}
extension UInt16: FieldValue {}
extension Int64: FieldValue {}
extension Int32: FieldValue {}
extension Int: FieldValue {}

extension NamedValue {
    package init(json: JSONValue) throws(SpecError) {
        let text = try String(json: json)
        guard let value = Self(rawValue: text), sameBytes(value.rawValue, text) else {
            let names = Self.allCases.map(\.rawValue)
            throw json.isNot(names.count == 1 ? names[0] : "one of \(names.joined(separator: ", "))")
        }
        self = value
    }

    package var json: JSONValue { .string(rawValue) }
}

extension OrderedMap: FieldValue where Value: FieldValue {
    package init(json: JSONValue) throws(SpecError) {
        guard case .object(let object) = json else { throw json.isNot("an object") }
        var members: [Member] = []
        members.reserveCapacity(object.count)
        for member in object.members {
            do throws(SpecError) {
                guard !containsNUL(member.key) else {
                    throw .field(path: "", problem: "this name contains a NUL character")
                }
                members.append(Member(member.key, try Value(json: member.value)))
            } catch {
                throw error.inside("[\(quoted(member.key))]")
            }
        }
        self.init(distinct: members)
    }

    package var json: JSONValue {
        .object(JSONObject(distinct: members.map { JSONObject.Member($0.key, $0.value.json) }))
    }
}

extension Array: FieldValue where Element: FieldValue {
    package init(json: JSONValue) throws(SpecError) {
        guard case .array(let elements) = json else { throw json.isNot("an array") }
        self.init()
        reserveCapacity(elements.count)
        for (index, element) in elements.enumerated() {
            do {
                append(try Element(json: element))
            } catch {
                throw error.inside("[\(index)]")
            }
        }
    }

    package var json: JSONValue { .array(map(\.json)) }
}

extension JSONValue {
    /// The error that this value is not what was expected, such as "a string".
    package func isNot(_ expected: String) -> SpecError {
        .field(path: "", problem: "expected \(expected), found \(inError)")
    }

    private var inError: String {
        switch self {
        case .null: "null"
        case .bool(let bool): bool ? "true" : "false"
        case .integer(let number): String(number)
        case .unsigned(let number): String(number)
        case .double(let number): number.description
        case .string(let text): quoted(text)
        case .array: "an array"
        case .object: "an object"
        }
    }
}
