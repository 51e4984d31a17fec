/// What a project is read from. Files come through `read`, so that nothing here touches the disk.
public struct ComposeSource {
    /// The bytes of a file by its absolute path, or of standard input by `-`; `nil` if it is not there.
    public typealias Read = (String) throws(ComposeFileError) -> [UInt8]?

    /// As the user named them; empty to look for the usual names.
    public var files: [String] = []
    public var projectDirectory: String?
    public var projectName: String?
    public var envFiles: [String] = []
    public var profiles: [String] = []
    /// This process's variables.
    public var environment: [String: String] = [:]
    /// Absolute.
    public var workingDirectory: String
    /// Whether variables are put in.
    public var interpolates = true
    /// Whether paths become absolute; those in files of other directories do in any case.
    public var resolvesPaths = true
    /// Whether `env_file` is read into `environment`.
    public var resolvesEnvironment = true
    /// Whether what is not said is filled in: names for the engine, the network of services that say none.
    public var normalizes = true
    /// Whether what is named must be there, and nothing may contradict something else.
    public var checksConsistency = true
    public var read: Read

    public init(workingDirectory: String, read: @escaping Read) {
        self.workingDirectory = workingDirectory
        self.read = read
    }

    static let names = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"]
    static let overrides = [
        "compose.override.yaml", "compose.override.yml", "docker-compose.override.yml", "docker-compose.override.yaml",
    ]

    /// - Throws: `ComposeFileError`: the first thing that is wrong, with its file and line.
    public func project() throws(ComposeFileError) -> Project {
        let early = try variables(in: absolute(projectDirectory ?? "."), isRequired: !envFiles.isEmpty)
        let paths = try self.paths(early)
        let directory = projectDirectory.map(absolute) ?? parent(of: paths[0])
        // Files that were named are read once: one may be a pipe.
        let isDone = !namedEnvFiles.isEmpty || directory == absolute(projectDirectory ?? ".")
        let dotEnv = isDone ? early : try variables(in: directory, isRequired: false)
        var variables = dotEnv.merging(environment) { _, own in own }
        let loader = ComposeLoader(self, home: environment["HOME"])
        let name = try self.name(paths, directory, variables, loader)
        variables["COMPOSE_PROJECT_NAME"] = name
        var tree: Node?
        for path in paths {
            let scope = ComposeLoader.Scope(
                file: path, directory: directory, variables: variables, keepsPaths: !resolvesPaths)
            tree = try loader.tree(scope, onto: tree, chain: [])
        }
        guard let tree, let merged = Merge.alone(tree) else { throw ComposeFileError("\(paths[0]) is empty") }
        var active = Set(profiles)
        if active.isEmpty {
            active = Set((variables["COMPOSE_PROFILES"] ?? "").split(separator: ",").map(String.init))
        }
        let resolver = ProjectResolver(
            source: self, name: name, directory: directory, files: paths, variables: variables, profiles: active)
        var project = try resolver.project(merged)
        project.warnings = loader.warnings.all + project.warnings
        return project
    }

    func absolute(_ path: String) -> String {
        path == "-" ? path : normalizedPath(path.hasPrefix("/") ? path : "\(workingDirectory)/\(path)")
    }

    func parent(of path: String) -> String {
        path == "-" ? workingDirectory : normalizedPath(path + "/..")
    }

    /// `.env` of a directory, or the files that were named instead.
    private func variables(in directory: String, isRequired: Bool) throws(ComposeFileError) -> [String: String] {
        let files = namedEnvFiles
        guard files.isEmpty else { return try Self.variables(files, isRequired: true, environment, read) }
        if Self.isTrue(environment["COMPOSE_DISABLE_ENV_FILE"]) { return [:] }
        return try Self.variables(["\(directory)/.env"], isRequired: false, environment, read)
    }

