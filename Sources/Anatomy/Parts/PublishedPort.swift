internal import LinuxKernel
package import Netlink
internal import OCISpec

/// A port of the host that leads into the process's network namespace.
package struct PublishedPort: Equatable, Sendable {
    /// `tcp`, `udp`, `sctp`, or a number.
    package var transport: String
    /// `0.0.0.0` and `::` are all addresses of the host.
    package var hostAddress: String
    /// `nil` for all of them.
    package var hostPorts: ClosedRange<UInt16>?
    /// The port inside; `nil` where it stays as it is, or where the kernel does not say.
    package var insidePort: UInt16?
    /// What leads there: rules, and programs that hand on.
    package var by: [String]
    package var evidence: [Evidence]

    package init(
        _ transport: String, _ hostAddress: String, _ hostPorts: ClosedRange<UInt16>?, insidePort: UInt16?,
        by: String, evidence: [Evidence]
    ) {
        self.transport = transport
        self.hostAddress = hostAddress
        self.hostPorts = hostPorts
        self.insidePort = insidePort
        self.by = [by]
        self.evidence = evidence
    }

    package var shownPorts: String {
        guard let hostPorts else { return "every port" }
        return hostPorts.count == 1
            ? "port \(hostPorts.lowerBound)" : "ports \(hostPorts.lowerBound)-\(hostPorts.upperBound)"
    }

    var json: JSONValue {
        [
            "transport": .string(transport), "hostAddress": .string(hostAddress),
            "hostPort": hostPorts.map { JSONValue($0.lowerBound) } ?? .null,
            "lastHostPort": hostPorts.map { JSONValue($0.upperBound) } ?? .null,
            "port": insidePort.map { JSONValue($0) } ?? .null, "by": .list(by),
            "evidence": .array(evidence.map(\.json)),
        ]
    }

    /// The same port by several means, as Docker has a rule and a program, is told once.
    package static func merged(_ ports: [PublishedPort]) -> [PublishedPort] {
        var result: [PublishedPort] = []
        for port in ports {
            let known = result.firstIndex {
                $0.transport == port.transport && $0.hostAddress == port.hostAddress && $0.hostPorts == port.hostPorts
                    && ($0.insidePort == port.insidePort || port.insidePort == nil)
            }
            guard let known else {
                result.append(port)
                continue
            }
            result[known].by += port.by.filter { !result[known].by.contains($0) }
            result[known].evidence += port.evidence.filter { !result[known].evidence.contains($0) }
        }
        return result.sorted {
            ($0.hostPorts?.lowerBound ?? 0, $0.transport, $0.hostAddress) < (
                $1.hostPorts?.lowerBound ?? 0, $1.transport, $1.hostAddress
            )
        }
    }
}

extension PublishedPort {
    /// A rule that sends connections to one of the addresses inside.
    package init?(_ rule: DestinationRule, to addresses: Set<IPAddress>) {
        guard addresses.contains(rule.target), !rule.target.isLoopback else { return nil }
        let transports: [UInt8: String] = [6: "tcp", 17: "udp", 132: "sctp", 33: "dccp"]
        let transport = rule.transport.map { transports[$0] ?? "protocol \($0)" } ?? "every transport"
        let table = "\(rule.family.word) \(rule.table)"
        let place = rule.element.isEmpty ? "" : " by map \(rule.element)"
        let target =
            (rule.target.isVersion4 ? "\(rule.target)" : "[\(rule.target)]") + (rule.targetPort.map { ":\($0)" } ?? "")
        self.init(
            transport, rule.address?.description ?? (rule.target.isVersion4 ? "0.0.0.0" : "::"), rule.ports,
            insidePort: rule.targetPort, by: "rule \(rule.handle) of chain \(rule.chain), table \(table)\(place)",
            evidence: [
                Evidence(
                    "nf_tables NFT_MSG_GETRULE \(table) \(rule.chain) handle \(rule.handle)\(place)",
                    "destination becomes \(target)")
            ])
    }

