/// Reads files into one tree: variables, long forms, `include` and `extends` are done with when it is there.
final class ComposeLoader {
    /// One file's surroundings.
    struct Scope {
        /// Absolute.
        let file: String
        /// What its relative paths are taken from.
        let directory: String
        let variables: [String: String]
        /// Whether relative paths stay relative.
        var keepsPaths = false

        /// Another file's surroundings.
        func other(_ file: String, _ directory: String, _ variables: [String: String]) -> Scope {
            Scope(
                file: file, directory: directory, variables: variables,
                keepsPaths: keepsPaths && directory == self.directory)
        }
    }

    /// Each is said once.
    final class Warnings {
        private(set) var all: [String] = []
        private var known: Set<String> = []

        func add(_ text: String) { if known.insert(text).inserted { all.append(text) } }
    }

    static let maximumFiles = 200

    let source: ComposeSource
    let home: String?
    let warnings = Warnings()
    private var cache: [String: [Node]] = [:]

    init(_ source: ComposeSource, home: String?) {
        self.source = source
        self.home = home
    }

    /// The file's name as people know it: as short as the working directory makes it.
    func shown(_ path: String) -> String {
        if path == "-" { return "<stdin>" }
        // From the root no path is shorter than the absolute one in a way that helps anybody.
        if source.workingDirectory == "/" { return path }
        let prefix = source.workingDirectory + "/"
        return path.hasPrefix(prefix) ? String(path.dropFirst(prefix.utf8.count)) : path
    }

    /// The YAML documents of a file.
    func documents(_ path: String) throws(ComposeFileError) -> [Node] {
        if let known = cache[path] { return known }
        guard cache.count < Self.maximumFiles else { throw ComposeFileError("more than \(Self.maximumFiles) files") }
        guard let bytes = try source.read(path) else { throw ComposeFileError("no such file: \(shown(path))") }
        let documents = try YAMLReader.documents(bytes, file: shown(path)).filter { !$0.isNull }
        for document in documents {
            guard document.map != nil else {
                throw ComposeFileError("a compose file is a mapping, not \(document.kind)", at: document.mark)
            }
        }
        cache[path] = documents
        return documents
    }

    /// A file's tree, merged onto another.
    func tree(_ scope: Scope, onto base: Node?, chain: [String]) throws(ComposeFileError) -> Node? {
        var result = base
        for document in try documents(scope.file) {
            var tree = try canonical(document, scope)
            tree = try extending(tree, earlier: result, scope)
            if let includes = tree["include"]?.list {
                tree = try including(tree, includes, scope, chain: chain)
            }
            result = Merge.nodes(result, tree, Schema.file)
        }
        return result
    }

    private func canonical(_ document: Node, _ scope: Scope) throws(ComposeFileError) -> Node {
        try refuseOldForm(document)
        if document["version"] != nil {
            warnings.add("\(shown(scope.file)): version is obsolete and ignored; the line can be taken away")
        }
        let expanded = source.interpolates ? try self.expanded(document, scope.variables, "") : document
        let canonical = Canonical(
            directory: scope.directory, home: home, keepsVariables: !source.interpolates, keepsPaths: scope.keepsPaths)
        return try canonical.node(expanded, Schema.file, "")
    }

    /// The first compose files had their services at the top level.
    private func refuseOldForm(_ document: Node) throws(ComposeFileError) {
        guard let map = document.map, map["services"] == nil, map["include"] == nil else { return }
        let known: Set<String> = ["version", "name", "networks", "volumes", "configs", "secrets", "models"]
        for (key, child) in map.pairs where !known.contains(key) && !key.hasPrefix("x-") {
            guard child["image"] != nil || child["build"] != nil else { continue }
            throw ComposeFileError(
                "services stand at the top level, as in the first version of compose files; put them under services:, "
                    + "like this:\n\n  services:\n    \(key):\n      "
                    + (child["image"] != nil ? "image: \(child["image"]?.text ?? "…")" : "build: …"),
                at: map.mark(of: key), path: key)
        }
    }

    // MARK: Variables

    func expanded(
        _ text: String, at mark: Mark, path: String, _ variables: [String: String]
    ) throws(ComposeFileError) -> String {
        do throws(Interpolation.Problem) {
            return try Interpolation(
                lookup: { variables[$0] },
                missing: { self.warnings.add("the variable \($0) is not set; it is taken as empty") }
            ).expanded(text)
        } catch {
            throw ComposeFileError(error.message, at: mark, path: path)
        }
    }

    private func expanded(
        _ node: Node, _ variables: [String: String], _ path: String
    ) throws(ComposeFileError) -> Node {
        var result = node
        switch node.value {
        case .text(let text, let isPlain):
            guard text.utf8.contains(UInt8(ascii: "$")) else { return node }
            result.value = .text(
                try expanded(text, at: node.mark, path: path, variables), isPlain: isPlain)
        case .list(let list):
            var children: [Node] = []
            for (index, child) in list.enumerated() {
                children.append(try expanded(child, variables, "\(path)[\(index)]"))
            }
            result.value = .list(children)
        case .map(let map):
            var children = NodeMap()
            for (key, child) in map.pairs {
                let child =
                    key.hasPrefix("x-") ? child : try expanded(child, variables, path.isEmpty ? key : "\(path).\(key)")
                children.set(key, child, at: map.mark(of: key))
            }
            result.value = .map(children)
        default: break
        }
        return result
    }

    // MARK: include

