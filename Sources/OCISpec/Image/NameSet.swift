/// Names that a document holds as the keys of an object, with empty objects as values, as Go writes its
/// `map[string]struct{}`.
public struct NameSet: Equatable, Sendable, ExpressibleByArrayLiteral {
    /// In the order of the document, each once.
    public let names: [String]

    public init(arrayLiteral names: String...) { self.init(names) }

    public init(_ names: [String]) {
        var seen: Set<NameBytes> = []
        self.names = names.filter { seen.insert(NameBytes(text: $0)).inserted }
    }
}

extension NameSet: FieldValue {
    public init(json: JSONValue) throws(SpecError) {
        // The values hold nothing, whatever they are.
        names = try OrderedMap<JSONValue>(json: json).members.map(\.key)
    }

    public var json: JSONValue {
        .object(JSONObject(distinct: names.map { JSONObject.Member($0, .object(JSONObject())) }))
    }
}
