package import Netlink

/// Who is called what on which network, and which container asks from where: all that the resolver knows.
package struct NameTable: Equatable, Sendable {
    package struct Network: Equatable, Sendable {
        package var subnets: [IPNetwork]
        /// By name in lower case.
        package var addresses: [String: [IPAddress]] = [:]
        /// What an address is called when it is asked for.
        package var names: [IPAddress: String] = [:]

        package init(subnets: [IPNetwork]) { self.subnets = subnets }
    }

    package struct Container: Equatable, Sendable {
        /// Whether other names are asked of servers outside.
        package var forwards: Bool
        /// Those to ask; the host's if there are none.
        package var servers: [IPAddress]
        /// In the order in which names are looked for.
        package var networks: [String]
        /// Its own names for others: each the name of another container.
        package var links: [String: String] = [:]

        package init(forwards: Bool, servers: [IPAddress], networks: [String]) {
            self.forwards = forwards
            self.servers = servers
            self.networks = networks
        }
    }

    package var networks: [String: Network] = [:]
    /// By identifier.
    package var containers: [String: Container] = [:]

    package init() {}

    /// Adds a container's names in a network. The first one is what its addresses are called.
    package mutating func add(_ names: [String], _ addresses: [IPAddress], in network: String) {
        guard let first = names.first else { return }
        for name in Set(names.map { $0.lowercased() }) {
            networks[network]?.addresses[name, default: []] += addresses
        }
        for address in addresses { networks[network]?.names[address] = first }
    }
}

// Lines of words, for the way between two processes of Brig. No word holds a blank: all were checked before.
extension NameTable {
    package var text: String {
        var lines: [String] = []
        for (name, network) in networks {
            lines.append((["network", name] + network.subnets.map(\.description)).joined(separator: " "))
            for (key, addresses) in network.addresses {
                lines.append((["name", name, key] + addresses.map(\.description)).joined(separator: " "))
            }
            for (address, key) in network.names { lines.append("address \(name) \(address) \(key)") }
        }
        for (id, container) in containers {
            let servers = container.servers.map(\.description).joined(separator: ",")
            lines.append(
                (["container", id, container.forwards ? "open" : "closed", servers.isEmpty ? "-" : servers]
                    + container.networks).joined(separator: " "))
            for (alias, target) in container.links { lines.append("link \(id) \(alias) \(target)") }
        }
        return lines.map { $0 + "\n" }.joined()
    }

    /// Reads what `text` writes; other lines are left out.
    package init(parsing text: String) {
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            guard words.count >= 2 else { continue }
            let rest = words.dropFirst(2)
            switch words[0] {
            case "network":
                networks[words[1], default: Network(subnets: [])].subnets = rest.compactMap { IPNetwork($0) }
            case "name":
                guard let name = rest.first else { continue }
                networks[words[1], default: Network(subnets: [])].addresses[name] =
                    rest.dropFirst().compactMap { IPAddress($0) }
            case "address":
                guard rest.count == 2, let address = IPAddress(words[2]) else { continue }
                networks[words[1], default: Network(subnets: [])].names[address] = words[3]
            case "container":
                guard rest.count >= 2 else { continue }
                var container = Container(
                    forwards: words[2] == "open",
                    servers: words[3].split(separator: ",").compactMap { IPAddress(String($0)) },
                    networks: Array(words.dropFirst(4)))
                container.links = containers[words[1]]?.links ?? [:]
                containers[words[1]] = container
            case "link":
                guard rest.count == 2 else { continue }
                containers[words[1], default: Container(forwards: false, servers: [], networks: [])]
                    .links[words[2]] = words[3]
            default: continue
            }
        }
    }
}

/// What the resolver does with a query.
package enum NameDecision: Equatable, Sendable {
    case answer(DomainAnswerCode, records: [[UInt8]])
    case forward
}

extension NameTable {
    /// Decides about a container's query.
    ///
    /// - Parameter turn: Grows with each query: who comes first among several addresses changes with it.
    package func decide(_ query: DomainQuery, from id: String, turn: Int) -> NameDecision {
        guard let container = containers[id] else { return .answer(.refused, records: []) }
        let elsewhere: NameDecision = container.forwards ? .forward : .answer(.failure, records: [])
        guard query.recordClass == 1 else { return elsewhere }
        if query.type == .ptr, let (bytes, _) = query.name.reversedAddress, let address = IPAddress(bytes: bytes) {
            for name in container.networks {
                guard let network = networks[name] else { continue }
                if let owner = network.names[address], let full = DomainName("\(owner).\(name)") {
                    return .answer(.success, records: [full.encoded])
                }
                // Nobody outside knows more about our own addresses.
                if network.subnets.contains(where: { $0.contains(address) }) {
                    return .answer(.noSuchName, records: [])
                }
            }
            return elsewhere
        }
        let text = query.name.text
        guard let addresses = place(of: text, for: container)?.addresses else { return elsewhere }
        // A name that is known has no other records: nobody outside is asked about it.
        guard query.type == .a || query.type == .aaaa else { return .answer(.success, records: []) }
        let fitting = addresses.filter { $0.isVersion4 == (query.type == .a) }
        guard !fitting.isEmpty else { return .answer(.success, records: []) }
        let first = abs(turn % fitting.count)
        return .answer(.success, records: (fitting[first...] + fitting[..<first]).map(\.bytes))
    }

    /// Where a name is known: the first of the container's networks that has it; `nil` if it is no container's.
    ///
    /// - Parameter text: In lower case.
    package func place(
        of text: String, for container: Container
    ) -> (network: String, name: String, addresses: [IPAddress])? {
        let wanted = container.links[text] ?? text
        for name in container.networks {
            guard let network = networks[name] else { continue }
            if let found = network.addresses[wanted] { return (name, wanted, found) }
            // `web.backend` is `web` of the network `backend`.
            let suffix = ".\(name.lowercased())"
            let short = String(wanted.dropLast(suffix.utf8.count))
            if wanted.hasSuffix(suffix), let found = network.addresses[short] { return (name, short, found) }
        }
        return nil
    }
}
