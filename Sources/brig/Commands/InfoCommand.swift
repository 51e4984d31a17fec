import ArgumentParser
import CommandLineUI
import Engine
import OCISpec

struct InfoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info", abstract: "Show what this host offers and what Brig has.")

    @Option(name: .shortAndLong, help: "json, or a Go template.") var format: String?

    func run() throws {
        let information = try Globals.engine().information()
        let json = try JSONValue(encoding: information)
        switch format {
        case nil, "": Output.write(Self.text(information))
        case "json": Output.line(json.text())
        case let text?: Output.line(try Template(text).text(for: json))
        }
    }

    private static func text(_ information: SystemInformation) -> String {
        """
        Containers: \(information.containers)
         Running: \(information.containersRunning)
         Stopped: \(information.containersStopped)
        Images: \(information.images)
        Version: \(information.serverVersion)
        Runtime: \(information.defaultRuntime)
        Root: \(information.rootDirectory)
        Run root: \(information.runDirectory)
        Cgroup version: \(information.cgroupVersion)\(information.swapLimit ? "" : " (swap is not limited)")
        Security: \(information.securityOptions.joined(separator: ", "))
        Kernel: \(information.kernelVersion)
        Architecture: \(information.architecture)
        CPUs: \(information.processors)
        Total memory: \(ShownText.binarySize(information.memoryTotal))
        Name: \(information.name)

        """ + information.warnings.map { "WARNING: \($0)\n" }.joined()
    }
}
