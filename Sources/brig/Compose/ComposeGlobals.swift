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
    /// `auto`, `tty`, `plain`, `json` or `quiet`.
    var progress = "auto"
    /// `auto`, `never` or `always`.
    var ansi = "auto"
    /// How many things are done at once.
    var parallel = 16
    /// Names as docker-compose 1 made them, with `_`.
    var isCompatible = false
    /// Networks and so on that nobody uses are shown, too.
    var showsAll = false
    var dryRun = false

    /// Set once, before any command runs.
    nonisolated(unsafe) static var current = ComposeGlobals()

    init() {}

    /// Takes the options behind `compose` out of the command line: some have letters that commands use, too.
    init(takingFrom words: inout [String]) throws {
        try takeEnvironment()
        var rest = Array(words.dropFirst())
        while let word = rest.first, word.hasPrefix("-"), !["-h", "--help", "--version", "-v"].contains(word) {
            rest.removeFirst()
            var parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            if !word.hasPrefix("--"), word.utf8.count > 2 {
                parts = [String(word.prefix(2)), String(word.dropFirst(2))]
            }
            if Self.flags.contains(parts[0]) {
                guard let value = parts.count == 1 ? true : FlagValues.boolean(parts[1]) else {
                    throw CommandExit(CommandExit.engine, "option \(parts[0]) is true or false, not \(parts[1])")
                }
                set(parts[0], value)
                continue
            }
            guard Self.valued.contains(parts[0]) else {
                throw CommandExit(CommandExit.engine, "brig compose has no option \(parts[0]): see brig compose --help")
            }
            guard let value = parts.count == 2 ? parts[1] : rest.first, !value.isEmpty else {
                throw CommandExit(CommandExit.engine, "option \(parts[0]) needs a value")
            }
            if parts.count == 1 { rest.removeFirst() }
            try set(parts[0], value)
        }
        if ["--version", "-v"].contains(rest.first) { rest[0] = "version" }
        if rest.first == "help" { rest = Array(rest.dropFirst().prefix(1)) + ["--help"] }
        if let command = rest.first, let why = Self.absent[command] {
            throw CommandExit(1, "compose \(command): \(why)")
        }
        words = ["compose"] + rest
    }

    /// Commands of Compose v2 that are not there, and why.
    private static let absent = [
        "publish":
            "projects are not pushed as artifacts; push sends the images, config --resolve-image-digests the file",
        "bridge": "projects are not turned into other formats", "alpha": "there are no commands on trial",
        "viz": "projects are not drawn", "generate": "files are not made of containers",
    ]

    private static let flags: Set<String> = [
        "--compatibility", "--all-resources", "--dry-run", "--no-ansi", "--verbose",
    ]

    private mutating func set(_ flag: String, _ value: Bool) {
        switch flag {
        case "--compatibility": isCompatible = value
        case "--all-resources": showsAll = value
        case "--dry-run": dryRun = value
        case "--no-ansi": ansi = value ? "never" : ansi
        default: break
        }
    }

    /// What variables say where no option does.
    private mutating func takeEnvironment() throws {
        for (name, option) in [
            ("COMPOSE_PROGRESS", "--progress"), ("COMPOSE_ANSI", "--ansi"), ("COMPOSE_PARALLEL_LIMIT", "--parallel"),
        ] {
            guard let value = environmentVariable(name), !value.isEmpty else { continue }
            do {
                try set(option, value)
            } catch let error as CommandExit {
                throw CommandExit(error.status, "\(name): \(error.message ?? "")")
            }
        }
        isCompatible = ComposeSource.isTrue(environmentVariable("COMPOSE_COMPATIBILITY"))
    }

    private static let valued: Set<String> = [
        "-f", "--file", "-p", "--project-name", "--project-directory", "--workdir", "--env-file", "--profile",
        "--progress", "--ansi", "--parallel",
    ]

    private mutating func set(_ option: String, _ value: String) throws {
        func demand(_ words: [String]) throws {
            guard !words.contains(value) else { return }
            throw CommandExit(
                CommandExit.engine, "option \(option) is one of \(words.joined(separator: ", ")), not \(value)")
        }
        switch option {
        case "-f", "--file": files.append(value)
        case "-p", "--project-name": projectName = value
        case "--project-directory", "--workdir": projectDirectory = value
        case "--env-file": envFiles.append(value)
        case "--profile": profiles.append(value)
        case "--progress":
            try demand(["auto", "tty", "plain", "json", "quiet"])
            progress = value
        case "--ansi":
            try demand(["auto", "never", "always"])
            ansi = value
        default:
            guard let count = Int(value), count == -1 || count > 0 else {
                throw CommandExit(CommandExit.engine, "option \(option) is a number, or -1 for no limit, not \(value)")
            }
            parallel = count == -1 ? 64 : min(count, 64)
        }
    }

    /// How what is done is shown.
    var style: ProgressDisplay.Style {
        switch progress {
        case "plain": .plain
        case "json": .json
        case "quiet": .quiet
        default: ansi == "never" ? .plain : .auto
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
    static func project(_ change: (inout ComposeSource) -> Void = { _ in }) throws(CommandExit) -> Project {
        do {
            var source = try current.source()
            change(&source)
            var project = try source.project()
            if current.isCompatible { project.separator = "_" }
            for warning in project.warnings { Output.complain("warning: \(warning)") }
            return project
        } catch let error as ComposeFileError {
            throw exit(error.description)
        } catch {
            throw CommandExit(1, "\(error)")
        }
    }
}
