internal import LinuxKernel
package import Netlink
internal import Networking

extension Engine {
    /// Takes away a container's ports, links and addresses, whatever of them is there.
    func disconnect(_ id: Identifier) throws(EngineError) {
        guard try !store.endpoints(of: id).isEmpty else { return }
        try withNetworkLock { () throws(EngineError) in try disconnectLocked(id) }
    }

    func disconnectLocked(_ id: Identifier) throws(EngineError) {
        let endpoints = try store.endpoints(of: id)
        do {
            let ports = try store.ports(of: id)
            if !ports.isEmpty {
                var firewall = try Firewall(table: firewallTable)
                try firewall.remove(FirewallState(ports: ports))
                // Others wait for the lock of the networks.
                ClosedLast.add(firewall.intoDescriptor())
            }
            for link in endpoints.compactMap(\.hostLink) { try Links.remove(link) }
        } catch {
            throw .wrapping(error, while: "disconnect container \(id.short)")
        }
        // Last: while something may be left, its addresses and ports are nobody else's.
        try store.removeEndpoints(of: id)
        let defaultBridge = try store.networks().first(where: \.isDefault)?.id
        guard endpoints.contains(where: { $0.network != defaultBridge }) else { return }
        do throws(EngineError) {
            try publishNamesLocked()
        } catch {
            // The container is gone all the same. The next command that changes a network tries again.
            notices(error.message)
        }
    }

    /// Takes away what commands that were killed have left of starts.
    ///
    /// - Parameter current: The container that this command starts itself.
    func sweepLocked(except current: Identifier?) throws(EngineError) {
        for id in try store.waitingEndpoints() where id != current {
            // Who starts it holds its lock.
            guard let lock = try attemptLock(id) else { continue }
            if let record = try store.container(id), try !observe(record).isActive { try disconnectLocked(id) }
            withExtendedLifetime(lock.descriptor.raw) {}
        }
    }

    private func attemptLock(_ id: Identifier) throws(EngineError) -> FileLock? {
        do throws(SyscallError) {
            return try FileLock.attempt(
                try OwnedDescriptor(open: locations.container(id).directory, [.read, .directory]))
        } catch {
            if error.code == .noSuchFile { return nil }
            throw .wrapping(error, while: "lock container \(id.short)")
        }
    }

    /// Lets what is new through the firewall. Rules that somebody has taken away or changed are put back, all of them.
    func admit(_ networks: [NetworkRecord], _ ports: [PublishedPort]) throws(EngineError) {
        do {
            var firewall = try Firewall(table: firewallTable)
            let problems = try firewall.checkRules()
            if problems.isEmpty {
                let new = FirewallState(networks: networks.compactMap(\.firewalled), ports: ports)
                // What fails here is an element of a container that ended unseen, or a set that somebody removed: the whole
                // table below is the answer, and if that fails, its error says why.
                if (try? firewall.add(new)) != nil { return ClosedLast.add(firewall.intoDescriptor()) }
            } else if try store.endpoints().contains(where: { endpoint in
                !networks.contains { $0.id == endpoint.network }
            }) {
                notices("the packet rules were not as they must be (\(problems.joined(separator: ", "))): put back")
            }
            try firewall.install(try firewallState())
        } catch {
            throw .wrapping(error, while: "install the packet rules")
        }
    }

    /// What the rules must hold: every network and every port of the store.
    func firewallState() throws(EngineError) -> FirewallState {
        FirewallState(
            networks: try store.networks().compactMap(\.firewalled), ports: try store.ports().values.flatMap(\.self))
    }

    /// The table's name: each root has its own, so that engines side by side do not take each other's away.
    package var firewallTable: RuleName {
        get throws(EngineError) {
            let suffix = locations.root == "/var/lib/brig" ? "" : "-\(rootFingerprint)"
            return try RuleName("brig\(suffix)").orDamaged("the name of the firewall's table")
        }
    }

    /// FNV-1a of the root's path: it tells roots apart and protects nothing.
    private var rootFingerprint: String {
        let hash = locations.root.utf8.reduce(UInt64(0xcbf2_9ce4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return String(hash, radix: 16)
    }

    /// Runs `body` while no other command changes links and rules.
    func withNetworkLock<Value>(_ body: () throws(EngineError) -> Value) throws(EngineError) -> Value {
        let lock = try networkLock()
        let value = try body()
        withExtendedLifetime(lock.descriptor.raw) {}
        return value
    }

    private func networkLock() throws(EngineError) -> FileLock {
        do throws(SyscallError) {
            return try FileLock(try OwnedDescriptor(open: locations.networkLock, [.readWrite, .create, .noFollow]))
        } catch {
            throw .wrapping(error, while: "lock the networks")
        }
    }
}
