/// The variables that an instruction sees. Later settings of a name replace earlier ones.
public struct VariableLookup: Sendable, Equatable {
    public private(set) var values: [String: String]
    /// Which names were asked for, set or not.
    public private(set) var used: Set<String> = []
    /// Which names were asked for, were not set, and nothing was said for that case.
    private(set) var missing: Set<String> = []

    public init(_ values: [String: String] = [:]) { self.values = values }

    public mutating func set(_ name: String, _ value: String) { values[name] = value }
    public mutating func remove(_ name: String) { values[name] = nil }

    mutating func value(_ name: String) -> String? {
        used.insert(name)
        return values[name]
    }

    mutating func note(missing name: String) { missing.insert(name) }

    public subscript(name: String) -> String? { values[name] }
}
