import ArgumentParser
import Builder
import CommandLineUI
import Engine
import LinuxKernel
import OCISpec

struct BuildCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "build", abstract: "Build an image from a Dockerfile.",
        usage: "brig build [OPTIONS] PATH|URL|-",
        discussion: """
            The context is a directory, a git repository (https://…/x.git#BRANCH:DIRECTORY), or - for standard input: a tar \
            archive, or a Dockerfile alone. -f - reads the Dockerfile from standard input.
            """)

    @Option(
        name: [.customShort("t", allowingJoined: true), .long], parsing: .unconditionalSingleValue,
        help: "NAME[:TAG] that the image gets; may be repeated."
    )
    var tag: [String] = []
    @Option(
        name: [.customShort("f", allowingJoined: true), .long], parsing: .unconditional,
        help: "The Dockerfile; - is standard input.")
    var file: String?
    @Option(parsing: .unconditional, help: "The stage to build; the last one if none is given.") var target: String?
    @Option(parsing: .unconditionalSingleValue, help: "NAME=VALUE for an ARG, or NAME with this command's own value.")
    var buildArg: [String] = []
    @Flag(help: "Do every step anew.") var noCache = false
    @Option(parsing: .unconditionalSingleValue, help: "Stages to build anew, separated by commas.") var noCacheFilter:
        [String] = []
    @Flag(help: "Look for newer base images first.") var pull = false
    @Option(
        parsing: .unconditionalSingleValue,
        help: "id=NAME,src=FILE or id=NAME,env=VARIABLE: for RUN --mount=type=secret.") var secret: [String] = []
    @Option(
        parsing: .unconditionalSingleValue,
        help: "ID[=SOCKET]: for RUN --mount=type=ssh; SSH_AUTH_SOCK's agent unless said otherwise.")
    var ssh: [String] = []
    @Option(parsing: .unconditionalSingleValue, help: "NAME=VALUE kept in the image.") var label: [String] = []
    @Option(parsing: .unconditional, help: "Such as linux/arm64; this machine's unless said otherwise.") var platform:
        String?
    @Option(
        name: [.customLong("network"), .customLong("net")], parsing: .unconditional,
        help: "The network of RUN, as for `brig run`.")
    var network = "default"
    @Option(
        parsing: .unconditional, help: "auto, plain, json or quiet.", transform: { try BuildDisplay.Style(option: $0) })
    var progress: BuildDisplay.Style = .auto
    @Option(
        name: [.customShort("o", allowingJoined: true), .long], parsing: .unconditionalSingleValue,
        help: "type=local|tar|oci|docker,dest=PATH, or a directory for the files.")
    var output: [String] = []
    @Option(
        parsing: .unconditionalSingleValue,
        help: "type=local,src=DIRECTORY or type=registry,ref=NAME: results that another build has left there.")
    var cacheFrom: [String] = []
    @Option(
        parsing: .unconditionalSingleValue,
        help: "type=local,dest=DIRECTORY, type=registry,ref=NAME or type=inline: leave this build's results there."
    )
    var cacheTo: [String] = []
    @Option(parsing: .unconditional, help: "A file for the image's identifier.") var iidfile: String?
    @Flag(name: .shortAndLong, help: "Say nothing but the image's identifier.") var quiet = false
    @Flag(help: "Make one layer of all.") var squash = false
    @Option(parsing: .unconditionalSingleValue, help: "NAME:ADDRESS for /etc/hosts of RUN.") var addHost: [String] = []
    @Option(parsing: .unconditionalSingleValue, help: "NAME=SOFT[:HARD], a limit for each process of RUN.") var ulimit:
        [String] = []
    @Option(
        name: [.customShort("m", allowingJoined: true), .long], parsing: .unconditional,
        help: "The most memory of RUN, such as 512m.")
    var memory: String?
    @Option(parsing: .unconditional, help: "The most memory and swap together; -1 for any swap.") var memorySwap:
        String?
    @Option(parsing: .unconditional, help: "The size of /dev/shm, such as 64m.") var shmSize: String?
    @Option(parsing: .unconditional, help: "The most processors of RUN, such as 1.5.") var cpus: String?
    @Option(
        parsing: .unconditionalSingleValue,
        help: "NAME=DIRECTORY or NAME=docker-image://IMAGE: what --from and FROM may name.")
    var buildContext: [String] = []
    @Option(parsing: .unconditionalSingleValue, help: "security.insecure or network.host: what RUN may ask for.")
    var allow: [String] = []
    @Flag(help: "Say for each step whether it was in the cache, and what was different.") var explain = false
    @Flag(help: "Push the image under all its names.") var push = false
    @Option(parsing: .unconditional, help: "A file for the image's identifier and names, as JSON.") var metadataFile:
        String?
    @OptionGroup var limits: BuildLimits
    @OptionGroup var accepted: BuildWordsOfDocker
    @Flag(help: .hidden) var rm = false
    @Flag(help: .hidden) var forceRm = false
    @Flag(help: .hidden) var load = false
    @Flag(help: .hidden) var compress = false
    @Argument(help: "A directory, an address, or -.") var context: String

    func run() throws { try run(with: []) }

    /// - Parameter secrets: Beside those of the command line.
    func run(with secrets: [BuildRequest.Secret]) throws {
        let cancellation = BuildCancellation()
        try cancellation.cancelOnSignals()
        var request = try request()
        request.secrets += secrets
        if let (question, isJSON) = try accepted.question() { return try answer(question, about: request, isJSON) }
        let size = Terminal.liveSize(.error)
        let display = BuildDisplay(
            quiet ? .quiet : progress, terminal: size.map { (Int($0.rows), Int($0.columns)) },
            lost: { cancellation.cancel() })
        let engine = try Globals.engine()
        do {
            let result = try engine.build(request, cancellation: cancellation) { display.take($0) }
            display.finish()
            guard let id = result.id else { return display.show(result.notices) }
            try saveArchive(engine, id)
            if let iidfile { try ResultFile.write(iidfile) { try $0.write(id) } }
            if let metadataFile { try writeMetadata(of: id, request.tags, to: metadataFile) }
            display.show(result.notices)
            if quiet {
                Output.line(id)
            } else {
                display.say(result: id, tags: request.tags.map(\.withDefaultTag.familiarText))
            }
            if isPushed { for name in names { try ComposeContext.delegate(["push"] + (quiet ? ["-q"] : []) + [name]) } }
        } catch let failure as BuildFailure {
            display.finish()
            if display.isLost { throw CommandExit(Self.brokenPipe) }
            display.show(failure)
            throw CommandExit(1, failure.problem)
        } catch  where display.isLost {
            throw CommandExit(Self.brokenPipe)
        }
    }

    /// What a shell says of a program that SIGPIPE has ended.
    private static let brokenPipe: Int32 = 141

    /// What of BuildKit's file there is.
    private func writeMetadata(of id: String, _ tags: [ImageReference], to path: String) throws {
        var values: JSONObject = ["containerimage.config.digest": .string(id)]
        if !tags.isEmpty { values["image.name"] = .string(tags.map(\.withDefaultTag.text).joined(separator: ",")) }
        let text = JSONValue.object(values).text(.indented("  ")) + "\n"
        try ResultFile.write(path) { try $0.write(text) }
    }

    static let severalPlatforms = "images of several platforms at once are not built"

    private func saveArchive(_ engine: Engine, _ id: String) throws {
        guard case .image(let path)? = try destination else { return }
        let names = try names.map { text throws(EngineError) in try ImageReference(parsing: text).withDefaultTag.text }
        try engine.saveImages(names.isEmpty ? [id] : names, to: path)
    }

    // MARK: - The request

    private func request() throws -> BuildRequest {
        try accepted.refuse()
        if isPushed, names.isEmpty { throw EngineError(.invalidInput, "--push needs a name: give one with -t") }
        var request = BuildRequest()
        try setContext(&request)
        request.tags = try names.map { text throws(EngineError) in try ImageReference(parsing: text) }
        if request.tags.contains(where: { $0.digest != nil }) {
            throw EngineError(.invalidInput, "an image cannot be named by a digest")
        }
        request.target = target?.isEmpty == true ? nil : target
        for text in buildArg {
            let (name, value) = Self.pair(text)
            if let known = value ?? environmentVariable(name) { request.arguments[name] = known }
        }
        request.labels = label.map { text in
            let (name, value) = Self.pair(text)
            return (name, value ?? "")
        }
        request.usesCache = !noCache
        request.uncachedStages = Set(noCacheFilter.flatMap { $0.split(separator: ",").map(String.init) })
        request.pull = pull ? .always : .missing
        // An empty word is none: scripts write it with a variable.
        let platform = platform.flatMap { $0.isEmpty ? nil : $0 }
        if let platform, platform.contains(",") {
            throw EngineError(.unsupported, "--platform \(platform): \(Self.severalPlatforms)")
        }
        request.platform = platform
        if network != "default" { request.host.networkMode = network }
        request.host.ulimits = try ulimit.map { text throws(EngineError) in try UserLimit(text) }
        if let memory { request.host.memory = try Quantity.bytes(memory, option: "--memory") }
        if let memorySwap {
            request.host.memorySwap = memorySwap == "-1" ? -1 : try Quantity.bytes(memorySwap, option: "--memory-swap")
        }
        if let shmSize { request.host.shmSize = try Quantity.bytes(shmSize, option: "--shm-size") }
        if let cpus { request.host.nanoCpus = try Quantity.nanoCPUs(cpus) }
        try limits.set(&request.host)
        request.addedHosts = try addHost.map(Self.host)
        request.secrets = try secret.map(Self.secret)
        request.annotations = try accepted.annotations() + outputAnnotations
        request.host.securityOpt = accepted.securityOpt
        for text in ssh {
            let (id, path) = Self.pair(text)
            guard let socket = path ?? environmentVariable("SSH_AUTH_SOCK") else {
                throw EngineError(.invalidInput, "--ssh \(text): SSH_AUTH_SOCK is not set, and no socket is named")
            }
            request.agents[id] = socket
        }
        for text in allow {
            guard ["security.insecure", "network.host"].contains(text) else {
                throw EngineError(.invalidInput, "--allow takes security.insecure and network.host, not \(text)")
            }
            request.allowed.insert(text)
        }
        for text in buildContext {
            let (name, value) = Self.pair(text)
            guard let value else {
                throw EngineError(.invalidInput, "--build-context takes NAME=DIRECTORY, not \(text)")
            }
            request.namedContexts[name] = value
        }
        request.squashes = squash
        request.explains = explain
        if let text = request.arguments["SOURCE_DATE_EPOCH"] ?? environmentVariable("SOURCE_DATE_EPOCH"), !text.isEmpty
        {
            guard let epoch = Int64(text), epoch >= 0, epoch < 1 << 40 else {
                throw EngineError(.invalidInput, "SOURCE_DATE_EPOCH is a number of seconds since 1970, not \(text)")
            }
            request.epoch = epoch
        }
        request.destination = try destination
        switch request.destination {
        case .local, .tar: request.isKept = !request.tags.isEmpty
        default: break
        }
        if outputFields["type"] == "cacheonly" { request.isKept = false }
        request.cacheSources = try cacheFrom.map { try Self.cachePlace($0, "--cache-from", "src") }
        let places = cacheTo.filter { Self.fields($0)["type"] != "inline" }
        request.cachesInline =
            places.count < cacheTo.count || FlagValues.boolean(request.arguments["BUILDKIT_INLINE_CACHE"] ?? "") == true
        guard places.count <= 1 else {
            throw EngineError(.invalidInput, "--cache-to can be given once, and with type=inline beside that")
        }
        request.cacheDestination = try places.first.map { try Self.cachePlace($0, "--cache-to", "dest") }
        let cacheFields = Self.fields(places.first ?? "")
        request.cachesTargetOnly = cacheFields["mode"] == "min"
        request.ignoresCacheErrors = cacheFields["ignore-error"] == "true"
        if case .registry(let reference)? = request.cacheDestination, reference.digest != nil {
            throw EngineError(.invalidInput, "--cache-to takes a name with a tag, not with a digest")
        }
        return request
    }

    private func setContext(_ request: inout BuildRequest) throws {
        request.dockerfile = file == "-" ? nil : file
        if file == "-" {
            guard context != "-" else {
                throw EngineError(.invalidInput, "standard input cannot be both the context and the Dockerfile")
            }
            request.dockerfileText = try Self.standardInput([])
        }
        if context == "-" {
            let start = try Self.startOfInput()
            if BuildInput.isArchive(start) {
                request.context = .archive(descriptor: try BuildInput.descriptor(start))
            } else {
                guard file == nil else {
                    throw EngineError(
                        .invalidInput, "standard input holds no archive, so there is no file \(file ?? "") in it")
                }
                request.context = .empty
                request.dockerfileText = try Self.standardInput(start)
            }
        } else if let source = try GitSource(context) {
            request.context = .git(source)
        } else if context.hasPrefix("http://") || context.hasPrefix("https://") {
            throw EngineError(
                .unsupported, "a build from \(context) is not supported: fetch it, and give it as - or as a directory")
        } else {
            request.context = .directory(context)
        }
    }

    private static func startOfInput() throws -> [UInt8] {
        var start: [UInt8] = []
        while start.count < 512 {
            let part = try Terminal.lending(0) { (input: borrowing OwnedDescriptor) throws(SyscallError) in
                try input.read(upTo: 512 - start.count)
            }
            if part.isEmpty { break }
            start += part
        }
        return start
    }

    private static func standardInput(_ start: [UInt8]) throws -> String {
        let rest = try Terminal.lending(0) { (input: borrowing OwnedDescriptor) throws(SyscallError) in
            try input.readAll(limit: 4 << 20)
        }
        return String(decoding: start + rest, as: UTF8.self)
    }

    private static func pair(_ text: String) -> (name: String, value: String?) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        return (parts[0], parts.count == 2 ? parts[1] : nil)
    }

    private static func host(_ text: String) throws -> (name: String, address: String) {
        let separator: Character = text.contains("=") ? "=" : ":"
        let parts = text.split(separator: separator, maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let isPlain = { (text: String) in
            !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") }
        }
        guard parts.count == 2, isPlain(parts[0]), isPlain(parts[1]),
            parts[1] == "host-gateway" || parts[1].utf8.allSatisfy({ "0123456789abcdefABCDEF.:".utf8.contains($0) })
        else { throw EngineError(.invalidInput, "--add-host takes NAME:ADDRESS, not \(text)") }
        return (parts[0], parts[1])
    }

    static func fields(_ text: String) -> [String: String] {
        var fields: [String: String] = [:]
        for part in text.split(separator: ",") {
            let (name, value) = pair(String(part))
            fields[name] = value ?? ""
        }
        return fields
    }

    private static func secret(_ text: String) throws -> BuildRequest.Secret {
        let fields = fields(text)
        let invalid = EngineError(.invalidInput, "--secret takes id=NAME,src=FILE or id=NAME,env=VARIABLE")
        guard let id = fields["id"], !id.isEmpty, !id.contains("/"),
            fields.keys.allSatisfy({ ["id", "src", "source", "env", "type"].contains($0) })
        else { throw invalid }
        if let name = fields["env"] ?? (fields["type"] == "env" ? id : nil) {
            guard let value = environmentVariable(name) else {
                throw EngineError(.invalidInput, "--secret \(id): the variable \(name) is not set")
            }
            return BuildRequest.Secret(id: id, bytes: Array(value.utf8))
        }
        if let path = fields["src"] ?? fields["source"] {
            return BuildRequest.Secret(id: id, bytes: try readNamedFile(path, limit: 1 << 20))
        }
        if let value = environmentVariable(id) { return BuildRequest.Secret(id: id, bytes: Array(value.utf8)) }
        return BuildRequest.Secret(id: id, bytes: try readNamedFile(id, limit: 1 << 20))
    }

    private var destination: BuildRequest.Destination? {
        get throws {
            guard let text = output.first else { return nil }
            guard output.count == 1 else { throw EngineError(.invalidInput, "--output can be given once") }
            if text == "-" { return .tar(nil) }
            guard text.contains("=") else { return .local(text) }
            let fields = outputFields
            try checkOutput(fields)
            let path = fields["dest"].flatMap { $0 == "-" ? nil : $0 }
            switch fields["type"] {
            case "local":
                guard let path else { throw EngineError(.invalidInput, "--output type=local needs dest=DIRECTORY") }
                return .local(path)
            case "tar": return .tar(path)
            // Without a file it is for the store, where it is anyway.
            case "docker" where fields["dest"] == nil: return nil
            case "oci", "docker": return .image(path)
            default: return nil
            }
        }
    }
}

