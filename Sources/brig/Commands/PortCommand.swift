import ArgumentParser
import CommandLineUI
import Engine

struct PortCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "port", abstract: "Show where on the host a container's ports are reached.")

    @Argument(help: "A container's name or identifier.") var container: String
    @Argument(help: "PORT[/PROTOCOL]: this one only.") var port: String?

    func run() throws {
        for found in try Globals.engine().ports(of: container, port) {
            Output.line(port == nil ? "\(found.port) -> \(found.address)" : found.address)
        }
    }
}
