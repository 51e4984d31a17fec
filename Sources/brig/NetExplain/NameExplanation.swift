import Anatomy
import CommandLineUI
import Engine
import LinuxKernel
import Netlink
import Networking

/// How a name becomes an address, on the host or in a container.
struct NameExplanation {
    let engine: Engine?
    let name: DomainName
    /// The container that asks; the host if `nil`.
    let container: String?

    func read() throws -> Explanation {
        guard let container else {
            var explanation = Explanation("the name \(name.text), asked on this host")
            let root = try OwnedDescriptor(open: "/", [.pathOnly, .directory])
            try resolve(root, nil, &explanation)
            addContainers(&explanation)
            return explanation
        }
        guard let engine else { throw CommandExit(1, "there is no container \(container)") }
        let inspection = try engine.inspect(container)
        guard inspection.state.pid > 0 else { throw CommandExit(1, "container \(container) does not run") }
        let shownName = String(inspection.name.drop { $0 == "/" })
        var explanation = Explanation("the name \(name.text), asked in container \(shownName)")
        // Resolved below with this as `/`: no link in the container leads out.
        let root = try OwnedDescriptor(open: "/proc/\(inspection.state.pid)/root", [.pathOnly, .directory])
        try resolve(root, String(inspection.id.prefix(12)), &explanation)
        return explanation
    }

    private static func text(_ path: String, _ root: borrowing OwnedDescriptor) -> String? {
        // A FIFO in its place would make whoever opens it wait.
        guard let file = try? root.resolve(path, [.read, .nonBlocking]), let status = try? file.status(),
            status.isRegularFile, let bytes = try? file.readAll(limit: 1 << 20)
        else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func resolve(
        _ root: borrowing OwnedDescriptor, _ asker: String?, _ explanation: inout Explanation
    ) throws {
        if IPAddress(name.text) != nil {
            explanation.end = "it is an address already: nobody is asked"
            return
        }
        for source in sources(root, &explanation) {
            switch source {
            case "files": if fromHosts(root, &explanation) { return }
            case "dns": if try fromServers(root, asker, &explanation) { return }
            default: explanation.add("\(source) is a module of the C library's; what it says is not followed")
            }
        }
        if explanation.end.isEmpty { explanation.end = "nobody knows it: no such name" }
    }

    /// The order of nsswitch.conf(5); programs without the GNU C library have this one, too.
    private func sources(_ root: borrowing OwnedDescriptor, _ explanation: inout Explanation) -> [String] {
        let lines = Self.text("/etc/nsswitch.conf", root)?.split(separator: "\n") ?? []
        guard let line = lines.first(where: { $0.hasPrefix("hosts:") }) else {
            explanation.add("the file hosts comes first, then the servers", rule: "the C library's default order")
            return ["files", "dns"]
        }
        let words = line.dropFirst(6).split { $0 == " " || $0 == "\t" }.map(String.init).filter { !$0.hasPrefix("[") }
        explanation.add(
            "who is asked, in this order: \(words.joined(separator: ", "))", rule: "/etc/nsswitch.conf, hosts",
            Evidence("/etc/nsswitch.conf", String(line)))
        return words
    }

    private func fromHosts(_ root: borrowing OwnedDescriptor, _ explanation: inout Explanation) -> Bool {
        let text = Self.text("/etc/hosts", root) ?? ""
        var found: [String] = []
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let words = line.prefix { $0 != "#" }.split { $0 == " " || $0 == "\t" }.map(String.init)
            guard words.count > 1, words.dropFirst().contains(where: { $0.lowercased() == name.text }) else { continue }
            explanation.add(
                "the file hosts has it", rule: "/etc/hosts, line \(number + 1)", Evidence("/etc/hosts", String(line)))
            found.append(words[0])
        }
        if found.isEmpty { explanation.add("the file hosts does not have it", Evidence("/etc/hosts", "no such name")) }
        explanation.end = found.joined(separator: ", ")
        return !found.isEmpty
    }

