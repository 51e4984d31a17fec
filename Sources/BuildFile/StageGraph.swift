/// What each stage is made from, with the variables of `FROM` replaced.
public struct StageGraph: Sendable, Equatable {
    public enum Source: Hashable, Sendable {
        case scratch
        case stage(Int)
        /// An image's name, or the name of a context given on the command line.
        case image(String)
    }

    public struct Node: Sendable, Equatable {
        public var base: Source
        public var platform: String?
        /// Earlier stages that it copies or mounts from.
        public var copied: Set<Int>

        public var dependencies: Set<Int> {
            if case .stage(let index) = base { return copied.union([index]) }
            return copied
        }
    }

    public let nodes: [Node]
    private let names: [String?]

    /// - Parameter variables: The global arguments: ``BuildFile/globalVariables(arguments:predefined:)``.
    public init(_ file: BuildFile, variables: VariableLookup) throws(BuildFileError) {
        var nodes: [Node] = []
        names = file.stages.map(\.name)
        for stage in file.stages {
            func expand(_ text: String) throws(BuildFileError) -> String {
                var expansion = WordExpansion(variables, escape: file.escape)
                do {
                    return try expansion.word(text)
                } catch {
                    throw BuildFileError(error.description, at: stage.head.position)
                }
            }
            let base = try expand(stage.from.base)
            guard !base.isEmpty else {
                throw BuildFileError(
                    "the base \"\(stage.from.base)\" is empty: its variable needs ARG NAME=value before the first FROM",
                    at: stage.head.position)
            }
            let platform = try stage.from.platform.map { (text) throws(BuildFileError) in try expand(text) }
            guard platform?.isEmpty != true else {
                throw BuildFileError(
                    "the platform \"\(stage.from.platform ?? "")\" is empty", at: stage.head.position)
            }
            let source: Source =
                if base == "scratch" { .scratch } else { Self.source(base, before: stage.index, names, byIndex: false) }
            nodes.append(
                Node(
                    base: source, platform: platform,
                    copied: try Self.copied(stage, names)))
        }
        self.nodes = nodes
    }

    /// A name in `FROM`, `--from` or `--mount=from`, as seen by the stage with this index.
    private static func source(_ name: String, before index: Int, _ names: [String?], byIndex: Bool) -> Source {
        let lower = name.lowercased()
        if let at = names[..<min(index, names.count)].lastIndex(where: { $0 == lower }) { return .stage(at) }
        if byIndex, let number = Int(name), number >= 0, number < index { return .stage(number) }
        return .image(name)
    }

    /// What `--from=NAME` means in the stage with this index.
    public func source(_ name: String, in index: Int) -> Source {
        Self.source(name, before: index, names, byIndex: true)
    }

    private static func copied(_ stage: BuildFile.Stage, _ names: [String?]) throws(BuildFileError) -> Set<Int> {
        var result: Set<Int> = []
        for step in stage.steps {
            var sources: [String] = []
            switch step.instruction {
            case .copy(let copy): sources = [copy.from].compactMap { $0 }
            case .run(let run): sources = run.mounts.compactMap(\.from)
            default: break
            }
            for name in sources {
                guard name.lowercased() != stage.name || names[..<stage.index].contains(name.lowercased()) else {
                    throw BuildFileError("the stage \"\(name)\" cannot take files from itself", at: step.position)
                }
                if case .stage(let index) = source(name, before: stage.index, names, byIndex: true) {
                    result.insert(index)
                } else if let number = Int(name), names.indices.contains(number) {
                    throw BuildFileError(
                        "stage \(number) comes later: a stage can only take files from earlier ones", at: step.position)
                } else if names.contains(name.lowercased()) {
                    throw BuildFileError(
                        "the stage \"\(name)\" comes later: a stage can only take files from earlier ones",
                        at: step.position)
                }
            }
        }
        return result
    }

    /// The stage that `--target` names; the last one without it.
    public func target(_ name: String?) -> Int? {
        guard let name else { return nodes.indices.last }
        if let at = names.lastIndex(of: name.lowercased()) { return at }
        return Int(name).flatMap { nodes.indices.contains($0) ? $0 : nil }
    }

    public var stageNames: [String] { names.compactMap { $0 } }

    /// The stages that a target needs, in their order in the file, the target among them.
    public func needed(for target: Int) -> [Int] {
        var needed: Set<Int> = []
        var open = [target]
        while let index = open.popLast() {
            guard nodes.indices.contains(index), needed.insert(index).inserted else { continue }
            open += nodes[index].dependencies
        }
        return needed.sorted()
    }
}

extension BuildFile {
    /// The variables that `FROM` sees: global `ARG`s with what the command line says, and the predefined ones.
    public func globalVariables(
        arguments: [String: String], predefined: [String: String]
    ) throws(BuildFileError) -> VariableLookup {
        var variables = VariableLookup(predefined)
        for step in globalArguments {
            guard case .arg(let declarations) = step.instruction else { continue }
            for declaration in declarations {
                var expansion = WordExpansion(variables, escape: escape)
                do {
                    let name = try expansion.word(declaration.name)
                    if let given = arguments[name] {
                        variables.set(name, given)
                    } else if let value = declaration.defaultValue {
                        variables.set(name, try expansion.word(value))
                    }
                } catch {
                    throw BuildFileError(error.description, at: step.position)
                }
            }
        }
        return variables
    }

    /// The names of all global and local arguments.
    public var declaredArguments: Set<String> {
        var names: Set<String> = []
        for step in globalArguments + stages.flatMap(\.steps) {
            if case .arg(let declarations) = step.instruction { names.formUnion(declarations.map(\.name)) }
        }
        return names
    }
}
