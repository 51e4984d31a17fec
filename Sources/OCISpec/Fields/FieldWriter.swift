/// Builds an object; what is absent or empty is left out.
package struct FieldWriter {
    private var object = JSONObject()

    package init() {}

    package var json: JSONValue { .object(object) }

    /// Writes a field that the specification requires.
    package mutating func put(_ name: String, _ value: some FieldValue) { object.append(name, value.json) }

    package mutating func optional(_ name: String, _ value: (some FieldValue)?) {
        if let value { put(name, value) }
    }

    package mutating func list(_ name: String, _ value: [some FieldValue]) {
        if !value.isEmpty { put(name, value) }
    }

    package mutating func map(_ name: String, _ value: OrderedMap<some FieldValue>) {
        if !value.isEmpty { put(name, value) }
    }

    package mutating func flag(_ name: String, _ value: Bool) {
        if value { put(name, value) }
    }
}
