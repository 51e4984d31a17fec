import ArgumentParser
import CommandLineUI
import Engine
import LinuxKernel
import Networking
import OCISpec

struct NetworkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "network", abstract: "Networks of containers.",
        subcommands: [
            NetworkCreateCommand.self, NetworkListCommand.self, NetworkInspectCommand.self, NetworkConnectCommand.self,
            NetworkDisconnectCommand.self, NetworkRemoveCommand.self, NetworkPruneCommand.self,
            NetworkCheckCommand.self, NetworkServeNamesCommand.self,
        ])
}

struct NetworkCreateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "create", abstract: "Make a network.")

    @Option(name: .shortAndLong, parsing: .unconditional, help: "bridge, or macvlan with -o parent=INTERFACE.")
    var driver = "bridge"
    @Option(
        parsing: .unconditionalSingleValue,
        help: "Its addresses, such as 10.1.0.0/16; at most one for each version of IP.") var subnet: [String] = []
    @Option(parsing: .unconditionalSingleValue, help: "The host's address in it; the first one if none is given.")
    var gateway: [String] = []
    @Option(parsing: .unconditionalSingleValue, help: "The part of the subnet from which containers get addresses.")
    var ipRange: [String] = []
    @Option(parsing: .unconditionalSingleValue, help: "NAME=ADDRESS that no container gets.") var auxAddress: [String] =
        []
    @Flag(help: "Nothing goes out and nothing comes in.") var `internal` = false
    @Flag(help: "Version 6, too.") var ipv6 = false
    @Flag(help: .hidden) var ipv4 = false
    @Option(parsing: .unconditional, help: .hidden) var ipamDriver = "default"
    @Option(parsing: .unconditional, help: .hidden) var scope = "local"
    @Flag(help: "Accepted for scripts: every container may join any network.") var attachable = false
    @Option(
        name: .shortAndLong, parsing: .unconditionalSingleValue,
        help: "KEY=VALUE of the driver, such as com.docker.network.driver.mtu=1400.")
    var opt: [String] = []
    @Option(parsing: .unconditionalSingleValue, help: "KEY=VALUE for people and programs to find it by.") var label:
        [String] = []
    @Argument(help: "Its name.") var name: String

    func run() throws {
        guard ["", "default"].contains(ipamDriver) else {
            throw EngineError(.unsupported, "--ipam-driver \(ShownText.quoted(ipamDriver)): there is only default")
        }
        guard ["", "local"].contains(scope) else {
            throw EngineError(.unsupported, "--scope \(ShownText.quoted(scope)): there is only local")
        }
        var request = NetworkRequest(name: name)
        request.driver = driver
        request.subnets = subnet
        request.gateways = gateway
        request.ranges = ipRange
        request.isInternal = `internal`
        request.hasVersion6 = ipv6
        request.isAttachable = attachable
        request.auxiliaryAddresses = Self.pairs(auxAddress)
        request.options = Self.pairs(opt)
        request.labels = Self.pairs(label)
        Output.line(try Globals.engine().createNetwork(request).text)
    }

    private static func pairs(_ texts: [String]) -> [String: String] {
        var result: [String: String] = [:]
        for text in texts {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            result[String(parts[0])] = parts.count == 2 ? String(parts[1]) : ""
        }
        return result
    }
}

struct NetworkListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "ls", abstract: "List networks.", aliases: ["list"])

    @Flag(name: .shortAndLong, help: "Identifiers only.") var quiet = false
    @Flag(help: "Whole identifiers.") var noTrunc = false
    @Option(
        name: .shortAndLong, parsing: .unconditionalSingleValue,
        help: "KEY=VALUE: driver, id, name, label, scope, type, dangling.")
    var filter: [String] = []
    @Option(parsing: .unconditional, help: "table, json, or a Go template.") var format: String?

    func run() throws {
        let format = try ListFormat(format)
        try FilterForm.check(filter)
        var chosen = NetworkFilter()
        for text in filter { try chosen.add(text) }
        let networks = try Globals.engine().networks(chosen)
        let rows = networks.map(row)
        if quiet, self.format == nil {
            for case .string(let id)? in rows.map({ $0["ID"] }) { Output.line(id) }
            return
        }
        Output.write(
            try format.text(
                columns: [("ID", "NETWORK ID"), ("Name", "NAME"), ("Driver", "DRIVER"), ("Scope", "SCOPE")], rows: rows,
                labels: networks.map(\.labels)))
    }

    private func row(_ network: NetworkInspection) -> JSONObject {
        let labels = network.labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        return [
            "CreatedAt": .string(network.created), "Driver": .string(network.driver),
            "ID": .string(noTrunc ? network.id : String(network.id.prefix(12))),
            "IPv4": .string("\(network.enableIPv4)"), "IPv6": .string("\(network.enableIPv6)"),
            "Internal": .string("\(network.isInternal)"), "Labels": .string(labels.joined(separator: ",")),
            "Name": .string(network.name), "Scope": "local",
        ]
    }
}

struct NetworkInspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Show all about networks, as JSON.")

    @Option(name: .shortAndLong, parsing: .unconditional, help: "json, or a Go template.") var format: String?
    @Flag(name: .shortAndLong, help: .hidden) var verbose = false
    @Argument(help: "Names or identifiers.") var networks: [String]

    func run() throws {
        try InspectCommand.show(networks, type: .network, format: format)
    }
}

