package import LinuxKernel
package import Netlink

/// One nf_tables table of our own in the caller's network namespace.
///
/// Each change is one transaction: packets meet the rules as they were before or as they are afterwards. Tables of others
/// are never touched.
package struct Firewall: ~Copyable {
    private let name: RuleName
    var socket: RuleSocket

    /// - Parameter name: Of the table; each engine on a host has its own.
    package init(table name: RuleName) throws(NetworkingError) {
        self.name = name
        do throws(NetlinkError) {
            socket = try RuleSocket()
        } catch {
            throw .netlink("open the firewall", error)
        }
    }

    /// Its socket, to be closed when there is time to wait (`RuleSocket.intoDescriptor`).
    package consuming func intoDescriptor() -> OwnedDescriptor { socket.intoDescriptor() }

    /// Puts the whole table in the place of whatever has its name.
    package mutating func install(_ state: FirewallState) throws(NetworkingError) {
        var transaction = RuleTransaction(.inet, name)
        transaction.replace(with: FirewallRules.table(name))
        Self.add(state, to: &transaction)
        try commit(transaction, "install the rules of table \(name)")
        forgetStaleConnections(state.ports)
    }

    /// Adds networks and ports.
    ///
    /// - Throws: `NetworkingError.netlink` with `ENOENT` if the table is not there, whole or in part; `EEXIST` if a port is
    ///   taken.
    package mutating func add(_ state: FirewallState) throws(NetworkingError) {
        var transaction = RuleTransaction(.inet, name)
        Self.add(state, to: &transaction)
        try commit(transaction, "add to the rules of table \(name)")
        forgetStaleConnections(state.ports)
    }

    /// Takes networks and ports away. What is not there is none the less away; so is all if there is no table.
    package mutating func remove(_ state: FirewallState) throws(NetworkingError) {
        do throws(NetworkingError) {
            try remove(all: state)
        } catch NetworkingError.netlink(_, let error) where error.code == .noSuchFile {
            // One that was missing undid the whole transaction: only what is there.
            var there = FirewallState()
            let present = try elements()
            there.ports = state.ports.filter { Self.holds(present, FirewallState(ports: [$0])) }
            there.networks = state.networks.filter { Self.holds(present, FirewallState(networks: [$0])) }
            try remove(all: there)
        } catch {
            throw error
        }
        forgetStaleConnections(state.ports)
    }

    private mutating func remove(all state: FirewallState) throws(NetworkingError) {
        var transaction = RuleTransaction(.inet, name)
        for (set, elements) in state.elements {
            transaction.remove(
                elements.map(Self.named), from: set.rawValue)
        }
        try commit(transaction, "remove from the rules of table \(name)")
    }

    /// Takes the whole table away, if it is there.
    package mutating func uninstall() throws(NetworkingError) {
        var transaction = RuleTransaction(.inet, name)
        transaction.addTable()
        transaction.removeTable()
        try commit(transaction, "remove table \(name)")
    }

    /// What is missing or changed, one line each; nothing if all is as it should be.
    package mutating func check(_ state: FirewallState) throws(NetworkingError) -> [String] {
        var problems = try checkRules()
        guard problems.isEmpty else { return problems }
        let present = try elements()
        for (set, wanted) in state.elements.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            let there = Set((present[set] ?? []).map(Self.plain))
            let missing = wanted.count { !there.contains(Self.plain($0)) }
            if missing > 0 { problems.append("\(missing) of \(wanted.count) elements of \(set.rawValue) are missing") }
        }
        for set in [FirewallSet.published4, .published6, .anywhere4, .anywhere6] {
            let known = Set((state.elements[set] ?? []).map(\.key))
            let strange = (present[set] ?? []).count { !known.contains($0.key) }
            if strange > 0 { problems.append("\(strange) elements of \(set.rawValue) belong to no container") }
        }
        return problems
    }

    /// As `check`, chains and rules only: one or two questions, whatever the number of ports.
    package mutating func checkRules() throws(NetworkingError) -> [String] {
        let table = FirewallRules.table(name)
        let name = name
        let chains = try netlink("list the chains of table \(name)") { () throws(NetlinkError) in
            try socket.chains(.inet, of: name)
        }
        guard !chains.isEmpty else { return ["table \(name) is missing"] }
        let rules = try netlink("list the rules of table \(name)") { () throws(NetlinkError) in
            try socket.rules(.inet, of: name)
        }
        var problems: [String] = []
        for chain in table.chains {
            guard let listed = chains.first(where: { $0.name == chain.name }) else {
                problems.append("chain \(chain.name) is missing")
                continue
            }
            if listed.hook != chain.hook || listed.priority != chain.priority || listed.kind != chain.kind.rawValue
                || listed.policy != 1
            {
                problems.append("chain \(chain.name) was changed")
            }
            if (rules[chain.name] ?? []) != chain.rules.map(\.comment) {
                problems.append("rules of chain \(chain.name) are missing or were changed")
            }
        }
        return problems
    }

    mutating func elements() throws(NetworkingError) -> [FirewallSet: [RuleElement]] {
        var result: [FirewallSet: [RuleElement]] = [:]
        let name = name
        for set in FirewallSet.allCases {
            do throws(NetlinkError) {
                result[set] = try socket.elements(.inet, of: name, set: set.rawValue)
            } catch  where error.code == .noSuchFile {
                result[set] = []
            } catch {
                throw .netlink("list set \(set.rawValue) of table \(name)", error)
            }
        }
        return result
    }

    private static func holds(_ present: [FirewallSet: [RuleElement]], _ state: FirewallState) -> Bool {
        state.elements.allSatisfy { set, wanted in
            let there = Set((present[set] ?? []).map(named))
            return wanted.allSatisfy { there.contains(named($0)) }
        }
    }

    private static func plain(_ element: RuleElement) -> RuleElement {
        RuleElement(key: element.key, value: element.value, end: element.end, endsInterval: element.endsInterval)
    }

    /// What an element is known by.
    private static func named(_ element: RuleElement) -> RuleElement {
        RuleElement(key: element.key, end: element.end, endsInterval: element.endsInterval)
    }

    private static func add(_ state: FirewallState, to transaction: inout RuleTransaction) {
        for (set, elements) in state.elements { transaction.add(elements, to: set.rawValue) }
    }

    private mutating func commit(_ transaction: RuleTransaction, _ doing: String) throws(NetworkingError) {
        try netlink(doing) { () throws(NetlinkError) in try socket.commit(transaction, doing) }
    }
}
