internal import LinuxKernel

/// Which networks a list holds. Filters of one kind are alternatives but for labels, filters of different kinds all hold.
public struct NetworkFilter: Equatable, Sendable {
    private var drivers: [String] = []
    private var ids: [String] = []
    private var names: [String] = []
    private var labels: [String] = []
    private var absentLabels: [String] = []
    private var scopes: [String] = []
    private var types: [String] = []
    private var dangling: Bool?
    /// Made before this time.
    private var until: Timestamp?

    /// Lets every network pass.
    public init() {}

    /// Adds Docker's `KEY=VALUE`.
    ///
    /// - Parameter time: Reads a time, or how long ago, as seconds since 1970.
    /// - Throws: `EngineError` of kind `invalidInput`.
    public mutating func add(_ text: String, time: (String) throws -> Int64 = { _ in 0 }) throws {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else {
            throw EngineError(.invalidInput, "invalid filter \(quotedForError(text)): write KEY=VALUE")
        }
        let value = parts[1]
        switch parts[0] {
        case "driver": drivers.append(value)
        case "id": ids.append(value)
        case "name": names.append(value)
        case "label": labels.append(value)
        case "label!": absentLabels.append(value)
        case "scope": scopes.append(value)
        case "until": until = Timestamp(seconds: try time(value))
        case "type":
            guard ["custom", "builtin"].contains(value) else {
                throw EngineError(.invalidInput, "invalid filter type=\(quotedForError(value))")
            }
            types.append(value)
        case "dangling":
            guard let wanted = ["true": true, "1": true, "false": false, "0": false][value] else {
                throw EngineError(.invalidInput, "invalid filter dangling=\(quotedForError(value))")
            }
            dangling = wanted
        default: throw EngineError(.invalidInput, "invalid filter \(quotedForError(parts[0]))")
        }
    }

    func admits(_ network: NetworkRecord, isUsed: Bool) -> Bool {
        func any(_ values: [String], _ holds: (String) -> Bool) -> Bool {
            values.isEmpty || values.contains(where: holds)
        }
        func has(_ label: String) -> Bool {
            let parts = label.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard let value = network.settings.labels[parts[0]] else { return false }
            return parts.count < 2 || value == parts[1]
        }
        return any(drivers) { $0 == network.driver.rawValue } && any(ids) { network.id.text.contains($0) }
            && any(names) { network.name.text.contains($0) } && labels.allSatisfy(has)
            && !absentLabels.contains(where: has) && any(scopes) { $0 == "local" }
            && any(types) { $0 == (network.name.isPredefined ? "builtin" : "custom") }
            && (dangling.map { $0 == (!isUsed && !network.name.isPredefined) } ?? true)
            && (until.map { network.created.seconds < $0.seconds } ?? true)
    }
}

extension Engine {
    /// Removes the networks that no container, running or not, is to be in.
    ///
    /// - Returns: Their names.
    public func pruneNetworks(_ filter: NetworkFilter = .init()) throws(EngineError) -> [String] {
        var removed: [String] = []
        let used = try store.usedNetworks()
        for network in try store.networks() {
            guard !network.name.isPredefined, !used.contains(network.name.text),
                filter.admits(network, isUsed: false)
            else { continue }
            try removeNetwork(network.id.text)
            removed.append(network.name.text)
        }
        recordPrune(.network, reclaimed: 0)
        return removed
    }
}