struct NetworkConnectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "connect", abstract: "Put a container into a further network.")

    @Option(parsing: .unconditionalSingleValue, help: "A further name for the other containers of the network.")
    var alias: [String] = []
    @Option(parsing: .unconditional, help: "The container's IPv4 address there.") var ip: String?
    @Option(parsing: .unconditional, help: "The container's IPv6 address there.") var ip6: String?
    @Option(
        parsing: .unconditionalSingleValue, help: "CONTAINER[:ALIAS]: another container under a name of this one's own."
    ) var link: [String] = []
    @Option(parsing: .unconditional, help: "The network with the highest one is the way out.") var gwPriority = 0
    @Argument(help: "The network's name or identifier.") var network: String
    @Argument(help: "The container's name or identifier.") var container: String

    func run() throws {
        var settings = ConnectionSettings()
        settings.aliases = alias
        settings.ipv4Address = ip ?? ""
        settings.ipv6Address = ip6 ?? ""
        settings.links = link
        settings.gatewayPriority = gwPriority
        try Globals.engine().connectNetwork(network, to: container, settings)
    }
}

struct NetworkDisconnectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disconnect", abstract: "Take a container out of a network.")

    @Flag(name: .shortAndLong, help: "Also when the container is not there any more.") var force = false
    @Argument(help: "The network's name or identifier.") var network: String
    @Argument(help: "The container's name or identifier.") var container: String

    func run() throws {
        do throws(EngineError) {
            try Globals.engine().disconnectNetwork(network, from: container)
        } catch {
            guard force, error.kind == .notFound else { throw error }
        }
    }
}

struct NetworkPruneCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Remove networks that no container is to be in.")

    @Flag(name: .shortAndLong, help: "Do not ask.") var force = false
    @Option(parsing: .unconditionalSingleValue, help: "KEY=VALUE: until (a time), label, label!.") var filter:
        [String] = []

    func run() throws {
        try FilterForm.check(filter)
        var chosen = NetworkFilter()
        for text in filter { try chosen.add(text) { try Clock.time($0).seconds } }
        if !force {
            Output.write(
                "WARNING! This will remove all custom networks not used by at least one container.\n"
                    + "Are you sure you want to continue? [y/N] ")
            guard ["y", "yes"].contains(readLine()?.lowercased() ?? "") else { return }
        }
        let removed = try Globals.engine().pruneNetworks(chosen)
        if !removed.isEmpty { Output.write("Deleted Networks:\n" + removed.map { $0 + "\n" }.joined() + "\n") }
    }
}

/// The name server, started by commands that need it, with its listening socket as descriptor 3 and the socket's file as 4.
struct NetworkServeNamesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve-names", abstract: "Answer containers' questions for names.", shouldDisplay: false)

    func run() throws {
        let removal = try RemovalWatch(OwnedDescriptor(adopting: 4))
        // It reads what containers send: no rights are left by then.
        try setSupplementaryGroups([])
        try setGroupID(65534)
        try setUserID(65534)
        try ProcessAttribute.setNoNewPrivileges()
        try ProcessAttribute.setDumpable(false)
        try NameServer.run(control: UnixSocket(adopting: OwnedDescriptor(adopting: 3)), removal: removal)
    }
}

struct NetworkRemoveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm", abstract: "Remove networks.", aliases: ["remove"])

    @Flag(name: .shortAndLong, help: "Do not mind networks that are not there.") var force = false
    @Argument(help: "Names or identifiers.") var networks: [String]

    func run() throws {
        let engine = try Globals.engine()
        var failed = false
        for reference in networks {
            do throws(EngineError) {
                try engine.removeNetwork(reference)
                Output.line(reference)
            } catch {
                if force, error.kind == .notFound { continue }
                Output.complain(error.message)
                failed = true
            }
        }
        if failed { throw CommandExit(1) }
    }
}

struct NetworkCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Compare the packet rules and bridges with what they must be.")

    @Flag(help: "Put back what is missing.") var repair = false

    func run() throws {
        let problems = try Globals.engine().checkNetworks(repair: repair)
        for problem in problems { Output.line(repair ? "\(problem): put back" : problem) }
        if !problems.isEmpty, !repair {
            throw CommandExit(1, "run brig network check --repair to put back what is missing")
        }
    }
}

/// The column PORTS of `ps`, as Docker has it.
enum ShownPorts {
    /// Such as `0.0.0.0:8080->80/tcp, 0.0.0.0:7000-7002->70-72/udp`.
    static func text(_ ports: [ContainerSummary.Port]) -> String {
        var groups: [(first: ContainerSummary.Port, count: UInt16)] = []
        for port in ports.sorted(by: order) {
            if let last = groups.last, last.first.ip == port.ip, last.first.type == port.type,
                Int(last.first.privatePort) + Int(last.count) == Int(port.privatePort),
                port.publicPort == 0 || Int(last.first.publicPort) + Int(last.count) == Int(port.publicPort)
            {
                groups[groups.count - 1].count += 1
            } else {
                groups.append((port, 1))
            }
        }
        return groups.map { first, count in
            guard first.publicPort != 0 else { return "\(range(first.privatePort, count))/\(first.type)" }
            let address = first.ip.contains(":") ? "[\(first.ip)]" : first.ip
            let (outer, inner) = (range(first.publicPort, count), range(first.privatePort, count))
            return "\(address):\(outer)->\(inner)/\(first.type)"
        }.joined(separator: ", ")
    }

    private static func order(_ left: ContainerSummary.Port, _ right: ContainerSummary.Port) -> Bool {
        (left.ip, left.type, left.privatePort, left.publicPort) < (
            right.ip, right.type, right.privatePort, right.publicPort
        )
    }

    private static func range(_ first: UInt16, _ count: UInt16) -> String {
        count == 1 ? "\(first)" : "\(first)-\(Int(first) + Int(count) - 1)"
    }
}
