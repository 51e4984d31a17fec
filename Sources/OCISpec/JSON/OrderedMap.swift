/// A JSON object: values under names, in the order of the document.
///
/// Names are compared byte for byte. Swift's `String` takes different spellings of a character for equal (U+212A, the
/// Kelvin sign, equals `K`), and a dictionary does the same: a key could then be taken for one that it is not.
/// Looking up is a linear scan: the objects of a configuration are small.
public struct OrderedMap<Value> {
    @usableFromInline var storage: [Member]

    /// In the order of the document.
    @inlinable public var members: [Member] { storage }

    /// One key with its value.
    public struct Member {
        /// Unique in its map.
        public let key: String
        /// What stands at the key.
        public var value: Value

        @inlinable public init(_ key: String, _ value: Value) {
            self.key = key
            self.value = value
        }
    }

    @inlinable public init() { storage = [] }

    /// For members whose keys are known to differ.
    init(distinct members: [Member]) { storage = members }

    /// Where the member of that key is.
    @inlinable func position(of key: String) -> Int? {
        for index in 0..<storage.count where sameBytes(storage[index].key, key) { return index }
        return nil
    }

    /// The value under `key`. Setting a new key appends it, setting `nil` removes it.
    ///
    /// Inlined, as generic code has the runtime make its types anew at every start.
    @inlinable public subscript(key: String) -> Value? {
        get {
            guard let index = position(of: key) else { return nil }
            return storage[index].value
        }
        set {
            guard let value = newValue else {
                if let index = position(of: key) { storage.remove(at: index) }
                return
            }
            if let index = position(of: key) {
                storage[index].value = value
            } else {
                storage.append(Member(key, value))
            }
        }
    }

    /// Adds a member whose key is known to be new.
    public mutating func append(_ key: String, _ value: Value) { storage.append(Member(key, value)) }
}

extension OrderedMap: RandomAccessCollection {
    /// The first member's position.
    @inlinable public var startIndex: Int { 0 }
    /// The position behind the last member.
    @inlinable public var endIndex: Int { storage.count }
    /// The member at a position of this map.
    @inlinable public subscript(position: Int) -> (key: String, value: Value) {
        (storage[position].key, storage[position].value)
    }
}

extension OrderedMap: ExpressibleByDictionaryLiteral {
    /// Of equal keys the last one counts.
    @inlinable public init(dictionaryLiteral elements: (String, Value)...) {
        self.init()
        storage.reserveCapacity(elements.count)
        for (key, value) in elements { self[key] = value }
    }
}

extension OrderedMap.Member: Equatable where Value: Equatable {}
extension OrderedMap.Member: Sendable where Value: Sendable {}
extension OrderedMap: Equatable where Value: Equatable {}
extension OrderedMap: Sendable where Value: Sendable {}

/// Whether two strings are the same bytes, where `==` would also accept other spellings of the same characters.
@usableFromInline func sameBytes(_ one: String, _ other: String) -> Bool {
    one == other && one.utf8.elementsEqual(other.utf8)
}

/// Whether a C program would see only a part of this text.
func containsNUL(_ text: String) -> Bool {
    var text = text
    return text.withUTF8 { $0.contains(0) }
}
