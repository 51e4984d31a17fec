/// What can be given to a build of one stage: arguments, secrets and agents.
///
/// Source: BuildKit's `outline` request.
public struct BuildOutline: Equatable, Sendable {
    /// A build argument that the target takes.
    public struct Argument: Equatable, Sendable {
        /// As the file says it.
        public var name: String
        /// The default, or what was given; empty for none.
        public var value: String
        /// Of the comment above it; empty for none.
        public var description: String
        /// Lines of the Dockerfile, from 1.
        public var lines: ClosedRange<Int>
    }

    /// A secret, or an agent.
    public struct Grant: Equatable, Sendable {
        /// As the file says it.
        public var name: String
        /// Whether the build fails without it.
        public var isRequired: Bool
        /// Lines of the Dockerfile, from 1.
        public var lines: ClosedRange<Int>
    }

    /// The stage, by its name or number.
    public var target: String
    /// Of the comment above the stage; empty for none.
    public var description: String
    /// In the order of the file.
    public private(set) var arguments: [Argument] = []
    /// What `RUN --mount=type=secret` asks for.
    public private(set) var secrets: [Grant] = []
    /// What `RUN --mount=type=ssh` asks for.
    public private(set) var agents: [Grant] = []

    /// - Parameters:
    ///   - arguments: Those of the command line.
    ///   - predefined: What `FROM` sees without an `ARG`.
    public init(
        _ file: BuildFile, _ graph: StageGraph, target: Int, arguments given: [String: String],
        predefined: [String: String]
    ) throws(BuildFileError) {
        let stage = file.stages[target]
        self.target = stage.name ?? ""
        description = stage.head.description(of: stage.name) ?? ""
        let globals = try GlobalArguments(file, given: given, predefined: predefined)
        for index in graph.needed(for: target).reversed() { add(file.stages[index], file.escape, globals, given) }
        arguments.sort { $0.lines.lowerBound < $1.lines.lowerBound }
        secrets.sort { $0.lines.lowerBound < $1.lines.lowerBound }
        agents.sort { $0.lines.lowerBound < $1.lines.lowerBound }
    }

    private mutating func add(
        _ stage: BuildFile.Stage, _ escape: Character, _ globals: GlobalArguments, _ given: [String: String]
    ) {
        for text in [stage.from.base, stage.from.platform ?? ""] {
            for argument in globals.used(in: text, escape) { add(argument) }
        }
        var variables = VariableLookup()
        for step in stage.steps {
            switch step.instruction {
            case .env(let pairs):
                for pair in pairs { variables.set(pair.name, Self.word(pair.value, variables, escape)) }
            case .arg(let declarations):
                for declaration in declarations {
                    let own =
                        given[declaration.name] ?? declaration.defaultValue.map { Self.word($0, variables, escape) }
                    if own == nil, let global = globals[declaration.name] {
                        variables.set(declaration.name, global.value)
                        for argument in globals.withThoseItNeeds(declaration.name) { add(argument) }
                        continue
                    }
                    if let own { variables.set(declaration.name, own) }
                    add(
                        Argument(
                            name: declaration.name, value: own ?? "",
                            description: step.description(of: declaration.name) ?? "", lines: step.lines))
                }
            case .run(let run):
                for mount in run.mounts { add(mount, step) }
            default: break
            }
        }
    }

    private mutating func add(_ argument: Argument) {
        if !arguments.contains(where: { $0.name == argument.name }) { arguments.append(argument) }
    }

    private mutating func add(_ mount: RunMount, _ step: Step) {
        func added(_ name: String, to list: [Grant]) -> [Grant] {
            if list.contains(where: { $0.name == name }) { return list }
            return list + [Grant(name: name, isRequired: mount.required, lines: step.lines)]
        }
        switch mount.kind {
        case .secret:
            let last = mount.target?.split(separator: "/").last.map(String.init)
            secrets = added(mount.id ?? last ?? "", to: secrets)
        case .ssh: agents = added(mount.id ?? "default", to: agents)
        case .bind, .cache, .tmpfs: break
        }
    }

    fileprivate static func word(_ text: String, _ variables: VariableLookup, _ escape: Character) -> String {
        var expansion = WordExpansion(variables, escape: escape)
        return (try? expansion.word(text)) ?? text
    }
}

/// `ARG`s before the first `FROM`, with what they come to.
private struct GlobalArguments {
    private var known: [String: BuildOutline.Argument] = [:]
    private var needs: [String: Set<String>] = [:]

    init(_ file: BuildFile, given: [String: String], predefined: [String: String]) throws(BuildFileError) {
        let values = try file.globalVariables(arguments: given, predefined: predefined)
        for step in file.globalArguments {
            guard case .arg(let declarations) = step.instruction else { continue }
            for declaration in declarations {
                let name = declaration.name
                known[name] = BuildOutline.Argument(
                    name: name, value: values[name] ?? "", description: step.description(of: name) ?? "",
                    lines: step.lines)
                if given[name] == nil { needs[name] = Self.names(in: declaration.defaultValue ?? "", file.escape) }
            }
        }
    }

    private static func names(in text: String, _ escape: Character) -> Set<String> {
        var expansion = WordExpansion(VariableLookup(), escape: escape)
        _ = try? expansion.word(text)
        return expansion.used
    }

    subscript(name: String) -> BuildOutline.Argument? { known[name] }

    func used(in text: String, _ escape: Character) -> [BuildOutline.Argument] {
        Self.names(in: text, escape).sorted().flatMap { withThoseItNeeds($0) }
    }

    /// An argument, and those that its default is made of.
    func withThoseItNeeds(_ name: String) -> [BuildOutline.Argument] {
        var seen: Set<String> = []
        var open = [name]
        while let next = open.popLast() {
            if seen.insert(next).inserted { open += (needs[next] ?? []).sorted() }
        }
        return seen.sorted().compactMap { known[$0] }
    }
}

extension Step {
    /// `# NAME what it is for` right above the instruction.
    public func description(of name: String?) -> String? {
        guard let name else { return nil }
        return comments.first { $0.hasPrefix(name + " ") }.map { String($0.dropFirst(name.count + 1)) }
    }
}
