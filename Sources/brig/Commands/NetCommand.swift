import ArgumentParser
import CommandLineUI
import Engine
import LinuxKernel
import Netlink
import Networking
import OCISpec

struct NetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "net", abstract: "How packets and names find their way.", subcommands: [NetExplainCommand.self])
}

struct NetExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Tell where a connection to a port goes, or what a name means, step by step.",
        usage: "brig net explain [--host] [-c CONTAINER] [--json] [ADDRESS:]PORT[/PROTOCOL]|NAME",
        discussion: """
            Each step names the rule that decides and the answer of the kernel on which it rests: Brig's packet rules and \
            their maps, routes, bridges and pairs, sockets and who holds them; for a name, nsswitch.conf, hosts, \
            resolv.conf and Brig's name server. Nothing is sent and nothing changed.
            """)

    @Flag(help: "The connection comes from this host itself, and not from elsewhere.") var host = false
    @Option(name: .shortAndLong, parsing: .unconditional, help: "The name is asked for in this container.")
    var container: String?
    @Flag(help: "As JSON.") var json = false
    @Argument(help: "A port or a name.") var subject: String

    func run() throws {
        let globals = Globals.current
        let isThere = (try? OwnedDescriptor(open: "\(globals.root)/brig.db", .pathOnly)) != nil
        let engine = isThere ? try Globals.engine() : nil
        let explanations: [Explanation]
        do {
            if let (address, port, transport) = try Self.port(subject) {
                guard container == nil else { throw CommandExit(1, "--container is about names, and not about ports") }
                // Without the rules every answer would be a guess.
                guard CallerIdentity.effectiveUid == 0 else {
                    throw CommandExit(
                        1, "the kernel tells packet rules and who holds a port to root alone: sudo brig net explain")
                }
                explanations = try PortExplanation(
                    engine: engine, port: port, transport: transport, address: address, sender: host ? .host : .outside
                ).read()
            } else {
                guard let name = DomainName(subject), !name.labels.isEmpty,
                    !subject.contains(where: { ":/ ".contains($0) })
                else { throw CommandExit(1, "\(subject) is no port and no name") }
                explanations = [try NameExplanation(engine: engine, name: name, container: container).read()]
            }
        } catch let error as NetlinkError {
            throw CommandExit(1, "\(error)")
        }
        if json {
            Output.line(JSONValue.array(explanations.map(\.json)).text(.indented("  ")))
        } else {
            Output.write(explanations.map(\.text).joined(separator: "\n"))
        }
    }

    /// `8080`, `53/udp`, `127.0.0.1:8080`, `[::1]:80`; `nil` for what is no port.
    static func port(_ text: String) throws -> (IPAddress?, UInt16, TransportProtocol)? {
        let halves = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        var (address, digits): (IPAddress?, Substring) = (nil, halves[0][...])
        if let colon = halves[0].lastIndex(of: ":") {
            let host = halves[0][..<colon].drop { $0 == "[" }.prefix { $0 != "]" }
            guard let parsed = IPAddress(String(host)) else { return nil }
            (address, digits) = (parsed, halves[0][halves[0].index(after: colon)...])
        }
        guard !digits.isEmpty, digits.utf8.allSatisfy({ 0x30...0x39 ~= $0 }) else { return nil }
        guard let port = UInt16(digits), port > 0 else {
            throw CommandExit(1, "\(text): a port is a number from 1 to 65535")
        }
        switch halves.count == 2 ? halves[1] : "tcp" {
        case "tcp": return (address, port, .tcp)
        case "udp": return (address, port, .udp)
        default: throw CommandExit(1, "\(text): only tcp and udp have ports that can be followed")
        }
    }
}
