internal import LinuxKernel
internal import Netlink
internal import Networking

/// `/etc/hostname`, `/etc/hosts` and `/etc/resolv.conf`: written by the engine, from checked values only.
enum GeneratedFiles {
    static let localHosts = """
        127.0.0.1\tlocalhost
        ::1\tlocalhost ip6-localhost ip6-loopback
        fe00::\tip6-localnet
        ff00::\tip6-mcastprefix
        ff02::1\tip6-allnodes
        ff02::2\tip6-allrouters

        """

    /// With the host's network, the host's own names count.
    static func hosts(_ plan: ContainerPlan, _ connection: NetworkConnection?, ofHost: String) -> String {
        let isHost = plan.network.mode == .host
        var text = isHost && !ofHost.isEmpty ? ofHost : localHosts
        if !text.hasSuffix("\n") { text += "\n" }
        for extra in plan.network.extraHosts {
            guard let address = extra.address ?? hostAddress(plan, connection) else { continue }
            text += "\(address)\t\(extra.name)\n"
        }
        for linked in connection?.linkedHosts ?? [] {
            text += "\(linked.address)\t\(linked.names.joined(separator: " "))\n"
        }
        let name = ownNames(plan)
        return text + (connection?.addresses ?? []).map { "\($0)\t\(name)\n" }.joined()
    }

    /// What `host-gateway` means: the host is itself, and reached from a network by its bridge's address.
    static func hostAddress(_ plan: ContainerPlan, _ connection: NetworkConnection?) -> IPAddress? {
        plan.network.mode == .host ? .version4(0x7f00_0001) : connection?.hostGateway
    }

    /// What a container calls itself in its hosts file: its whole name, and what comes before the first dot.
    static func ownNames(_ plan: ContainerPlan) -> String {
        let whole = plan.hostname.text + (plan.domainname.map { ".\($0)" } ?? "")
        let parts = whole.split(separator: ".", maxSplits: 1)
        return parts.count == 2 ? "\(whole) \(parts[0])" : whole
    }

    /// What the user says, and for what he leaves open the host's. A server on the host's loopback is out of reach from
    /// another network namespace: such lines are left out there.
    ///
    /// - Parameter hasNames: Whether questions go to 127.0.0.11, which asks those servers itself.
    static func resolvConf(_ plan: NetworkPlan, ofHost: String, hasNames: Bool = false) -> String {
        let asks = !plan.servers.isEmpty || !plan.searchDomains.isEmpty || !plan.resolverOptions.isEmpty
        if plan.mode == .host, !asks { return ofHost }
        var configuration = ResolverConfiguration(parsing: ofHost)
        if plan.mode != .host { configuration.servers.removeAll { $0.isLoopback } }
        if !plan.servers.isEmpty { configuration.servers = plan.servers.map { .init($0) } }
        if !plan.searchDomains.isEmpty {
            // Docker's way to have none at all.
            configuration.searchDomains = plan.searchDomains == ["."] ? [] : plan.searchDomains
        }
        if !plan.resolverOptions.isEmpty { configuration.options = plan.resolverOptions }
        if hasNames {
            configuration.servers = [.init(NameSockets.address)]
            // So that a name without a dot is asked for as it is, first.
            if !configuration.options.contains(where: { $0.hasPrefix("ndots:") }) {
                configuration.options.append("ndots:0")
            }
        }
        return configuration.text
    }

    /// The host's own file; of a host whose resolver listens on loopback only, what that asks itself, as Docker has it.
    static func hostResolvConf() -> String {
        let text = (try? readText("/etc/resolv.conf")) ?? ""
        let isStub = ResolverConfiguration(parsing: text).servers.allSatisfy { $0.text == "127.0.0.53" }
        guard isStub, let behind = try? readText("/run/systemd/resolve/resolv.conf") else { return text }
        return behind
    }

    /// Writes the three files, and says where each is mounted.
    static func write(
        _ plan: ContainerPlan, _ connection: NetworkConnection? = nil, to files: ContainerLocations
    ) throws(SyscallError) -> [(source: String, destination: String)] {
        if let shared = connection?.sharedFiles {
            return [
                (shared.resolvConf, "/etc/resolv.conf"), (shared.hostname, "/etc/hostname"),
                (shared.hosts, "/etc/hosts"),
            ]
        }
        // A host without these files has nothing to pass on.
        let hosts = hosts(plan, connection, ofHost: (try? readText("/etc/hosts")) ?? "")
        let all = [
            (
                files.resolvConf, "/etc/resolv.conf",
                resolvConf(plan.network, ofHost: hostResolvConf(), hasNames: connection?.hasNames ?? false)
            ),
            (files.hostname, "/etc/hostname", "\(plan.hostname)\n"),
            (files.hosts, "/etc/hosts", hosts),
        ]
        for (path, _, text) in all { try HostDirectory.write(text.utf8, to: path, mode: 0o644) }
        return all.map { ($0.0, $0.1) }
    }
}
