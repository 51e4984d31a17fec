import ArgumentParser
import CommandLineUI
import ComposeFile
import Engine
import LinuxKernel
import OCISpec

struct ComposeConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Check the files and show what they say together.", aliases: ["convert"])

    @Option(help: "yaml or json.") var format = "yaml"
    @Flag(help: "The names of the services.") var services = false
    @Flag(help: "The names of the volumes.") var volumes = false
    @Flag(help: "The names of the networks.") var networks = false
    @Flag(help: "The images.") var images = false
    @Flag(help: "The names of all profiles.") var profiles = false
    @Flag(help: "The variables that files are read with.") var environment = false
    @Option(help: "The hash of a service, several with commas, or * for all.") var hash: String?
    @Flag(name: .shortAndLong, help: "Only check.") var quiet = false
    @Flag(help: "Leave variables as they are.") var noInterpolate = false
    @Option(name: .shortAndLong, help: "A file to write to.") var output: String?
    @Argument(help: "These services and what they need.") var names: [String] = []

    func run() throws {
        guard ["yaml", "json"].contains(format) else {
            throw CommandExit(CommandExit.engine, "option --format is one of yaml, json")
        }
        var project = try ComposeGlobals.project(interpolates: !noInterpolate)
        do {
            project = try project.enabling(names)
        } catch {
            throw CommandExit(1, error.description)
        }
        if !names.isEmpty { project = project.only(project.closure(of: names)) }
        if quiet { return }
        try write(text(project))
    }

    private func text(_ project: Project) throws -> String {
        let lines = { (names: [String]) in names.map { "\($0)\n" }.joined() }
        if services { return lines(project.order) }
        if volumes { return lines(project.volumes.keys.sorted()) }
        if networks { return lines(project.networks.keys.sorted()) }
        if images { return lines(project.order.compactMap { project.services[$0].map(project.imageName) }) }
        if profiles { return lines(project.allProfiles) }
        if environment { return lines(project.variables.map { "\($0)=\($1)" }.sorted()) }
        if let hash {
            let wanted = hash == "*" ? project.services.keys.sorted() : hash.split(separator: ",").map(String.init)
            return lines(
                try wanted.map { name in
                    guard let service = project.services[name] else { throw CommandExit(1, "no such service: \(name)") }
                    return "\(name) \(project.hash(of: service))"
                })
        }
        if format == "json" { return project.json(escapesDollars: !noInterpolate).text(.indented("  ")) + "\n" }
        return project.yaml(escapesDollars: !noInterpolate)
    }

    private func write(_ text: String) throws {
        guard let output else { return try Output.writeOrThrow(Array(text.utf8), to: .output) }
        do {
            try replaceFile(output, text)
        } catch {
            throw CommandExit(1, "cannot write \(output): \(error)")
        }
    }
}

struct ComposeVersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "version", abstract: "Show the version.")

    @Flag(help: "The number alone.") var short = false
    @Option(name: .shortAndLong, help: "pretty or json.") var format = "pretty"

    func run() throws {
        if short { return Output.line(brigVersion) }
        Output.line(format == "json" ? "{\"version\":\"\(brigVersion)\"}" : "brig compose version \(brigVersion)")
    }
}
