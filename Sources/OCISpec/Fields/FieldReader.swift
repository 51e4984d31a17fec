/// Reads the fields of one object. Fields that are not asked for are ignored, as the specifications demand; null is
/// taken as absent.
package struct FieldReader {
    private let object: JSONObject

    package init(_ json: JSONValue) throws(SpecError) {
        guard case .object(let object) = json else { throw json.isNot("an object") }
        self.object = object
    }

    /// The raw value of a field, nil if it is absent or null.
    package func value(_ name: String) -> JSONValue? {
        // A name of ours is ASCII: nothing that equals it but differs in bytes has the same length.
        guard let member = object.members.first(where: { $0.key == name && $0.key.utf8.count == name.utf8.count }),
            member.value != .null
        else { return nil }
        return member.value
    }

    package func optional<Value: FieldValue>(_ name: String) throws(SpecError) -> Value? {
        guard let json = value(name) else { return nil }
        do {
            return try Value(json: json)
        } catch {
            throw error.inside(name)
        }
    }

    package func required<Value: FieldValue>(_ name: String) throws(SpecError) -> Value {
        guard let value: Value = try optional(name) else { throw .field(path: name, problem: "missing") }
        return value
    }

    /// A text or one of some names, where the empty string is as good as absent: Go programs, runc among them, cannot
    /// tell the two apart.
    package func text<Value: FieldValue>(_ name: String) throws(SpecError) -> Value? {
        if case .string("")? = value(name) { return nil }
        return try optional(name)
    }

    package func list<Value: FieldValue>(_ name: String) throws(SpecError) -> [Value] { try optional(name) ?? [] }

    package func map<Value: FieldValue>(_ name: String) throws(SpecError) -> OrderedMap<Value> {
        try optional(name) ?? OrderedMap()
    }

    package func flag(_ name: String) throws(SpecError) -> Bool { try optional(name) ?? false }
}
