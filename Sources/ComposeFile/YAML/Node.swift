/// Where a value stands: a file as it was named, and a line counted from 1.
public struct Mark: Hashable, Sendable, CustomStringConvertible {
    public let file: String
    public let line: Int

    public init(file: String, line: Int) {
        self.file = file
        self.line = line
    }

    public var description: String { "\(file):\(line)" }
}

/// A value of a compose file with its place. Two are equal if their values are, wherever they stand.
public struct Node: Equatable, Sendable {
    public enum Value: Equatable, Sendable {
        case null
        /// A scalar as it was written; a plain one may still mean a number or a truth value.
        case text(String, isPlain: Bool)
        case bool(Bool)
        case integer(Int64)
        case number(Double)
        case list([Node])
        case map(NodeMap)
    }

    /// What a tag says about merging (`!reset`, `!override`).
    enum Directive: Equatable, Sendable { case reset, override }

    public var value: Value
    public var mark: Mark
    var directive: Directive?

    init(_ value: Value, at mark: Mark, directive: Directive? = nil) {
        self.value = value
        self.mark = mark
        self.directive = directive
    }

    public static func == (one: Node, other: Node) -> Bool { one.value == other.value }

    /// A quoted text at the place of another node.
    static func text(_ text: String, at mark: Mark) -> Node { Node(.text(text, isPlain: false), at: mark) }

    public var map: NodeMap? {
        if case .map(let map) = value { return map }
        return nil
    }

    public var list: [Node]? {
        if case .list(let list) = value { return list }
        return nil
    }

    public var isNull: Bool { value == .null }

    /// A scalar's text as it would be written; `nil` for null, lists and maps.
    public var text: String? {
        switch value {
        case .text(let text, _): text
        case .bool(let value): value ? "true" : "false"
        case .integer(let value): String(value)
        case .number(let value): numberText(value)
        case .null, .list, .map: nil
        }
    }

    // Never inlined: Swift 6.3's optimiser loses count of the value's owners where it is, and gives up.
    @inline(never)
    public var integer: Int64? {
        if case .integer(let value) = value { return value }
        return nil
    }

    @inline(never)
    public var bool: Bool? {
        if case .bool(let value) = value { return value }
        return nil
    }

    @inline(never)
    public var number: Double? {
        switch value {
        case .number(let value): value
        case .integer(let value): Double(value)
        default: nil
        }
    }

    public subscript(_ key: String) -> Node? { map?[key] }

    /// The word for the kind of value in messages.
    var kind: String {
        switch value {
        case .null: "nothing"
        case .text: "text"
        case .bool: "a truth value"
        case .integer, .number: "a number"
        case .list: "a list"
        case .map: "a mapping"
        }
    }
}

/// A number without a fraction that it does not have.
func numberText(_ value: Double) -> String {
    if let whole = Int64(exactly: value) { return String(whole) }
    return String(value)
}

/// A mapping that keeps the order of the file.
public struct NodeMap: Equatable, Sendable {
    struct Entry: Sendable {
        var node: Node
        /// Where the key stands.
        var mark: Mark
    }

    public private(set) var keys: [String] = []
    private var entries: [String: Entry] = [:]

    public init() {}

    public static func == (one: NodeMap, other: NodeMap) -> Bool {
        one.entries.count == other.entries.count && one.entries.allSatisfy { other.entries[$0]?.node == $1.node }
    }

    public var isEmpty: Bool { keys.isEmpty }

    public subscript(_ key: String) -> Node? { entries[key]?.node }

    /// Where the key stands.
    public func mark(of key: String) -> Mark? { entries[key]?.mark }

    mutating func set(_ key: String, _ node: Node, at mark: Mark? = nil) {
        if let old = entries[key] {
            entries[key] = Entry(node: node, mark: mark ?? old.mark)
        } else {
            keys.append(key)
            entries[key] = Entry(node: node, mark: mark ?? node.mark)
        }
    }

    mutating func remove(_ key: String) {
        if entries.removeValue(forKey: key) != nil { keys.removeAll { $0 == key } }
    }

    public var pairs: [(key: String, node: Node)] { keys.compactMap { key in self[key].map { (key, $0) } } }
}
