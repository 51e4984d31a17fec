import ArgumentParser
import CommandLineUI
import Compose
import ComposeFile
import Engine
import OCISpec

struct ComposeVolumesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "volumes", abstract: "List the project's volumes.")

    @Flag(name: .shortAndLong, help: "Names alone.") var quiet = false
    @Option(parsing: .unconditional, help: "table, json, or a Go template.") var format: String?
    @OptionGroup var rehearsal: ComposeRehearsal
    @Argument(help: "Those of these services only.") var services: [String] = []

    func run() throws {
        let context = try ComposeContext(services: services, needsFiles: !services.isEmpty)
        guard services.isEmpty else { return try write(context) }
        var words = ["volume", "ls", "--filter", "label=\(Label.project)=\(context.project.name)"]
        if quiet { words.append("--quiet") }
        if let format { words += ["--format", format] }
        try ComposeContext.delegate(words)
    }

    /// Those of some services.
    private func write(_ context: ComposeContext) throws {
        let used = Set(
            services.flatMap { context.project.services[$0]?.mounts ?? [] }.filter { $0.kind == .volume }
                .compactMap(\.source))
        let own = try context.engine.volumes().filter {
            $0.labels?[Label.project] == context.project.name && used.contains($0.labels?[Label.volume] ?? "")
        }
        if quiet { return Output.write(own.map { "\($0.name)\n" }.joined()) }
        Output.write(
            try ListFormat(format).text(
                columns: [("Driver", "DRIVER"), ("Name", "VOLUME NAME")],
                rows: own.map { volume in
                    let labels = (volume.labels ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
                    return [
                        "Driver": "local", "Labels": .string(labels.joined(separator: ",")),
                        "Name": .string(volume.name),
                        "Scope": "local",
                    ]
                }))
    }
}

struct ComposeExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write the files of a service's container as a tar archive.")

    @Option(name: .shortAndLong, parsing: .unconditional, help: "A file, in place of standard output.") var output:
        String?
    @Option(parsing: .unconditional, help: "The container's number.") var index = 1
    @OptionGroup var rehearsal: ComposeRehearsal
    @Argument(help: "A service.") var service: String

    func run() throws {
        let context = try ComposeContext(services: [], needsFiles: false)
        let container = try context.container(service, index: index).name
        try ComposeContext.delegate(
            ["export"] + (output.map { ["-o", $0] } ?? []) + [container],
            told: "export \(container) to \(output ?? "standard output")")
    }
}

struct ComposeCommitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "commit", abstract: "Make an image of what a service's container has changed.")

    @Option(name: .shortAndLong, parsing: .unconditional, help: "Who made it.") var author: String?
    @Option(
        name: .shortAndLong, parsing: .unconditionalSingleValue,
        help: "A Dockerfile's instruction, such as 'CMD [\"sh\"]'.") var change: [String] = []
    @Option(name: .shortAndLong, parsing: .unconditional, help: "A comment kept in the image.") var message: String?
    @Flag(name: .shortAndLong, inversion: .prefixedNo, help: "Let the container stand still meanwhile.") var pause =
        true
    @Option(parsing: .unconditional, help: "The container's number.") var index = 1
    @OptionGroup var rehearsal: ComposeRehearsal
    @Argument(help: "A service.") var service: String
    @Argument(help: "NAME[:TAG]") var name: String?

    func run() throws {
        let context = try ComposeContext(services: [], needsFiles: false)
        var words = ["commit"]
        if let author { words += ["--author", author] }
        for text in change { words += ["--change", text] }
        if let message { words += ["--message", message] }
        if !pause { words.append("--no-pause") }
        let container = try context.container(service, index: index).name
        words.append(container)
        try ComposeContext.delegate(
            words + (name.map { [$0] } ?? []), told: "commit \(container)" + (name.map { " as \($0)" } ?? ""))
    }
}