    private func including(
        _ tree: Node, _ includes: [Node], _ scope: Scope, chain: [String]
    ) throws(ComposeFileError) -> Node {
        guard !chain.contains(scope.file) else {
            throw ComposeFileError(
                "include goes round: \((chain + [scope.file]).map(shown).joined(separator: " → "))", at: tree.mark)
        }
        guard chain.count < 20 else { throw ComposeFileError("include goes on for 20 files", at: tree.mark) }
        var map = tree.map ?? NodeMap()
        map.remove("include")
        for include in includes {
            let absolute = { (path: String) in
                normalizedPath(path.hasPrefix("/") ? path : "\(scope.directory)/\(path)")
            }
            let paths = (include["path"]?.list ?? []).compactMap(\.text).map(absolute)
            guard let first = paths.first else {
                throw ComposeFileError("path is empty", at: include.mark, path: "include")
            }
            let directory = include["project_directory"]?.text.map(absolute) ?? source.parent(of: first)
            let named = (include["env_file"]?.list ?? []).compactMap(\.text).map(absolute)
            let own = try ComposeSource.variables(
                named.isEmpty ? ["\(directory)/.env"] : named, isRequired: !named.isEmpty, scope.variables, source.read)
            let variables = own.merging(scope.variables) { _, outer in outer }
            var included: Node?
            for path in paths {
                let inner = scope.other(path, directory, variables)
                do {
                    included = try self.tree(inner, onto: included, chain: chain + [scope.file])
                } catch  where error.mark == nil {
                    throw ComposeFileError(error.message, at: include.mark, path: "include")
                }
            }
            try add(included, to: &map, at: include.mark)
        }
        return Node(.map(map), at: tree.mark)
    }

    private func add(_ included: Node?, to map: inout NodeMap, at mark: Mark) throws(ComposeFileError) {
        for section in ["services", "networks", "volumes", "configs", "secrets", "models"] {
            guard let additions = included?[section]?.map else { continue }
            var own = map[section]?.map ?? NodeMap()
            for (name, node) in additions.pairs {
                if let old = own[name], old != node {
                    throw ComposeFileError(
                        "the included file has one of this name, too, in \(node.mark)", at: own.mark(of: name),
                        path: "\(section).\(name)")
                }
                own.set(name, node, at: additions.mark(of: name))
            }
            map.set(section, Node(.map(own), at: map[section]?.mark ?? mark))
        }
    }

    // MARK: extends

    private func extending(_ tree: Node, earlier: Node?, _ scope: Scope) throws(ComposeFileError) -> Node {
        guard let services = tree["services"]?.map, services.pairs.contains(where: { $0.node["extends"] != nil }),
            var map = tree.map
        else { return tree }
        var result = services
        for (name, service) in services.pairs where service["extends"] != nil {
            let extended = try extended(
                service, name, in: services, earlier: earlier?["services"]?.map, scope,
                chain: ["\(scope.file)\u{0}\(name)"])
            result.set(name, extended, at: services.mark(of: name))
        }
        map.set("services", Node(.map(result), at: tree["services"]?.mark ?? tree.mark))
        return Node(.map(map), at: tree.mark)
    }

    private func extended(
        _ service: Node, _ name: String, in services: NodeMap, earlier: NodeMap?, _ scope: Scope, chain: [String]
    ) throws(ComposeFileError) -> Node {
        guard let extends = service["extends"], let wanted = extends["service"]?.text else { return service }
        let path = "services.\(name).extends"
        var own = service.map ?? NodeMap()
        own.remove("extends")
        let base: Node
        if let file = extends["file"]?.text {
            let absolute = normalizedPath(file.hasPrefix("/") ? file : "\(scope.directory)/\(file)")
            base = try otherFileService(wanted, of: absolute, scope, at: extends.mark, path, chain)
        } else {
            guard let found = services[wanted] ?? earlier?[wanted] else {
                throw ComposeFileError("there is no service \(quotedText(wanted))", at: extends.mark, path: path)
            }
            try step(chain, scope.file, wanted, extends.mark, path)
            base = try extended(
                found, wanted, in: services, earlier: earlier, scope, chain: chain + ["\(scope.file)\u{0}\(wanted)"])
        }
        let over = Node(.map(own), at: service.mark, directive: service.directive)
        return Merge.nodes(base, over, Schema.service) ?? over
    }

    private func step(
        _ chain: [String], _ file: String, _ service: String, _ mark: Mark, _ path: String
    ) throws(ComposeFileError) {
        guard !chain.contains("\(file)\u{0}\(service)") else {
            throw ComposeFileError("extends goes round, back to \(quotedText(service))", at: mark, path: path)
        }
        guard chain.count < 50 else { throw ComposeFileError("extends goes on for 50 services", at: mark, path: path) }
    }

    /// A service of another file, whose paths are taken from that file's directory.
    private func otherFileService(
        _ name: String, of file: String, _ outer: Scope, at mark: Mark, _ path: String, _ chain: [String]
    ) throws(ComposeFileError) -> Node {
        let scope = outer.other(file, source.parent(of: file), outer.variables)
        let found: [Node]
        do {
            found = try documents(file)
        } catch  where error.mark == nil {
            throw ComposeFileError(error.message, at: mark, path: path)
        }
        try step(chain, file, name, mark, path)
        for document in found {
            let tree = try canonical(document, scope)
            guard let services = tree["services"]?.map, let service = services[name] else { continue }
            return try extended(
                service, name, in: services, earlier: nil, scope, chain: chain + ["\(file)\u{0}\(name)"])
        }
        throw ComposeFileError("there is no service \(quotedText(name)) in \(shown(file))", at: mark, path: path)
    }
}