extension BuildCommand {
    /// - Parameter name: What the directory is called in it: `src` or `dest`.
    fileprivate static func cachePlace(
        _ text: String, _ option: String, _ name: String
    ) throws -> BuildRequest.CachePlace {
        // Without any field it is a name in a registry, as for BuildKit.
        let fields = text.contains("=") ? fields(text) : ["type": "registry", "ref": text]
        try check(fields, option)
        switch fields["type"] {
        case "local":
            guard let path = fields[name], !path.isEmpty else {
                throw EngineError(.invalidInput, "\(option) type=local needs \(name)=DIRECTORY")
            }
            return .directory(path)
        case "registry":
            guard let reference = fields["ref"], !reference.isEmpty else {
                throw EngineError(.invalidInput, "\(option) type=registry needs ref=NAME[:TAG]")
            }
            return .registry(try ImageReference(parsing: reference))
        default:
            throw EngineError(
                .unsupported,
                "\(option) has the types local\(name == "dest" ? ", inline" : "") and registry, not \(ShownText.quoted(fields["type"] ?? text))"
            )
        }
    }

    /// Fields that say nothing else than what is done anyway have that one value.
    private static func check(_ fields: [String: String], _ option: String) throws(EngineError) {
        let known: [String: [String]?] = [
            "type": nil, "src": nil, "dest": nil, "ref": nil, "mode": ["min", "max"],
            "ignore-error": ["true", "false"],
            "image-manifest": ["true"], "oci-mediatypes": ["true"], "compression": ["gzip"],
        ]
        for (name, value) in fields.sorted(by: { $0.key < $1.key }) {
            guard let values = known[name] else {
                throw EngineError(.invalidInput, "\(option) has no field \(name)")
            }
            guard let values, !values.contains(value) else { continue }
            throw EngineError(
                .invalidInput,
                "\(option): \(name) is \(values.joined(separator: " or ")), not \(ShownText.quoted(value))")
        }
    }
}