    private func fromServers(
        _ root: borrowing OwnedDescriptor, _ asker: String?, _ explanation: inout Explanation
    ) throws -> Bool {
        let configuration = ResolverConfiguration(parsing: Self.text("/etc/resolv.conf", root) ?? "")
        let servers = configuration.servers.isEmpty ? [.init(.version4(0x7f00_0001))] : configuration.servers
        let candidates = Self.candidates(name, configuration)
        explanation.add(
            "servers are asked for \(candidates.map(\.text).joined(separator: ", then "))",
            rule:
                "/etc/resolv.conf: \(configuration.options.first { $0.hasPrefix("ndots:") } ?? "ndots:1")\(configuration.searchDomains.isEmpty ? "" : ", search \(configuration.searchDomains.joined(separator: " "))")",
            Evidence("/etc/resolv.conf", servers.map { "nameserver \($0.text)" }.joined(separator: ", ")))
        guard let asker, servers.first?.address == .version4(0x7f00_000b), let engine else {
            explanation.end =
                "what \(servers.prefix(3).map(\.text).joined(separator: ", ")) says, the first that answers (nothing is sent from here)"
            return true
        }
        explanation.add(
            "127.0.0.11 is no server of the container's: the packet goes on to sockets of Brig's name server in this network namespace",
            rule: "ip brig-names, in the container's namespace: port 53 of 127.0.0.11 is redirected")
        return try fromNameServer(engine, asker, candidates, &explanation)
    }

    /// What the name server does: its own table, and its own decision.
    private func fromNameServer(
        _ engine: Engine, _ asker: String, _ candidates: [DomainName], _ explanation: inout Explanation
    ) throws -> Bool {
        let table = try engine.nameTable().table
        guard let container = table.containers[asker] else {
            explanation.end = "refused: the container is in no user-defined network any more"
            return true
        }
        for candidate in candidates {
            guard let place = table.place(of: candidate.text, for: container) else { continue }
            let alias = place.name == candidate.text ? "" : ", by way of \(place.name)"
            explanation.add(
                "Brig's name server knows \(candidate.text)\(alias) in network \(place.network)",
                rule:
                    "the first of the container's networks that has the name: \(container.networks.joined(separator: ", "))",
                Evidence(
                    "the name server's table, network \(place.network)",
                    place.addresses.map(\.description).joined(separator: " ")))
            explanation.end = place.addresses.map(\.description).joined(separator: ", ")
            return true
        }
        guard container.forwards else {
            explanation.add(
                "it is no container's, and the container's networks have no way out", rule: "internal networks only")
            explanation.end = "SERVFAIL"
            return true
        }
        let servers =
            container.servers.isEmpty
            ? ResolverConfiguration(parsing: (try? readText("/etc/resolv.conf")) ?? "").servers.map(\.text)
            : container.servers.map(\.description)
        explanation.add(
            "it is no container's: the name server asks others, each twice for two seconds",
            rule: container.servers.isEmpty ? "the host's /etc/resolv.conf" : "--dns of the container",
            Evidence(
                container.servers.isEmpty ? "/etc/resolv.conf" : "the container's endpoint",
                servers.joined(separator: " ")))
        explanation.end =
            servers.isEmpty
            ? "SERVFAIL: there is nobody to ask"
            : "what \(servers.joined(separator: ", ")) says (nothing is sent from here)"
        return true
    }

    /// The names that are asked for, in order. Source: resolv.conf(5), `ndots` and `search`.
    static func candidates(_ name: DomainName, _ configuration: ResolverConfiguration) -> [DomainName] {
        let needed = configuration.options.last { $0.hasPrefix("ndots:") }.flatMap { Int($0.dropFirst(6)) } ?? 1
        let longer = configuration.searchDomains.compactMap { DomainName("\(name.text).\($0)") }
        return name.labels.count - 1 >= needed ? [name] + longer : longer + [name]
    }

    /// A container's name means nothing to the host: what would reach it instead.
    private func addContainers(_ explanation: inout Explanation) {
        guard let table = try? engine?.nameTable().table else { return }
        for (network, content) in table.networks.sorted(by: { $0.key < $1.key }) {
            guard let addresses = content.addresses[name.text] else { continue }
            explanation.add(
                "it is a container's name in network \(network), but only containers there are told so; from here \(addresses.map(\.description).joined(separator: ", ")) reaches it"
            )
        }
    }
}
