import ArgumentParser
import CommandLineUI
import Engine

struct PortCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "port", abstract: "Show or change where on the host a container's ports are reached.",
        subcommands: [PortShowCommand.self, PortAddCommand.self, PortRemoveCommand.self],
        defaultSubcommand: PortShowCommand.self)
}

struct PortShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show where on the host a container's ports are reached.")

    @Argument(help: "A container's name or identifier.") var container: String
    @Argument(help: "PORT[/PROTOCOL]: this one only.") var port: String?

    func run() throws {
        for found in try Globals.engine().ports(of: container, port) {
            Output.line(port == nil ? "\(found.port) -> \(found.address)" : found.address)
        }
    }
}

struct PortAddCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Publish further ports of a container, running or not.")

    @Argument(help: "A container's name or identifier.") var container: String
    @Argument(help: "[ADDRESS:][HOST:]CONTAINER[/udp], as with run -p.") var ports: [String]

    func run() throws { try Globals.engine().addPorts(ports, to: container) }
}

struct PortRemoveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm", abstract: "Take back ports of a container that were published.", aliases: ["remove"])

    @Argument(help: "A container's name or identifier.") var container: String
    @Argument(help: "CONTAINER[/udp], or as it was published.") var ports: [String]

    func run() throws { try Globals.engine().removePorts(ports, from: container) }
}
