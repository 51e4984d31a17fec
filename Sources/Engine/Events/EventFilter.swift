/// Which events are wanted. Filters of one kind are alternatives, filters of different kinds all hold.
public struct EventFilter: Equatable, Sendable {
    private var wanted: [String: [String]] = [:]

    public init() {}

    private static let keys: Set<String> = [
        "container", "image", "network", "volume", "event", "type", "label", "scope", "daemon",
    ]

    /// Adds Docker's `KEY=VALUE`.
    ///
    /// - Throws: `EngineError` of kind `invalidInput`.
    public mutating func add(_ text: String) throws(EngineError) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, Self.keys.contains(parts[0]) else {
            throw EngineError(.invalidInput, "invalid filter \(quotedForError(text))")
        }
        wanted[parts[0], default: []].append(parts[1])
    }

    func admits(_ event: Event) -> Bool {
        wanted.allSatisfy { key, values in values.contains { holds(key, $0, event) } }
    }

    private func holds(_ key: String, _ value: String, _ event: Event) -> Bool {
        switch key {
        case "type": return event.kind.rawValue == value
        // `exec_create: ls` is an `exec_create`.
        case "event": return event.action == value || event.action.hasPrefix(value + ":")
        case "label":
            let parts = value.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard let own = event.attributes[parts[0]] else { return false }
            return parts.count == 1 || own == parts[1]
        case "scope": return value == "local"
        case "daemon": return event.kind == .daemon
        case "image":
            guard event.kind == .image || event.kind == .container else { return false }
            let names = event.kind == .image ? [event.actor, event.attributes["name"]] : [event.attributes["image"]]
            return names.contains { name in
                guard let name else { return false }
                return name == value || name == "\(value):latest" || name.prefix(while: { $0 != ":" }) == value
            }
        default:
            if event.kind.rawValue != key { return event.attributes[key] == value }
            return event.attributes["name"] == value || (!value.isEmpty && event.actor.hasPrefix(value))
        }
    }
}
