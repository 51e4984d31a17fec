import ArgumentParser
import Engine
import LinuxKernel

/// The options that describe a container.
struct ContainerOptions: ParsableArguments {
    @Option(help: "The container's name; a random one if none is given.") var name: String?
    @Option(name: .shortAndLong, help: "The container's host name; the beginning of its identifier if none is given.")
    var hostname: String?
    @Option(help: "The container's NIS domain name.") var domainname: String?
    @Flag(name: .shortAndLong, help: "Pass standard input on to the container.") var interactive = false
    @Flag(name: .shortAndLong, help: "Give the container a terminal.") var tty = false
    @Option(
        name: [.customShort("e", allowingJoined: true), .long],
        help: "KEY=VALUE in the environment, or KEY with this command's own value.")
    var env: [String] = []
    @Option(help: "A file with one KEY=VALUE a line.") var envFile: [String] = []
    @Option(
        name: [.customShort("w", allowingJoined: true), .long], help: "The working directory in the container.")
    var workdir: String?
    @Option(
        name: [.customShort("u", allowingJoined: true), .long], help: "USER[:GROUP] as names of the image or numbers.")
    var user: String?
    @Option(help: "Another program in place of the image's; empty for none.") var entrypoint: String?
    @Option(
        name: [.customShort("l", allowingJoined: true), .long], help: "KEY=VALUE for people and programs to find it by."
    )
    var label: [String] = []
    @Option(
        name: [.customShort("v", allowingJoined: true), .long],
        help: "HOST:CONTAINER[:ro] shows a directory or file of the host.")
    var volume: [String] = []
    @Option(help: "PATH[:OPTIONS] is a file system in memory.") var tmpfs: [String] = []
    @Flag(help: "The root file system cannot be written.") var readOnly = false
    @OptionGroup(title: "Networks") var networks: NetworkOptions
    @Option(name: [.customShort("m", allowingJoined: true), .long], help: "The most memory, such as 512m.")
    var memory: String?
    @Option(help: "The most memory and swap together; -1 for any swap.") var memorySwap: String?
    @Option(help: "The most processors, such as 1.5.") var cpus: String?
    @Option(help: "The most processes; -1 for any number.") var pidsLimit: Int64 = 0
    @Option(help: "The size of /dev/shm, such as 64m.") var shmSize: String?
    @Option(help: "NAME=SOFT[:HARD], a limit for each process.") var ulimit: [String] = []
    @Option(help: "From -1000 to 1000: who goes first when memory runs out.") var oomScoreAdj = 0
    @Option(help: "A capability more, or ALL.") var capAdd: [String] = []
    @Option(help: "A capability less, or ALL.") var capDrop: [String] = []
    @Option(help: "seccomp=FILE|unconfined, no-new-privileges, apparmor=PROFILE.") var securityOpt: [String] = []
    @Flag(help: "Everything that root can do. Such a container can take over the host.") var privileged = false
    @Option(name: .customLong("cgroupns"), help: "private or host.") var cgroupNamespace: String?
    @Option(help: "json-file, local or none.") var logDriver = "json-file"
    @Option(help: "KEY=VALUE, an option of the log driver, such as max-size=10m.") var logOpt: [String] = []
    @Option(help: "When it is started again: no, on-failure[:COUNT], always or unless-stopped.") var restart = "no"
    @Option(help: "The signal that asks it to end.") var stopSignal: String?
    @Option(help: "How many seconds it has to end.") var stopTimeout: Int?

    /// The request that these options and the words behind them make.
    ///
    /// - Throws: `CommandExit` with 125 for anything that is wrong.
    func request(_ words: [String], removed: Bool) throws -> ContainerRequest {
        do {
            return try makeRequest(words, removed: removed)
        } catch let error as EngineError {
            throw CommandExit(running: error)
        } catch let error as SyscallError {
            throw CommandExit(CommandExit.engine, error.description)
        }
    }

