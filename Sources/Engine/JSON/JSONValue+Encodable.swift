public import OCISpec

extension JSONValue {
    /// The value as a JSON document, members in the order in which the type encodes them.
    ///
    /// Foundation's encoder has no order of its own but the alphabet's, and Docker's objects have one that people know.
    ///
    /// - Parameter complete: Whether members that are `nil` are there: empty texts, numbers and flags, and else null. So
    ///   Go's templates see Docker's objects.
    public init(encoding value: some Encodable, complete: Bool = false) throws {
        let node = EncodedNode(isComplete: complete)
        try value.encode(to: NodeEncoder(node: node, codingPath: []))
        self = node.json
    }
}

/// A part of a document while it is being put together.
private final class EncodedNode {
    enum Content {
        case value(JSONValue)
        case object([(key: String, node: EncodedNode)])
        /// Keys that differ.
        case map([(key: String, node: EncodedNode)])
        case array([EncodedNode])
    }

    var content = Content.value(.null)
    /// Whether what is not set is shown.
    let isComplete: Bool

    init(isComplete: Bool) { self.isComplete = isComplete }

    var json: JSONValue {
        switch content {
        case .value(let value): return value
        case .array(let nodes): return .array(nodes.map(\.json))
        case .object(let members):
            var object = JSONObject()
            for (key, node) in members { object[key] = node.json }
            return .object(object)
        case .map(let members):
            var object = JSONObject()
            for (key, node) in members { object.append(key, node.json) }
            return .object(object)
        }
    }

    func becomeObject() {
        if case .object = content { return }
        content = .object([])
    }

    func becomeArray() {
        if case .array = content { return }
        content = .array([])
    }

    func member(_ key: String) -> EncodedNode {
        let node = EncodedNode(isComplete: isComplete)
        if case .object(var members) = content {
            content = .value(.null)
            members.append((key, node))
            content = .object(members)
        }
        return node
    }

    func element() -> EncodedNode {
        let node = EncodedNode(isComplete: isComplete)
        if case .array(var nodes) = content {
            content = .value(.null)
            nodes.append(node)
            content = .array(nodes)
        }
        return node
    }

    var count: Int {
        if case .array(let nodes) = content { nodes.count } else { 0 }
    }

    /// Sets a single value; documents and maps pass through whole.
    func set(_ value: some Encodable, _ path: [any CodingKey]) throws {
        switch value {
        case let known as JSONValue: content = .value(known)
        case let map as [String: String]:
            // A dictionary has no order: by name, so that equal objects are equal text.
            var object = JSONObject()
            for key in inOrder(Array(map.keys)) { object.append(key, .string(map[key] ?? "")) }
            content = .value(.object(object))
        case let map as any StringKeyedMap:
            content = .map(
                try map.sortedMembers.map { key, entry in
                    let node = EncodedNode(isComplete: isComplete)
                    try node.set(entry, path)
                    return (key, node)
                })
        default: try value.encode(to: NodeEncoder(node: self, codingPath: path))
        }
    }
}

/// Any dictionary by names: a member's place is its name's, as in Docker's objects, and not the hash's.
private protocol StringKeyedMap {
    var sortedMembers: [(key: String, value: any Encodable)] { get }
}

extension Dictionary: StringKeyedMap where Key == String, Value: Encodable {
    fileprivate var sortedMembers: [(key: String, value: any Encodable)] {
        inOrder(Array(keys)).compactMap { key in self[key].map { (key, $0) } }
    }
}

/// A function for one type: in the middle of generic code the library would sort by way of protocols, in forty times the time.
private func inOrder(_ keys: [String]) -> [String] { keys.sorted() }

