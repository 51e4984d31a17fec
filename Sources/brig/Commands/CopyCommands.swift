import ArgumentParser
import CommandLineUI
import Engine
import LinuxKernel
import OCISpec

struct CopyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cp", abstract: "Copy files out of a container or into it.",
        usage:
            "brig cp [OPTIONS] CONTAINER:SOURCE DESTINATION|-\n       brig cp [OPTIONS] SOURCE|- CONTAINER:DESTINATION",
        discussion: "- is a tar archive on standard output or input.")

    @Flag(name: .shortAndLong, help: "Owners stay those of the source.") var archive = false
    @Flag(name: [.customShort("L"), .long], help: "Follow a link that is named.") var followLink = false
    @Flag(name: .shortAndLong, help: "Do not say what was copied.") var quiet = false
    @Argument(help: "What to copy.") var source: String
    @Argument(help: "Where to.") var destination: String

    func run() throws {
        var options = CopyOptions()
        options.keepsOwners = archive
        options.followsLinks = followLink
        let engine = try Globals.engine()
        let size: UInt64
        switch (Self.place(source), Self.place(destination)) {
        case (_?, _?): throw EngineError(.unsupported, "copying between containers is not supported")
        case (nil, nil): throw EngineError(.invalidInput, "must specify at least one container source")
        case (let (container, path)?, nil):
            guard destination != "-" else {
                guard !Terminal.lending(1, { $0.isTerminal() }) else {
                    throw EngineError(.invalidInput, "an archive does not go to a terminal: redirect it")
                }
                return try engine.copy(
                    from: container, path, asArchive: try duplicateDescriptor(1), options)
            }
            size = try engine.copy(from: container, path, to: destination, options)
        case (nil, let (container, path)?):
            guard source != "-" else {
                return try engine.copy(
                    archive: try duplicateDescriptor(0), to: container, path)
            }
            size = try engine.copy(source, to: container, path, options)
        }
        // As in Docker, a script is told nothing.
        guard !quiet, Terminal.lending(1, { $0.isTerminal() }) else { return }
        Output.write(
            Array("Successfully copied \(ShownText.decimalSize(Int64(clamping: size))) to \(destination)\n".utf8),
            to: .error)
    }

    /// `CONTAINER:PATH`; `nil` for a path of the host's.
    private static func place(_ text: String) -> (container: String, path: String)? {
        // A path that begins with / or . is the host's, whatever colons it has.
        guard !text.hasPrefix("/"), !text.hasPrefix("."), let colon = text.firstIndex(of: ":") else { return nil }
        return (String(text[..<colon]), String(text[text.index(after: colon)...]))
    }
}

struct DiffCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Show which files a container has changed (C), added (A) and deleted (D).")

    @Argument(help: "A name or identifier.") var container: String

    func run() throws {
        for change in try Globals.engine().changes(of: container) {
            Output.line("\(change.letter) \(ShownText.printable(change.path))")
        }
    }
}
