internal import Netlink
internal import Networking

/// What a container's two configurations say of networks, as checked values.
struct NetworkPlan: Equatable, Sendable {
    let mode: Mode
    let portWishes: [PortWish]
    /// Of the user and of the image, in order.
    let exposedPorts: [ExposedPort]
    let links: [ContainerLink]
    let extraHosts: [ExtraHost]
    let servers: [IPAddress]
    let searchDomains: [String]
    let resolverOptions: [String]

    enum Mode: Equatable, Sendable {
        case none, host
        /// The network namespace of another container, by name or identifier.
        case container(String)
        /// Networks of the store; this one is the first.
        case network(String)
    }

    /// Whether its network is that of the host or of another container.
    var sharesNamespace: Bool {
        switch mode {
        case .host, .container: true
        case .none, .network: false
        }
    }

    /// - Throws: `EngineError`, of kind `invalidInput`.
    init(_ container: ContainerConfiguration, _ host: HostConfiguration) throws(EngineError) {
        let mode = try Mode(host.networkMode)
        self.mode = mode
        links = try host.links.map { text throws(EngineError) in try ContainerLink(text) }
        extraHosts = try host.extraHosts.map { text throws(EngineError) in try ExtraHost(text) }
        servers = try host.dns.map { text throws(EngineError) in
            guard let address = IPAddress(text) else {
                throw EngineError(.invalidInput, "\(quotedForError(text)) is not an ip address")
            }
            return address
        }
        searchDomains = try host.dnsSearch.map { text throws(EngineError) in
            try Self.word(text, "invalid domain name", allowed: "._-".utf8)
        }
        resolverOptions = try host.dnsOptions.map { text throws(EngineError) in
            try Self.word(text, "invalid --dns-option", allowed: ":_-".utf8)
        }
        exposedPorts = container.exposedPorts.keys.compactMap(ExposedPort.init).sorted()
        var wishes = try host.portWishes()
        if host.publishAllPorts {
            let named = Set(wishes.map { ExposedPort(number: $0.containerPort, transport: $0.transport) })
            wishes += exposedPorts.filter { !named.contains($0) }.map {
                PortWish(containerPort: $0.number, transport: $0.transport)
            }
        }
        guard !wishes.contains(where: { $0.transport == .sctp }) else {
            throw EngineError(.unsupported, "SCTP ports cannot be published: use tcp or udp")
        }
        if case .container = mode {
            let conflicts = [
                (!wishes.isEmpty, "port publishing"), (!host.links.isEmpty, "links"), (!host.dns.isEmpty, "dns"),
                (!host.extraHosts.isEmpty, "custom host-to-IP mapping"),
            ]
            if let conflict = conflicts.first(where: \.0) {
                throw EngineError(
                    .invalidInput, "conflicting options: \(conflict.1) and the container type network mode")
            }
        }
        if mode == .host, !links.isEmpty {
            throw EngineError(.invalidInput, "conflicting options: host type networking can't be used with links")
        }
        if case .network = mode {
            portWishes = wishes
        } else {
            // As in Docker, ports mean nothing there.
            portWishes = []
        }
    }

    /// A word for resolv.conf.
    private static func word(
        _ text: String, _ problem: String, allowed: String.UTF8View
    ) throws(EngineError) -> String {
        guard (1...253).contains(text.utf8.count), text.utf8.allSatisfy({ isLetterOrDigit($0) || allowed.contains($0) })
        else { throw EngineError(.invalidInput, "\(problem): \(quotedForError(text))") }
        return text
    }
}

extension NetworkPlan.Mode {
    init(_ text: String) throws(EngineError) {
        switch text {
        case "none": self = .none
        case "host": self = .host
        case "default", "": self = .network(NetworkName.defaultBridge)
        case _ where text.hasPrefix("container:"):
            let name = String(text.dropFirst("container:".utf8.count))
            guard !name.isEmpty else {
                throw EngineError(.invalidInput, "invalid container format container:<name|id>")
            }
            self = .container(name)
        default: self = .network(try NetworkName(text).text)
        }
    }
}

/// A port of a container that others may use: `80/tcp`.
struct ExposedPort: Hashable, Comparable, Sendable {
    let number: UInt16
    let transport: TransportProtocol

    init(number: UInt16, transport: TransportProtocol) {
        self.number = number
        self.transport = transport
    }

    /// - Returns: `nil` for what is no port. Images may say anything.
    init?(_ text: String) {
        if let plain = PortWish.plainPort(text) {
            self.init(number: plain.number, transport: plain.transport)
            return
        }
        let halves = text.split(separator: "/", omittingEmptySubsequences: false)
        guard (1...2).contains(halves.count), let range = PortWish.range(halves[0]), range.count == 1 else {
            return nil
        }
        guard let transport = halves.count == 1 ? .tcp : TransportProtocol(rawValue: halves[1].lowercased()) else {
            return nil
        }
        self.init(number: range.lowerBound, transport: transport)
    }

    var text: String { "\(number)/\(transport.rawValue)" }

    static func < (left: Self, right: Self) -> Bool {
        left.number != right.number
            ? left.number < right.number : left.transport.rawValue < right.transport.rawValue
    }
}

/// `--add-host NAME:ADDRESS`.
struct ExtraHost: Equatable, Sendable {
    let name: Hostname
    /// `nil` is the host itself, as the container reaches it.
    let address: IPAddress?

    /// - Throws: `EngineError` of kind `invalidInput`.
    init(_ text: String) throws(EngineError) {
        let separator = text.firstIndex { $0 == ":" || $0 == "=" } ?? text.endIndex
        guard separator < text.endIndex else {
            throw EngineError(.invalidInput, "bad format for add-host: \(quotedForError(text))")
        }
        name = try Hostname(String(text[..<separator]))
        var rest = text[text.index(after: separator)...]
        if rest == "host-gateway" {
            address = nil
            return
        }
        if rest.hasPrefix("["), rest.hasSuffix("]") { rest = rest.dropFirst().dropLast() }
        guard let found = IPAddress(String(rest)) else {
            throw EngineError(.invalidInput, "invalid IP address in add-host: \(quotedForError(String(rest)))")
        }
        address = found
    }
}
