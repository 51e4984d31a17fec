import ArgumentParser
import CommandLineUI
import Engine

struct LoadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load", abstract: "Bring images in from an archive.",
        discussion: """
            Takes what docker save, podman save, skopeo, buildah and umoci write: docker-archives of every version and \
            OCI layouts, as an archive (plain or compressed) or a directory.
            """)

    @Option(
        name: .shortAndLong, parsing: .unconditional,
        help: "The archive or layout; standard input unless said otherwise.")
    var input = "-"
    @Flag(name: .shortAndLong, help: "Say nothing but errors.") var quiet = false
    @Option(parsing: .unconditional, help: "Which image of a multi-platform archive, such as linux/arm64.")
    var platform: String?

    func run() throws {
        for image in try Globals.engine().loadImages(from: input, platform: platform) {
            if image.names.isEmpty { Output.line("Loaded image ID: \(image.id)") }
            for name in image.names { Output.line("Loaded image: \(name)") }
        }
    }
}

struct SaveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "save", abstract: "Write images as one archive.")

    @Option(name: .shortAndLong, parsing: .unconditional, help: "The file; standard output unless said otherwise.")
    var output: String?
    @Argument(help: "Names or identifiers.") var images: [String]

    func run() throws { try Globals.engine().saveImages(images, to: output) }
}