    /// `docker-proxy`, which waits on the port and hands on: what it was told is in its arguments.
    package init?(proxy pid: Int32, _ words: [String], to addresses: Set<IPAddress>) {
        func value(_ flag: String) -> String? {
            words.firstIndex(of: flag).flatMap { $0 + 1 < words.count ? words[$0 + 1] : nil }
        }
        guard let target = value("-container-ip").flatMap({ IPAddress($0) }), addresses.contains(target),
            let port = value("-host-port").flatMap({ UInt16($0) }), let transport = value("-proto")
        else { return nil }
        self.init(
            transport, value("-host-ip") ?? "0.0.0.0", port...port,
            insidePort: value("-container-port").flatMap { UInt16($0) }, by: "docker-proxy (\(pid))",
            evidence: [Evidence("/proc/\(pid)/cmdline", words.joined(separator: " "))])
    }

    /// What leads to these addresses, or to this network namespace.
    ///
    /// - Returns: Also what could not be asked.
    static func read(
        _ addresses: Set<IPAddress>, namespace: UInt64?, _ scan: ProcessScan
    ) -> (ports: [PublishedPort], unknown: String?) {
        var found: [PublishedPort] = []
        var unknown: String?
        // Rules that others change meanwhile are listed again.
        for _ in 0..<5 {
            do throws(NetlinkError) {
                var socket = try RuleSocket()
                found = try socket.destinationRules().compactMap { PublishedPort($0, to: addresses) }
                unknown = nil
                break
            } catch {
                unknown = "published ports: \(error)"
                if error.code != .again { break }
            }
        }
        if (try? readText("/proc/net/ip_tables_names", limit: 4096))?.split(separator: "\n").contains("nat") ?? false {
            unknown = "published ports: this kernel has rules of the older ip_tables, too, and they are not read"
        }
        for process in scan.processes {
            if process.name == "docker-proxy", let words = try? ProcessInformation(pid: process.pid).commandLine(),
                let port = PublishedPort(proxy: process.pid, words, to: addresses)
            {
                found.append(port)
            }
            // Rootless Podman's: one half waits on the host's ports, its child is in the container's network.
            if let namespace, process.namespace(.network) == namespace, let parent = scan.byPid[process.parent],
                parent.name == "rootlessport"
            {
                found += forwarded(by: parent.pid, child: process.pid, namespace)
            }
        }
        return (merged(found), unknown)
    }

    private static func forwarded(by pid: Int32, child: Int32, _ namespace: UInt64) -> [PublishedPort] {
        guard let process = try? ProcessInformation(pid: pid) else { return [] }
        let own = SocketNumbers.of(process)
        return ["tcp", "tcp6", "udp", "udp6"].flatMap { transport -> [PublishedPort] in
            guard let bytes = try? process.read("net/\(transport)") else { return [] }
            let text = String(decoding: bytes, as: UTF8.self)
            let waiting = NetworkView.ListeningPort.list(text, transport: transport, of: own)
            return waiting.map { port in
                PublishedPort(
                    port.transport, port.address, port.port...port.port, insidePort: nil, by: "rootlessport (\(pid))",
                    evidence: [
                        Evidence("/proc/\(pid)/net/\(transport)", "waits on \(port.address) port \(port.port)"),
                        Evidence("/proc/\(child)/ns/net", "net:[\(namespace)], child of \(pid)"),
                    ])
            }
        }
    }
}

extension TableFamily {
    /// As `nft` writes it.
    var word: String {
        switch self {
        case .inet: "inet"
        case .ip4: "ip"
        case .ip6: "ip6"
        }
    }
}

/// The sockets that a process has open, by their inodes.
enum SocketNumbers {
    static func of(_ process: borrowing ProcessInformation) -> Set<UInt64> {
        guard let directory = try? process.directory.open("fd", [.read, .directory]),
            let entries = try? directory.entries()
        else { return [] }
        return Set(
            entries.compactMap { entry in
                guard let link = try? directory.readSymbolicLink(entry.name), link.hasPrefix("socket:") else {
                    return nil
                }
                return namespaceInode(link)
            })
    }
}
