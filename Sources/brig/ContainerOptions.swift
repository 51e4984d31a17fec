import CommandLineUI
import Engine
import LinuxKernel

/// What the command line of `run` and `create` says of a container.
///
/// The options themselves are in `ContainerOptions+Flags.swift` and its neighbours; most of them set a member of the
/// request at once. What needs more than its own value is kept here until all is read.
struct ContainerOptions: Sendable {
    var request = ContainerRequest()
    var env: [String] = []
    var envFiles: [String] = []
    var labels: [String] = []
    var labelFiles: [String] = []
    /// `-v`, as given.
    var volumes: [String] = []
    var attach: [String] = []
    var health = HealthOptions()
    var networks = NetworkOptions()
    var sizeOfSharedMemory: Int64?
    /// Where the identifier is written to.
    var cidfile: String?
    var pull = PullPolicy.missing
    var platform: String?
    var isQuiet = false
    /// Of `run` alone.
    var isDetached = false
    var passesSignals = true
    var detachKeys: String?
    /// Only say what would be done, and why.
    var explains = false
    var explainsAsJSON = false
    /// The image, and the words behind it.
    private(set) var image = ""
    private(set) var command: [String] = []

    /// Reads a command line: options, the image, and what is to run in place of its own command.
    ///
    /// - Parameter name: `run` or `create`.
    /// - Returns: `nil` if help was asked for, which has been printed.
    /// - Throws: `CommandExit` with 125.
    static func read(_ words: [String], for name: String) throws -> ContainerOptions? {
        var options = ContainerOptions()
        let flags = CommandFlags(name == "run" ? sharedFlags + runFlags : sharedFlags)
        do {
            switch try flags.parse(words, into: &options) {
            case .help:
                Output.write(
                    "USAGE: brig \(name) [OPTIONS] IMAGE [COMMAND [ARGUMENT…]]\n\nOPTIONS:\n\(flags.help)")
                return nil
            case .words(let rest):
                guard let image = rest.first else {
                    throw CommandExit(1, "no image given: brig \(name) [OPTIONS] IMAGE [COMMAND [ARGUMENT…]]")
                }
                options.image = image
                options.command = Array(rest.dropFirst())
            }
            try options.complete()
            return options
        } catch let error as FlagError {
            throw CommandExit(CommandExit.engine, error.description)
        } catch let error as EngineError {
            throw CommandExit(running: error)
        } catch let error as SyscallError {
            throw CommandExit(CommandExit.engine, error.description)
        }
    }

    /// Brings in what was kept.
    private mutating func complete() throws {
        request.configuration.image = image
        request.configuration.cmd = command.isEmpty ? nil : command
        request.configuration.env = try EnvironmentOptions.entries(env, files: envFiles)
        for text in try LabelOptions.lines(labelFiles) + labels {
            let (key, value) = keyAndValue(text)
            guard !key.isEmpty else { throw FlagError("invalid label: \(text)") }
            guard !key.contains(where: \.isWhitespace) else {
                throw FlagError("invalid label '\(text)': its name contains whitespaces")
            }
            request.configuration.labels[key] = value
        }
        let directory = volumes.isEmpty ? "/" : try workingDirectory()
        for text in volumes {
            switch try VolumeBinding.parse(text, workingDirectory: directory) {
            case .anonymous(let destination): request.configuration.volumes[destination] = [:]
            case .binding(let binding):
                // As for Docker, the same thing said twice is said once.
                let text = binding.description
                if !request.host.binds.contains(text) { request.host.binds.append(text) }
            }
        }
        request.configuration.healthcheck = try health.request()
        if let size = sizeOfSharedMemory { request.host.shmSize = size }
        if request.host.autoRemove, request.host.restartPolicy.isActive {
            throw FlagError("conflicting options: cannot specify both --restart and --rm")
        }
        if let cidfile {
            guard !exists(cidfile) else {
                throw FlagError(
                    "container ID file found, make sure the other container isn't running or delete \(cidfile)")
            }
            request.host.containerIDFile = cidfile
        }
        try networks.apply(to: &request)
        try completeStreams()
    }