private struct NodeEncoder: Encoder, SingleValueEncodingContainer {
    let node: EncodedNode
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        node.becomeObject()
        return KeyedEncodingContainer(ObjectEncoder<Key>(node: node, codingPath: codingPath))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        node.becomeArray()
        return ArrayEncoder(node: node, codingPath: codingPath)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }

    func encodeNil() { node.content = .value(.null) }
    func encode(_ value: Bool) { node.content = .value(.bool(value)) }
    func encode(_ value: String) { node.content = .value(.string(value)) }
    func encode(_ value: Double) { node.content = .value(.double(value)) }
    func encode(_ value: Float) { node.content = .value(.double(Double(value))) }
    func encode(_ value: Int) { node.content = .value(JSONValue(value)) }
    func encode(_ value: Int8) { node.content = .value(JSONValue(value)) }
    func encode(_ value: Int16) { node.content = .value(JSONValue(value)) }
    func encode(_ value: Int32) { node.content = .value(JSONValue(value)) }
    func encode(_ value: Int64) { node.content = .value(JSONValue(value)) }
    func encode(_ value: UInt) { node.content = .value(JSONValue(value)) }
    func encode(_ value: UInt8) { node.content = .value(JSONValue(value)) }
    func encode(_ value: UInt16) { node.content = .value(JSONValue(value)) }
    func encode(_ value: UInt32) { node.content = .value(JSONValue(value)) }
    func encode(_ value: UInt64) { node.content = .value(JSONValue(value)) }
    func encode(_ value: some Encodable) throws { try node.set(value, codingPath) }
}

private struct ObjectEncoder<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let node: EncodedNode
    let codingPath: [any CodingKey]

    func encodeNil(forKey key: Key) { node.member(key.stringValue).content = .value(.null) }
    func encode(_ value: Bool, forKey key: Key) { node.member(key.stringValue).content = .value(.bool(value)) }
    func encode(_ value: String, forKey key: Key) { node.member(key.stringValue).content = .value(.string(value)) }
    func encode(_ value: Int, forKey key: Key) { node.member(key.stringValue).content = .value(JSONValue(value)) }
    func encode(_ value: Int64, forKey key: Key) { node.member(key.stringValue).content = .value(JSONValue(value)) }
    func encode(_ value: some Encodable, forKey key: Key) throws {
        try node.member(key.stringValue).set(value, codingPath + [key])
    }

    func encodeIfPresent(_ value: Bool?, forKey key: Key) { encode(value, or: false, forKey: key) }
    func encodeIfPresent(_ value: String?, forKey key: Key) { encode(value, or: "", forKey: key) }
    func encodeIfPresent(_ value: Int?, forKey key: Key) { encode(value, or: 0, forKey: key) }
    func encodeIfPresent(_ value: Int64?, forKey key: Key) { encode(value, or: 0, forKey: key) }
    func encodeIfPresent<Value: Encodable>(_ value: Value?, forKey key: Key) throws {
        if let value { try encode(value, forKey: key) } else if node.isComplete { encodeNil(forKey: key) }
    }

    private func encode(_ value: Bool?, or unset: Bool, forKey key: Key) {
        if let value = value ?? (node.isComplete ? unset : nil) { encode(value, forKey: key) }
    }
    private func encode(_ value: String?, or unset: String, forKey key: Key) {
        if let value = value ?? (node.isComplete ? unset : nil) { encode(value, forKey: key) }
    }
    private func encode(_ value: Int?, or unset: Int, forKey key: Key) {
        if let value = value ?? (node.isComplete ? unset : nil) { encode(value, forKey: key) }
    }
    private func encode(_ value: Int64?, or unset: Int64, forKey key: Key) {
        if let value = value ?? (node.isComplete ? unset : nil) { encode(value, forKey: key) }
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        NodeEncoder(node: node.member(key.stringValue), codingPath: codingPath + [key]).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        NodeEncoder(node: node.member(key.stringValue), codingPath: codingPath + [key]).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { NodeEncoder(node: node.member("super"), codingPath: codingPath) }
    func superEncoder(forKey key: Key) -> any Encoder {
        NodeEncoder(node: node.member(key.stringValue), codingPath: codingPath + [key])
    }
}

private struct ArrayEncoder: UnkeyedEncodingContainer {
    let node: EncodedNode
    let codingPath: [any CodingKey]
    var count: Int { node.count }

    func encodeNil() { node.element().content = .value(.null) }
    func encode(_ value: some Encodable) throws { try node.element().set(value, codingPath) }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        NodeEncoder(node: node.element(), codingPath: codingPath).container(keyedBy: type)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        NodeEncoder(node: node.element(), codingPath: codingPath).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { NodeEncoder(node: node.element(), codingPath: codingPath) }
}

extension JSONValue: Encodable {
    /// For members that are documents already; this file's encoder takes them over whole.
    ///
    /// - Throws: `EncodingError` from any other encoder.
    public func encode(to encoder: any Encoder) throws {
        throw EncodingError.invalidValue(
            self, .init(codingPath: encoder.codingPath, debugDescription: "a document is encoded by itself alone"))
    }
}
