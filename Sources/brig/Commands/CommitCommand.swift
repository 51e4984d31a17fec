import ArgumentParser
import CommandLineUI
import Engine
import LinuxKernel
import OCISpec

struct CommitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "commit", abstract: "Make an image of what a container has changed.")

    @Option(name: .shortAndLong, parsing: .unconditional, help: "Who made it.") var author: String?
    @Option(
        name: .shortAndLong, parsing: .unconditionalSingleValue,
        help: "A Dockerfile's instruction, such as 'CMD [\"sh\"]'.") var change: [String] = []
    @Option(name: .shortAndLong, parsing: .unconditional, help: "A comment kept in the image.") var message = ""
    @Flag(name: .shortAndLong, inversion: .prefixedNo, help: "Let the container stand still meanwhile.") var pause =
        true
    @Argument(help: "A name or identifier.") var container: String
    @Argument(help: "NAME[:TAG]") var name: String?

    func run() throws {
        var options = CommitOptions()
        options.author = author
        options.changes = change
        options.message = message
        options.pauses = pause
        let reference = try name.map { text throws(EngineError) in try ImageReference(parsing: text) }
        Output.line("sha256:\(try Globals.engine().commit(container, as: reference, options))")
    }
}

struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write the files of a container as a tar archive.")

    @Option(name: .shortAndLong, parsing: .unconditional, help: "A file, in place of standard output.") var output:
        String?
    @Argument(help: "A name or identifier.") var container: String

    func run() throws {
        let engine = try Globals.engine()
        _ = try engine.identity(container)  // Before a file is made for nothing.
        guard let output else {
            guard !Terminal.lending(1, { $0.isTerminal() }) else {
                throw EngineError(
                    .invalidInput, "cowardly refusing to save to a terminal: use the -o flag or redirect")
            }
            return try engine.export(container, to: try duplicateDescriptor(1))
        }
        try ResultFile.write(output) { try engine.export(container, to: $0) }
    }
}

/// A file that gets its name when it is whole.
enum ResultFile {
    /// - Parameter path: A device or pipe is written to as it is.
    static func write(_ path: String, _ body: (consuming OwnedDescriptor) throws -> Void) throws {
        if let present = try? OwnedDescriptor(open: path, .pathOnly), try !present.status().isRegularFile {
            return try body(try OwnedDescriptor(open: path, .write))
        }
        let slash = path.lastIndex(of: "/")
        let parent = slash.map { String(path[...$0]) } ?? "."
        let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
        let directory = try OwnedDescriptor(open: parent, [.pathOnly, .directory])
        let partial = ".\(name).\(CallerIdentity.pid)"
        let file = try OwnedDescriptor(
            open: "\(parent)/\(partial)", [.write, .create, .exclusive], mode: 0o600)
        do {
            try body(file)
            try directory.rename(partial, to: name)
        } catch {
            // The first error is the one to tell.
            try? directory.removeFile(partial)
            throw error
        }
    }
}
