import ArgumentParser
import CommandLineUI
import Engine
import OCISpec

struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Make an image from a tar archive of a root file system.")

    @Option(name: .shortAndLong, help: "A Dockerfile's instruction, such as 'CMD [\"sh\"]'.") var change: [String] = []
    @Option(name: .shortAndLong, help: "A comment kept in the image.") var message = ""
    @Argument(help: "The archive, plain or compressed; - is standard input.") var file: String
    @Argument(help: "NAME[:TAG]") var name: String?

    func run() throws {
        let reference = try name.map { text throws(EngineError) in try ImageReference(parsing: text) }
        let id = try Globals.engine().importImage(from: file, as: reference, changes: change, comment: message)
        Output.line("sha256:\(id)")
    }
}

struct ImagesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "images", abstract: "List images.")

    @Flag(name: .shortAndLong, help: "Identifiers only.") var quiet = false
    @Flag(name: .shortAndLong, help: "All images.") var all = false
    @Flag(help: "Whole identifiers.") var noTrunc = false
    @Option(help: "table, json, or a Go template.") var format: String?

    func run() throws {
        let format = try ListFormat(format)
        let list = try Globals.engine().images()
        if quiet, self.format == nil {
            Output.write(list.map { shown($0.id) + "\n" }.joined())
            return
        }
        Output.write(
            try format.text(
                columns: [
                    ("Repository", "REPOSITORY"), ("Tag", "TAG"), ("ID", "IMAGE ID"), ("CreatedSince", "CREATED"),
                    ("Size", "SIZE"),
                ], rows: list.flatMap(rows)))
    }

    private func shown(_ id: String) -> String { noTrunc ? id : String(id.dropFirst(7).prefix(12)) }

    private func rows(_ image: ImageSummary) -> [JSONObject] {
        let names = image.repoTags.isEmpty ? ["<none>:<none>"] : image.repoTags
        return names.map { name in
            let colon = name.lastIndex(of: ":") ?? name.endIndex
            return [
                "Containers": .string(String(image.containers)), "CreatedAt": .string(Clock.local(image.created)),
                "CreatedSince": .string("\(HumanDuration.text(seconds: Clock.now - image.created)) ago"),
                "Digest": "<none>", "ID": .string(shown(image.id)), "Repository": .string(String(name[..<colon])),
                "Size": .string(ShownText.decimalSize(image.size)), "Tag": .string(String(name[colon...].dropFirst())),
            ]
        }
    }
}

struct RmiCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "rmi", abstract: "Remove images.")

    @Flag(name: .shortAndLong, help: "All names of an image that has several.") var force = false
    @Argument(help: "Names or identifiers.") var images: [String]

    func run() throws {
        let engine = try Globals.engine()
        var failed = false
        for image in images {
            do {
                for line in try engine.removeImage(image, force: force) { Output.line(line) }
            } catch {
                Output.complain(error.message)
                failed = true
            }
        }
        if failed { throw CommandExit(1) }
    }
}

struct ImageCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "image", abstract: "The commands on images.",
        subcommands: [
            List.self, PullCommand.self, PushCommand.self, LoadCommand.self, SaveCommand.self, ImportCommand.self,
            Remove.self, InspectCommand.self,
        ])

    /// `images` under the name that it has in this group.
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "ls", abstract: ImagesCommand.configuration.abstract, aliases: ["list"])
        @OptionGroup var command: ImagesCommand
        func run() throws { try command.run() }
    }

    /// `rmi` under the name that it has in this group.
    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rm", abstract: RmiCommand.configuration.abstract)
        @OptionGroup var command: RmiCommand
        func run() throws { try command.run() }
    }
}
