import ArgumentParser
import CommandLineUI
import Engine
import OCISpec

struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Make an image from a tar archive of a root file system.")

    @Option(
        name: .shortAndLong, parsing: .unconditionalSingleValue,
        help: "A Dockerfile's instruction, such as 'CMD [\"sh\"]'.") var change: [String] = []
    @Option(name: .shortAndLong, parsing: .unconditional, help: "A comment kept in the image.") var message = ""
    @Option(
        parsing: .unconditional,
        help: "What the image is made for, such as linux/arm64; this machine unless said otherwise.")
    var platform: String?
    @Argument(help: "The archive, plain or compressed; - is standard input.") var file: String
    @Argument(help: "NAME[:TAG]") var name: String?

    func run() throws {
        let reference = try name.map { text throws(EngineError) in try ImageReference(parsing: text) }
        let id = try Globals.engine().importImage(
            from: file, as: reference, platform: platform, changes: change, comment: message)
        Output.line("sha256:\(id)")
    }
}

struct RmiCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "rmi", abstract: "Remove images.")

    @Flag(name: .shortAndLong, help: "All names of an image that has several.") var force = false
    @Flag(help: "For Docker's sake: an image has no parents here that would go with it.") var noPrune = false
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
            BuildCommand.self,
            List.self, PullCommand.self, PushCommand.self, LoadCommand.self, SaveCommand.self, ImportCommand.self,
            Remove.self, Inspect.self, TagCommand.self, HistoryCommand.self, ImagePruneCommand.self,
            ImageTreeCommand.self,
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
            commandName: "rm", abstract: RmiCommand.configuration.abstract, aliases: ["remove"])
        @OptionGroup var command: RmiCommand
        func run() throws { try command.run() }
    }

    /// `inspect` for images alone.
    struct Inspect: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "inspect", abstract: "Show all about images, as JSON.")
        @Option(name: .shortAndLong, parsing: .unconditional, help: "json, or a Go template.") var format: String?
        @Argument(help: "Names or identifiers.") var images: [String]
        func run() throws { try InspectCommand.show(images, type: .image, format: format) }
    }
}
