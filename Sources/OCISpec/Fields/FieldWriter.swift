/// Builds an object; what is absent or empty is left out.
struct FieldWriter {
    private var object = JSONObject()

    var json: JSONValue { .object(object) }

    /// Writes a field that the specification requires.
    mutating func put(_ name: String, _ value: some FieldValue) { object.append(name, value.json) }

    mutating func optional(_ name: String, _ value: (some FieldValue)?) {
        if let value { put(name, value) }
    }

    mutating func list(_ name: String, _ value: [some FieldValue]) {
        if !value.isEmpty { put(name, value) }
    }

    mutating func map(_ name: String, _ value: OrderedMap<some FieldValue>) {
        if !value.isEmpty { put(name, value) }
    }

    mutating func flag(_ name: String, _ value: Bool) {
        if value { put(name, value) }
    }
}
