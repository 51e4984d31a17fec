import CommandLineUI
import Engine

/// What the options of `run` and `create` say about networks, ports and names.
struct NetworkOptions: Sendable {
    var network: [String] = []
    var publish: [String] = []
    var publishAll = false
    var expose: [String] = []
    var ip: String?
    var ip6: String?
    var macAddress: String?
    var networkAlias: [String] = []
    var link: [String] = []
    var addHost: [String] = []
    var dns: [String] = []
    var dnsSearch: [String] = []
    var dnsOption: [String] = []

    static let flags: [CommandFlag<ContainerOptions>] = [
        .value(
            "network", "net", of: "NETWORK",
            help: "bridge (the default), none, host, container:NAME, or networks of `brig network create`."
        ) { $0.networks.network.append($1) },
        .value(
            "publish", letter: "p", of: "PORTS",
            help: "[ADDRESS:][HOST:]CONTAINER[/udp] lets a port of the host lead to the container."
        ) { $0.networks.publish.append($1) },
        .toggle("publish-all", letter: "P", help: "Publish every exposed port at a port of Brig's choice.") {
            $0.networks.publishAll = $1
        },
        .value("expose", of: "PORT", help: "A port that others may use, such as 80 or 53/udp.") {
            $0.networks.expose.append($1)
        },
        .value("ip", of: "ADDRESS", help: "The container's IPv4 address, such as 172.30.100.104.") {
            $0.networks.ip = $1
        },
        .value("ip6", of: "ADDRESS", help: "The container's IPv6 address.") { $0.networks.ip6 = $1 },
        .value("mac-address", of: "ADDRESS", help: "The container's hardware address.") {
            $0.networks.macAddress = $1
        },
        .value(
            "network-alias", "net-alias", of: "NAME", help: "A further name for the other containers of the network."
        ) { $0.networks.networkAlias.append($1) },
        .value("link", of: "CONTAINER[:ALIAS]", help: "Another container under a name of this one's own.") {
            $0.networks.link.append($1)
        },
        .value("add-host", of: "NAME:ADDRESS", help: "For /etc/hosts; host-gateway is the host itself.") {
            $0.networks.addHost.append($1)
        },
        .value("dns", of: "ADDRESS", help: "A name server.") { $0.networks.dns.append($1) },
        .value("dns-search", of: "DOMAIN", help: "A domain in which names are looked for.") {
            $0.networks.dnsSearch.append($1)
        },
        .value("dns-option", "dns-opt", of: "OPTION", help: "An option of resolv.conf(5).") {
            $0.networks.dnsOption.append($1)
        },
        .value("link-local-ip", of: "ADDRESS", help: "Not supported.", hidden: true) { _, _ in
            throw FlagError("link-local addresses are not supported: use --ip")
        },
    ]

    /// - Throws: `EngineError` of kind `invalidInput`.
    func apply(to request: inout ContainerRequest) throws(EngineError) {
        for text in publish { try request.publish(text) }
        for text in expose { try request.expose(text) }
        request.host.publishAllPorts = publishAll
        request.host.links = link
        request.host.extraHosts = addHost
        request.host.dns = dns
        request.host.dnsSearch = dnsSearch
        request.host.dnsOptions = dnsOption
        var wishes = try network.map { text throws(EngineError) in try NetworkWish(parsing: text) }
        if let first = wishes.first { request.host.networkMode = first.network }
        let mode = request.host.networkMode
        if ["host", "none"].contains(mode), !publish.isEmpty || publishAll {
            Output.complain("WARNING: Published ports are discarded when using \(mode) network mode")
        }
        var own = ConnectionSettings()
        own.ipv4Address = ip ?? ""
        own.ipv6Address = ip6 ?? ""
        own.macAddress = macAddress ?? ""
        own.aliases = networkAlias
        if own != .init() {
            guard wishes.count < 2 else {
                throw EngineError(
                    .invalidInput,
                    "with several networks write --network name=NET,ip=…,alias=… in the place of --ip, --ip6, "
                        + "--mac-address and --network-alias")
            }
            guard !["host", "none"].contains(mode), !mode.hasPrefix("container:") else {
                throw EngineError(
                    .invalidInput,
                    "conflicting options: --ip, --ip6, --mac-address, --network-alias and network mode \(mode)")
            }
            var wish = wishes.first ?? NetworkWish(network: mode)
            if ip != nil { wish.settings.ipv4Address = own.ipv4Address }
            if ip6 != nil { wish.settings.ipv6Address = own.ipv6Address }
            if macAddress != nil { wish.settings.macAddress = own.macAddress }
            wish.settings.aliases += own.aliases
            wishes = [wish]
        }
        request.networks = ["host", "none"].contains(mode) || mode.hasPrefix("container:") ? [] : wishes
        if request.networks.isEmpty, wishes.count > 1 {
            throw EngineError(.invalidInput, "conflicting options: network \(mode) and other networks")
        }
    }
}