struct BuilderCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "builder", abstract: "Build images, and look after the cache of builds.",
        subcommands: [
            BuildCommand.self, BuilderPruneCommand.self, BuilderListCommand.self, BuildersCommand.self,
            BuilderInspectCommand.self, BuilderCreateCommand.self, BuilderUseCommand.self, BuilderRemoveCommand.self,
            BuilderStopCommand.self, BuilderBakeCommand.self, BuilderVersionCommand.self,
        ], aliases: ["buildx"])
}

struct BuilderPruneCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Remove what builds have kept to go faster.")

    @Flag(name: .shortAndLong, help: "Cache directories of RUN --mount=type=cache, too.") var all = false
    @Flag(name: .shortAndLong, help: "Do not ask.") var force = false
    @Option(parsing: .unconditionalSingleValue, help: "until=24h: only what was not used for so long.") var filter:
        [String] = []
    @Option(
        name: [.customLong("keep-storage"), .customLong("reserved-space"), .customLong("max-used-space")],
        parsing: .unconditional,
        help: "How much may stay, such as 10g; what was used last stays.") var keepStorage: String?
    @Flag(help: .hidden) var verbose = false

    func run() throws {
        let engine = try Globals.engine()
        var seconds: Int64?
        for text in filter {
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, ["until", "unused-for"].contains(parts[0]), let value = BuildCache.seconds(parts[1])
            else {
                throw EngineError(.invalidInput, "--filter takes until=TIME such as 24h, not \(text)")
            }
            seconds = value
        }
        let keeping = try keepStorage.map { text throws(EngineError) in
            try Quantity.bytes(text, option: "--keep-storage")
        }
        if !force {
            Output.write(
                Array(
                    "This removes \(all ? "all" : "all layers") of the build cache that nothing else needs. Go on? [y/N] "
                        .utf8), to: .error)
            guard readLine(strippingNewline: true)?.lowercased().hasPrefix("y") == true else { return }
        }
        let pruned = try BuildCache.prune(engine, unusedFor: seconds, keeping: keeping, directories: all)
        for line in pruned.removed { Output.line("deleted: \(ShownText.printable(line))") }
        Output.line("Total reclaimed space: \(ShownText.decimalSize(pruned.reclaimed))")
    }
}

struct BuilderListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "du", abstract: "Show what builds have kept to go faster.")

    func run() throws {
        for entry in try BuildCache.list(try Globals.engine()) {
            Output.line("\(ShownText.decimalSize(entry.size))\t\(ShownText.printable(entry.name))")
        }
    }
}