    private func makeRequest(_ words: [String], removed: Bool) throws -> ContainerRequest {
        var words = words
        if words.first == "--" { words.removeFirst() }
        guard let image = words.first else {
            throw CommandExit(CommandExit.engine, "no image given: brig run [OPTIONS] IMAGE [COMMAND…]")
        }
        guard !image.hasPrefix("-") else { throw CommandExit(CommandExit.engine, "unknown option \(image)") }
        var request = ContainerRequest()
        request.name = try name.map { text throws(EngineError) in try ContainerName(text) }
        request.configuration = try configuration(image, Array(words.dropFirst()))
        request.host = try host(removed: removed)
        try networks.apply(to: &request)
        return request
    }

    private func configuration(_ image: String, _ command: [String]) throws -> ContainerConfiguration {
        var result = ContainerConfiguration()
        result.image = image
        result.cmd = command.isEmpty ? nil : command
        result.entrypoint = entrypoint.map { [$0] }
        result.hostname = hostname ?? ""
        result.domainname = domainname ?? ""
        result.user = user ?? ""
        result.tty = tty
        result.openStdin = interactive
        result.workingDir = workdir ?? ""
        result.stopSignal = stopSignal
        result.stopTimeout = stopTimeout
        result.env = try EnvironmentOptions.entries(env, files: envFile)
        for text in label {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            result.labels[String(parts[0])] = parts.count == 2 ? String(parts[1]) : ""
        }
        return result
    }

    private func host(removed: Bool) throws -> HostConfiguration {
        var result = HostConfiguration()
        let directory = try workingDirectory()
        result.binds = try volume.map { text throws(EngineError) in
            try VolumeBinding(text, workingDirectory: directory).description
        }
        for text in tmpfs {
            let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            result.tmpfs[String(parts[0])] = parts.count == 2 ? String(parts[1]) : ""
        }
        result.logConfig.type = logDriver
        for text in logOpt {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, !parts[0].isEmpty else {
                throw EngineError(.invalidInput, "invalid argument for --log-opt: \(text)")
            }
            result.logConfig.config[parts[0]] = parts[1]
        }
        result.restartPolicy = try HostConfiguration.RestartPolicy(restart)
        if removed, result.restartPolicy.isActive {
            throw EngineError(.invalidInput, "conflicting options: cannot specify both --restart and --rm")
        }
        result.autoRemove = removed
        result.readonlyRootfs = readOnly
        result.capAdd = capAdd.flatMap(Self.separated)
        result.capDrop = capDrop.flatMap(Self.separated)
        result.securityOpt = try securityOpt.map { text in
            // Where the file lies is seen from here; the engine may look from elsewhere.
            let name = "seccomp="
            guard text.hasPrefix(name), case let path = text.dropFirst(name.count),
                path.hasPrefix(".") || path.contains("/"),
                !path.hasPrefix("/")
            else { return text }
            return "\(name)\(try workingDirectory())/\(path)"
        }
        result.privileged = privileged
        result.cgroupnsMode = cgroupNamespace ?? ""
        result.oomScoreAdj = oomScoreAdj
        result.pidsLimit = pidsLimit
        result.ulimits = try ulimit.map { text throws(EngineError) in try UserLimit(text) }
        if let memory { result.memory = try Quantity.bytes(memory, option: "--memory") }
        if let memorySwap {
            result.memorySwap = memorySwap == "-1" ? -1 : try Quantity.bytes(memorySwap, option: "--memory-swap")
        }
        if let cpus { result.nanoCpus = try Quantity.nanoCPUs(cpus) }
        if let shmSize { result.shmSize = try Quantity.bytes(shmSize, option: "--shm-size") }
        return result
    }

    private static func separated(_ text: String) -> [String] { text.split(separator: ",").map(String.init) }
}

/// `--env` and `--env-file`.
enum EnvironmentOptions {
    /// The entries of the files, then those of the options, which go before them. A name alone takes this command's own
    /// value, and nothing if it has none.
    static func entries(_ options: [String], files: [String]) throws -> [String] {
        var result: [String] = []
        for file in files {
            for line in try readText(file, limit: 16 << 20).split(whereSeparator: \.isNewline) {
                let text = line.drop(while: \.isWhitespace)
                if text.isEmpty || text.hasPrefix("#") { continue }
                add(String(text), to: &result)
            }
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
