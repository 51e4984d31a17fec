import ArgumentParser
import CommandLineUI
import Engine
import OCISpec

struct ManifestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "manifest", abstract: "Look at manifests in registries.", subcommands: [Inspect.self])

    struct Inspect: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "inspect", abstract: "Show the manifest or index that a registry has under a name.",
            discussion: "Nothing is fetched but the manifest, and nothing of it is kept.")

        @Flag(name: .shortAndLong, help: "With names, digests and platforms, each manifest of an index by itself.")
        var verbose = false
        @Argument(help: "NAME[:TAG|@DIGEST]") var name: String

        func run() throws {
            Output.line(try Globals.engine().inspectManifest(name, detailed: verbose).text(.indented("\t")))
        }
    }
}
