import ArgumentParser
import CommandLineUI
import Engine
import OCISpec

struct InfoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info", abstract: "Show what this host offers and what Brig has.")

    @Option(name: .shortAndLong, parsing: .unconditional, help: "json, or a Go template.") var format: String?

    func run() throws {
        let template = try InspectCommand.parsed(format)
        let information = try Globals.engine().information()
        let json = try JSONValue(encoding: information)
        switch format {
        case nil, "": Output.write(Self.text(information))
        case "json": Output.line(json.text())
        default: if let template { Output.line(try template.text(for: json)) }
        }
    }

    private static func text(_ information: SystemInformation) -> String {
        """
        Client:
         Version: \(information.serverVersion)

        Server:
         Containers: \(information.containers)
          Running: \(information.containersRunning)
          Paused: \(information.containersPaused)
          Stopped: \(information.containersStopped)
         Images: \(information.images)
         Server Version: \(information.serverVersion) (no daemon)
         Storage Driver: \(information.driver)
         Logging Driver: \(information.loggingDriver)
         Cgroup Driver: \(information.cgroupDriver)
         Cgroup Version: \(information.cgroupVersion)
         Plugins:
          Volume: \(information.plugins.volume.joined(separator: " "))
          Network: \(information.plugins.network.joined(separator: " "))
          Log: \(information.plugins.log.joined(separator: " "))
         Swarm: \(information.swarm.localNodeState)
         Runtimes: \(information.defaultRuntime)
         Default Runtime: \(information.defaultRuntime)
         Security Options:
        \(information.securityOptions.map { "  \($0.split(separator: ",")[0].dropFirst(5))\n" }.joined())\
         Kernel Version: \(information.kernelVersion)
         Operating System: \(information.operatingSystem)
         OSType: \(information.osType)
         Architecture: \(information.architecture)
         CPUs: \(information.processors)
         Total Memory: \(ShownText.binarySize(information.memoryTotal))
         Name: \(information.name)
         Docker Root Dir: \(information.rootDirectory)
         Run Root: \(information.runDirectory)

        """ + information.warnings.map { "WARNING: \($0)\n" }.joined()
    }
}
