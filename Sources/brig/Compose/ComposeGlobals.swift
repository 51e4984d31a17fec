import CommandLineUI
import ComposeFile
import LinuxKernel

/// The options between `compose` and its command, and where the project comes from.
struct ComposeGlobals: Sendable {
    var files: [String] = []
    var projectDirectory: String?
    var projectName: String?
    var envFiles: [String] = []
    var profiles: [String] = []
    /// `auto`, `plain`, `quiet` and so on; `--ansi never` is plain.
    var progress = "auto"
    var dryRun = false

    /// Set once, before any command runs.
    nonisolated(unsafe) static var current = ComposeGlobals()

    init() {}

    /// Takes the options behind `compose` out of the command line: some have letters that commands use, too.
    init(takingFrom words: inout [String]) throws {
        var rest = Array(words.dropFirst())
        while let word = rest.first, word.hasPrefix("-"), !["-h", "--help", "--version", "-v"].contains(word) {
            rest.removeFirst()
            var parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            if !word.hasPrefix("--"), word.utf8.count > 2 {
                parts = [String(word.prefix(2)), String(word.dropFirst(2))]
            }
            if ["--compatibility", "--all-resources", "--verbose"].contains(parts[0]) { continue }
            if parts[0] == "--dry-run" {
                dryRun = true
                continue
            }
            guard Self.valued.contains(parts[0]) else {
                throw CommandExit(CommandExit.engine, "brig compose has no option \(parts[0]): see brig compose --help")
            }
            guard let value = parts.count == 2 ? parts[1] : rest.first, !value.isEmpty else {
                throw CommandExit(CommandExit.engine, "option \(parts[0]) needs a value")
            }
            if parts.count == 1 { rest.removeFirst() }
            set(parts[0], value)
        }
        if ["--version", "-v"].contains(rest.first) { rest[0] = "version" }
        if rest.first == "help" { rest = Array(rest.dropFirst().prefix(1)) + ["--help"] }
        try takeDryRun(&rest)
        words = ["compose"] + rest
    }

    /// Commands that change nothing anyway.
    private static let reading: Set<String> = [
        "ps", "ls", "config", "convert", "images", "logs", "top", "port", "events", "stats", "version", "volumes",
        "help",
    ]

    /// `up` takes `--dry-run` behind its name, too. No command that would do something must do it all the same.
    private mutating func takeDryRun(_ words: inout [String]) throws {
        guard let command = words.first, !command.hasPrefix("-") else { return }
        let own = words.prefix { $0 != "--" }.dropFirst().firstIndex(of: "--dry-run")
        if command == "up", let own {
            words.remove(at: own)
            dryRun = true
        }
        guard dryRun, command != "up", !Self.reading.contains(command) else { return }
        throw CommandExit(
            CommandExit.engine,
            "--dry-run is for up, and shows what that would make and remove; \(command) has no such thing")
    }

    private static let valued: Set<String> = [
        "-f", "--file", "-p", "--project-name", "--project-directory", "--workdir", "--env-file", "--profile",
        "--progress", "--ansi", "--parallel",
    ]

    private mutating func set(_ option: String, _ value: String) {
        switch option {
        case "-f", "--file": files.append(value)
        case "-p", "--project-name": projectName = value
        case "--project-directory", "--workdir": projectDirectory = value
        case "--env-file": envFiles.append(value)
        case "--profile": profiles.append(value)
        case "--progress": progress = value
        case "--ansi": if value == "never" { progress = "plain" }
        default: break
        }
    }

    /// Where the project is read from.
    func source() throws -> ComposeSource {
        let directory = try workingDirectory()
        var source = ComposeSource(workingDirectory: directory) {
            (path: String) throws(ComposeFileError) -> [UInt8]? in
            if path == "-" {
                do throws(SyscallError) {
                    return try StandardDescriptors.readInput(limit: 4 << 20)
                } catch {
                    throw ComposeFileError("cannot read standard input: \(error)")
                }
            }
            do throws(NamedFileError) {
                return try readNamedFile(path, limit: 4 << 20)
            } catch {
                if error.code == .noSuchFile || error.code == .notDirectory { return nil }
                throw ComposeFileError(error.description)
            }
        }
        source.files = files
        source.projectDirectory = projectDirectory
        source.projectName = projectName
        source.envFiles = envFiles
        source.profiles = profiles
        source.environment = callerEnvironment().reduce(into: [:]) { result, entry in
            let parts = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { result[String(parts[0])] = String(parts[1]) }
        }
        return source
    }

    /// Says what is wrong, where it takes several lines line by line, and becomes the exit code.
    static func exit(_ text: String) -> CommandExit {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count > 1 else { return CommandExit(1, text) }
        Output.complain(String(lines[0]))
        Output.write(
            Array((lines.dropFirst().map { Table.printable(String($0)) }).joined(separator: "\n").utf8) + [0x0a],
            to: .error)
        return CommandExit(1)
    }

    /// The project, its warnings said.
    static func project(interpolates: Bool = true) throws(CommandExit) -> Project {
        do {
            var source = try current.source()
            source.interpolates = interpolates
            let project = try source.project()
            for warning in project.warnings { Output.complain("warning: \(warning)") }
            return project
        } catch let error as ComposeFileError {
            throw exit(error.description)
        } catch {
            throw CommandExit(1, "\(error)")
        }
    }
}
