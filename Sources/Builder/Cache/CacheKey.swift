internal import OCISpec

/// Everything that a step's result depends on, name by name, and the digest of it.
struct CacheKey: Sendable {
    private var entries: [(name: String, value: Value)] = []
    private var hash = FieldHash()

    private enum Value {
        case shown(String)
        /// Only the digest is remembered. It takes a while, and mostly nobody asks for it.
        case hidden([UInt8])
    }

    /// Takes in a value that is shown as it is when it makes a difference.
    mutating func add(_ name: String, _ value: String) {
        entries.append((name, .shown(value)))
        hash.take(name, value)
    }

    /// Takes in a value of which only the digest is remembered: it is long, or not for everybody.
    mutating func addHidden(_ name: String, _ value: String) { add(name, Array(value.utf8)) }

    mutating func add(_ name: String, _ value: [UInt8]) {
        entries.append((name, .hidden(value)))
        hash.take(name, value)
    }

    var digest: String { hash.digest }

    /// What is remembered of the key.
    var fields: [(name: String, value: String)] {
        entries.map { name, value in
            switch value {
            case .shown(let text): (name, text)
            case .hidden(let bytes): (name, "#" + String(SHA256Hash.digest(of: bytes).hex.prefix(16)))
            }
        }
    }

    /// What is different from an earlier key's fields, in words.
    func difference(from old: [(name: String, value: String)]) -> String? {
        let before = Dictionary(old.map { ($0.name, $0.value) }) { first, _ in first }
        let fields = fields
        let now = Dictionary(fields.map { ($0.name, $0.value) }) { first, _ in first }
        for (name, value) in fields {
            guard let other = before[name] else { return "\(name) is new" }
            if other != value {
                let isShown = !value.hasPrefix("#") && value.utf8.count + other.utf8.count < 120
                return isShown ? "\(name) is \(value), was \(other)" : "\(name) has changed"
            }
        }
        return old.first { now[$0.name] == nil }.map { "\($0.name) is gone" }
    }
}

/// The digest of names and values.
struct FieldHash: Sendable {
    private var hash = SHA256Hash()

    /// Lengths go before the bytes, so that no two lists of fields are one sequence of bytes.
    private mutating func begin(_ name: String, _ count: Int) {
        var start = "\(name.utf8.count) \(count)\n\(name)\n"
        start.withUTF8 { hash.update(UnsafeRawBufferPointer($0)) }
    }

    mutating func take(_ name: String, _ value: [UInt8]) {
        begin(name, value.count)
        value.withUnsafeBytes { hash.update($0) }
    }

    mutating func take(_ name: String, _ value: String) {
        begin(name, value.utf8.count)
        var value = value
        value.withUTF8 { hash.update(UnsafeRawBufferPointer($0)) }
    }

    /// In hexadecimal digits.
    var digest: String { hash.finish().hex }
}