    /// Which streams a command in the foreground has to do with.
    private mutating func completeStreams() throws {
        if isDetached, !attach.isEmpty {
            throw FlagError("conflicting options: cannot specify both --attach and --detach")
        }
        let named = { [attach] (stream: String) in attach.contains(stream) }
        let isOpen = request.configuration.openStdin
        request.configuration.attachStdin = !isDetached && (attach.isEmpty ? isOpen : named("stdin"))
        request.configuration.attachStdout = !isDetached && (attach.isEmpty || named("stdout"))
        request.configuration.attachStderr =
            !isDetached && !request.configuration.tty && (attach.isEmpty || named("stderr"))
        request.configuration.stdinOnce = !isDetached && isOpen
    }

    private func exists(_ path: String) -> Bool { (try? OwnedDescriptor(open: path, .pathOnly)) != nil }
}

/// The text before the first `=` and behind it.
func keyAndValue(_ text: String) -> (key: String, value: String) {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    return (String(parts[0]), parts.count == 2 ? String(parts[1]) : "")
}

/// `--env` and `--env-file`.
enum EnvironmentOptions {
    /// The entries of the files, then those of the options, which go before them. A name alone takes this command's own
    /// value, and nothing if it has none.
    static func entries(_ options: [String], files: [String]) throws -> [String] {
        var result: [String] = []
        for line in try LabelOptions.lines(files) {
            let key = line.prefix { $0 != "=" }
            guard !key.contains(where: \.isWhitespace) else {
                throw FlagError("poorly formatted environment: variable '\(key)' contains whitespaces")
            }
            add(line, to: &result)
        }
        for option in options { add(option, to: &result) }
        for text in result { _ = try EnvironmentEntry(text) }
        return result
    }

    private static func add(_ text: String, to entries: inout [String]) {
        let key = text.prefix { $0 != "=" }
        entries.removeAll { $0.prefix { $0 != "=" } == key }
        if key.endIndex < text.endIndex {
            entries.append(text)
        } else if let value = environmentVariable(text), !text.isEmpty {
            entries.append("\(text)=\(value)")
        }
    }
}

/// `--label-file` and `--env-file` have the same form.
enum LabelOptions {
    /// The lines of files that are neither empty nor comments.
    static func lines(_ files: [String]) throws -> [String] {
        var result: [String] = []
        for file in files {
            var bytes = try readFile(file, limit: 16 << 20)[...]
            // What some editors begin a file with.
            if bytes.starts(with: [0xef, 0xbb, 0xbf]) { bytes = bytes.dropFirst(3) }
            for (number, line) in bytes.split(separator: 0x0a, omittingEmptySubsequences: false).enumerated()
            where String(validating: line, as: UTF8.self) == nil {
                throw FlagError("\(file) contains invalid utf8 bytes at line \(number + 1)")
            }
            for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
                let text = line.drop(while: \.isWhitespace)
                if text.isEmpty || text.hasPrefix("#") { continue }
                guard let first = text.first, first != "=" else {
                    throw FlagError("no variable name on line '\(text)' of \(file)")
                }
                result.append(String(text))
            }
        }
        return result
    }
}

/// `--health-…`.
struct HealthOptions: Sendable {
    var command: String?
    var isOff = false
    var settings = HealthSettings()
    private var isSet: Bool { command != nil || settings != HealthSettings() }

    func request() throws(FlagError) -> HealthSettings? {
        var result = settings
        if isOff {
            guard !isSet else { throw FlagError("--no-healthcheck conflicts with --health-* options") }
            result.test = ["NONE"]
            return result
        }
        guard isSet else { return nil }
        if let command, !command.isEmpty { result.test = ["CMD-SHELL", command] }
        return result
    }
}
