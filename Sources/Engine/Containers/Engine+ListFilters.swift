internal import Networking

/// `PORT[-PORT][/PROTOCOL]` of `ps --filter publish=` and `expose=`; tcp unless it says otherwise.
public struct PortPattern: Equatable, Sendable {
    let ports: ClosedRange<UInt16>
    let type: String

    /// - Throws: `EngineError` of kind `invalidInput`.
    init(_ text: String) throws(EngineError) {
        let halves = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let ends = halves[0].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false).map { UInt16($0) }
        guard let first = ends[0], let last = ends.count == 2 ? ends[1] : first, first <= last,
            halves.count == 1 || ["tcp", "udp", "sctp"].contains(halves[1])
        else { throw EngineError(.invalidInput, "invalid port in a filter: \(quotedForError(text))") }
        ports = first...last
        type = halves.count == 2 ? halves[1] : "tcp"
    }
}

extension ContainerFilter {
    var asksForPorts: Bool { !published.isEmpty || !exposed.isEmpty }

    /// As in Docker, `publish` is about the host's ports, `expose` about the container's, and one of either is enough.
    func admits(ports: [ContainerSummary.Port]) -> Bool {
        guard asksForPorts else { return true }
        return ports.contains { port in
            published.contains { port.publicPort != 0 && $0.ports.contains(port.publicPort) && $0.type == port.type }
                || exposed.contains { $0.ports.contains(port.privatePort) && $0.type == port.type }
        }
    }
}

extension Engine {
    /// A command line as lists show it: as in Docker, words with spaces are in quotes, but for the program.
    static func shownCommand(_ words: [String]) -> String {
        guard let program = words.first else { return "" }
        return ([program] + words.dropFirst().map { $0.contains(" ") ? "'\($0)'" : $0 }).joined(separator: " ")
    }

    /// The published ports, and before them those that only other containers reach.
    static func ports(_ published: [PublishedPort], _ exposed: [String]) -> [ContainerSummary.Port] {
        let shown = published.map(ContainerSummary.Port.init)
        let others = exposed.compactMap { text -> ContainerSummary.Port? in
            let halves = text.split(separator: "/", maxSplits: 1).map(String.init)
            guard let number = halves.first.flatMap({ UInt16($0) }) else { return nil }
            let type = halves.count == 2 ? halves[1] : "tcp"
            guard !shown.contains(where: { $0.privatePort == number && $0.type == type }) else { return nil }
            return ContainerSummary.Port(ip: "", privatePort: number, publicPort: 0, type: type)
        }
        return others + shown
    }

    /// The names of networks, which may be said by their identifiers. What nobody has made is in no container.
    func networkNames(_ references: [String]) throws(EngineError) -> [String]? {
        guard !references.isEmpty else { return nil }
        let all = try store.networks()
        return references.map { text in
            all.first { $0.name.text == text || (text.count >= 12 && $0.id.text.hasPrefix(text)) }?.name.text ?? text
        }
    }

    /// Whether the container has one of the volumes, and is to be in one of the networks.
    func admits(
        _ record: ContainerRecord, _ volumes: [String], _ networks: [String]?
    ) throws(EngineError) -> Bool {
        if !volumes.isEmpty {
            let mounts = try store.mounts(of: record.id)
            guard mounts.contains(where: { volumes.contains($0.source) || volumes.contains($0.destination) }) else {
                return false
            }
        }
        guard let networks else { return true }
        return try networkNames(of: record).contains(where: networks.contains)
    }

    /// The networks that a container is, or is to be, in.
    func networkNames(of record: ContainerRecord) throws(EngineError) -> [String] {
        let names = try store.connections(of: record.id).map(\.network)
        return names.isEmpty ? [try store.configurations(of: record.id).1.networkMode] : names
    }
}
