internal import OCISpec

/// Everything that a step's result depends on, name by name, and the digest of it.
struct CacheKey: Sendable {
    private(set) var fields: [(name: String, value: String)] = []
    private var hash = SHA256Hash()

    /// Takes in a value that is shown as it is when it makes a difference.
    mutating func add(_ name: String, _ value: String) {
        fields.append((name, value))
        take(name, Array(value.utf8))
    }

    /// Takes in a value of which only the digest is remembered: it is long, or not for everybody.
    mutating func addHidden(_ name: String, _ value: String) {
        fields.append((name, "#" + String(SHA256Hash.digest(of: Array(value.utf8)).hex.prefix(16))))
        take(name, Array(value.utf8))
    }

    mutating func add(_ name: String, _ value: [UInt8]) {
        fields.append((name, "#" + String(SHA256Hash.digest(of: value).hex.prefix(16))))
        take(name, value)
    }

    /// Lengths go before the bytes, so that no two lists of fields are one sequence of bytes.
    private mutating func take(_ name: String, _ value: [UInt8]) {
        let bytes = Array("\(name.utf8.count) \(value.count)\n\(name)\n".utf8) + value
        bytes.withUnsafeBytes { hash.update($0) }
    }

    var digest: String { hash.finish().hex }

    /// What is different from an earlier key's fields, in words.
    func difference(from old: [(name: String, value: String)]) -> String? {
        let before = Dictionary(old.map { ($0.name, $0.value) }) { first, _ in first }
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
