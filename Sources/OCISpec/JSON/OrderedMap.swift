/// A JSON object: values under names, in the order of the document.
///
/// Names are compared byte for byte. Swift's `String` takes different spellings of a character for equal (U+212A, the
/// Kelvin sign, equals `K`), and a dictionary does the same: a key could then be taken for one that it is not.
/// Looking up is a linear scan: the objects of a configuration are small.
public struct OrderedMap<Value> {
    public private(set) var members: [Member]

    public struct Member {
        public let key: String
        public var value: Value

        public init(_ key: String, _ value: Value) {
            self.key = key
            self.value = value
        }
    }

    public init() { members = [] }

    /// For members whose keys are known to differ.
    init(distinct members: [Member]) { self.members = members }

    /// The value under `key`. Setting a new key appends it, setting `nil` removes it.
    public subscript(key: String) -> Value? {
        get { members.first { sameBytes($0.key, key) }?.value }
        set {
            let index = members.firstIndex { sameBytes($0.key, key) }
            switch (index, newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append(Member(key, value))
            case (nil, nil): break
            }
        }
    }

    /// Adds a member whose key is known to be new.
    mutating func append(_ key: String, _ value: Value) { members.append(Member(key, value)) }
}

extension OrderedMap: RandomAccessCollection {
    public var startIndex: Int { 0 }
    public var endIndex: Int { members.count }
    public subscript(position: Int) -> (key: String, value: Value) {
        (members[position].key, members[position].value)
    }
}

extension OrderedMap: ExpressibleByDictionaryLiteral {
    /// Of equal keys the last one counts.
    public init(dictionaryLiteral elements: (String, Value)...) {
        self.init()
        for (key, value) in elements { self[key] = value }
    }
}

extension OrderedMap.Member: Equatable where Value: Equatable {}
extension OrderedMap.Member: Sendable where Value: Sendable {}
extension OrderedMap: Equatable where Value: Equatable {}
extension OrderedMap: Sendable where Value: Sendable {}

/// Whether two strings are the same bytes, where `==` would also accept other spellings of the same characters.
func sameBytes(_ one: String, _ other: String) -> Bool { one == other && one.utf8.elementsEqual(other.utf8) }

/// Whether a C program would see only a part of this text.
func containsNUL(_ text: String) -> Bool {
    var text = text
    return text.withUTF8 { $0.contains(0) }
}
