import ArgumentParser
import CommandLineUI
import Engine

/// The options of `run` and `create` that are about networks, ports and names.
struct NetworkOptions: ParsableArguments {
    @Option(
        name: [.customLong("network"), .customLong("net")],
        help: "bridge (the default), none, host, container:NAME, or networks of `brig network create`.")
    var network: [String] = []
    @Option(
        name: [.customShort("p", allowingJoined: true), .long],
        help: "[ADDRESS:][HOST:]CONTAINER[/udp] lets a port of the host lead to the container.")
    var publish: [String] = []
    @Flag(name: [.customShort("P"), .long], help: "Publish every exposed port at a port of Brig's choice.")
    var publishAll = false
    @Option(help: "A port that others may use, such as 80 or 53/udp.") var expose: [String] = []
    @Option(help: "The container's IPv4 address, such as 172.30.100.104.") var ip: String?
    @Option(help: "The container's IPv6 address.") var ip6: String?
    @Option(help: "The container's hardware address.") var macAddress: String?
    @Option(
        name: [.customLong("network-alias"), .customLong("net-alias")],
        help: "A further name for the other containers of the network.")
    var networkAlias: [String] = []
    @Option(help: "CONTAINER[:ALIAS]: another container under a name of this one's own.") var link: [String] = []
    @Option(help: "NAME:ADDRESS for /etc/hosts; host-gateway is the host itself.") var addHost: [String] = []
    @Option(help: "A name server.") var dns: [String] = []
    @Option(help: "A domain in which names are looked for.") var dnsSearch: [String] = []
    @Option(
        name: [.customLong("dns-option"), .customLong("dns-opt")], help: "An option of resolv.conf(5).")
    var dnsOption: [String] = []

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