    /// Absolute.
    private var namedEnvFiles: [String] {
        let named = (environment["COMPOSE_ENV_FILES"] ?? "").split(separator: ",").map(String.init)
        return (envFiles.isEmpty ? named : envFiles).map(absolute)
    }

    /// Whether a variable says yes.
    public static func isTrue(_ text: String?) -> Bool { text.flatMap(Canonical.bool) ?? false }

    static func variables(
        _ files: [String], isRequired: Bool, _ environment: [String: String], _ read: Read
    ) throws(ComposeFileError) -> [String: String] {
        var result: [String: String] = [:]
        for file in files {
            guard let bytes = try read(file) else {
                guard isRequired else { continue }
                throw ComposeFileError("the file of variables \(file) is not there")
            }
            let known = result
            for entry in try DotEnv(file: file, lookup: { environment[$0] ?? known[$0] }).entries(bytes) {
                if let value = entry.value { result[entry.name] = value }
            }
        }
        return result
    }

    /// The files that make the project; at least one.
    private func paths(_ dotEnv: [String: String]) throws(ComposeFileError) -> [String] {
        if !files.isEmpty { return files.map(absolute) }
        if let list = environment["COMPOSE_FILE"] ?? dotEnv["COMPOSE_FILE"], !list.isEmpty {
            let separator = environment["COMPOSE_PATH_SEPARATOR"] ?? dotEnv["COMPOSE_PATH_SEPARATOR"] ?? ":"
            let names = separator.first.map { list.split(separator: $0).map(String.init) } ?? [list]
            if !names.isEmpty { return names.map(absolute) }
        }
        var directory = absolute(projectDirectory ?? ".")
        while true {
            for name in Self.names {
                let path = normalizedPath("\(directory)/\(name)")
                guard try read(path) != nil else { continue }
                for override in Self.overrides {
                    let other = normalizedPath("\(directory)/\(override)")
                    if try read(other) != nil { return [path, other] }
                }
                return [path]
            }
            if directory == "/" || projectDirectory != nil {
                throw ComposeFileError(
                    "no compose file: \(Self.names.joined(separator: ", ")) are neither in \(workingDirectory) nor "
                        + "above it; name one with -f")
            }
            directory = parent(of: directory)
        }
    }

    private func name(
        _ paths: [String], _ directory: String, _ variables: [String: String], _ loader: ComposeLoader
    ) throws(ComposeFileError) -> String {
        if let given = projectName ?? variables["COMPOSE_PROJECT_NAME"], !given.isEmpty {
            return try Self.checked(given, at: nil)
        }
        var found: Node?
        for path in paths {
            for document in try loader.documents(path) { found = document["name"] ?? found }
        }
        if let found, let text = found.text {
            let name = try loader.expanded(text, at: found.mark, path: "name", variables)
            return try Self.checked(name, at: found.mark)
        }
        let base = directory.split(separator: "/").last.map(String.init) ?? ""
        let name = base.lowercased().unicodeScalars.filter { Self.isNameLetter($0) }
        let trimmed = String(String.UnicodeScalarView(name).drop { $0 == "-" || $0 == "_" })
        guard !trimmed.isEmpty else {
            throw ComposeFileError("no project name can be made of \(quotedText(directory)): give one with -p")
        }
        return trimmed
    }

    private static func isNameLetter(_ scalar: Unicode.Scalar) -> Bool {
        ("a"..."z").contains(scalar) || ("0"..."9").contains(scalar) || scalar == "-" || scalar == "_"
    }

    private static func checked(_ name: String, at mark: Mark?) throws(ComposeFileError) -> String {
        guard let first = name.unicodeScalars.first, first != "-", first != "_", name.utf8.count <= 200,
            name.unicodeScalars.allSatisfy(isNameLetter)
        else {
            throw ComposeFileError(
                "invalid project name \(quotedText(name)): lower case letters, digits, - and _, first a letter or a digit",
                at: mark, path: mark == nil ? "" : "name")
        }
        return name
    }
}
