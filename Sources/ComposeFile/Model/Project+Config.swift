public import OCISpec

extension Project {
    /// The project without networks, volumes and so on that no active service uses.
    public var withoutUnused: Project {
        var map = tree.map ?? NodeMap()
        let active = services.values
        let used: [String: Set<String>] = [
            "networks": Set(active.flatMap { $0.node["networks"]?.map?.keys ?? [] }),
            "volumes": Set(active.flatMap(\.mounts).filter { $0.kind == .volume }.compactMap(\.source)),
            "configs": Set(active.flatMap(\.configs).map(\.source)),
            "secrets": Set(active.flatMap { $0.secrets + ($0.build?.secrets ?? []) }.map(\.source)),
            "models": Set(
                active.flatMap { $0.node["models"]?.map?.keys ?? $0.texts("models") }),
        ]
        for (section, names) in used {
            guard let all = map[section]?.map else { continue }
            var kept = NodeMap()
            for (name, node) in all.pairs where names.contains(name) { kept.set(name, node, at: all.mark(of: name)) }
            if kept.isEmpty { map.remove(section) } else { map.set(section, Node(.map(kept), at: tree.mark)) }
        }
        var result = self
        result.tree = Node(.map(map), at: tree.mark)
        return result
    }

    /// The names of a section of the top level.
    public func names(of section: String) -> [String] { (tree[section]?.map?.keys ?? []).sorted() }

    /// What each model of the top level is, by name.
    public var modelNames: [String] {
        (tree["models"]?.map?.pairs ?? []).compactMap { $0.node["model"]?.text }.sorted()
    }

    /// The project with other images, by service.
    ///
    /// - Parameter alone: With nothing but these: a file to put over others.
    public func replacingImages(_ images: [String: String], alone: Bool = false) -> Project {
        var all = NodeMap()
        for (name, node) in tree["services"]?.map?.pairs ?? [] {
            var service = alone ? NodeMap() : node.map ?? NodeMap()
            if let image = images[name] { service.set("image", .text(image, at: node.mark)) }
            all.set(name, Node(.map(service), at: node.mark))
        }
        var map = alone ? NodeMap() : tree.map ?? NodeMap()
        map.set("services", Node(.map(all), at: tree.mark))
        var result = self
        result.tree = Node(.map(map), at: tree.mark)
        return result
    }

    /// What `compose config` shows: the active services and what they use, in long form, keys in order.
    ///
    /// - Parameter escapesDollars: Dollars are doubled, so that the text is a compose file again.
    func shownTree(escapesDollars: Bool) -> Node {
        var map = NodeMap()
        let mark = tree.mark
        for key in ["name", "services", "networks", "volumes", "configs", "secrets", "models"] {
            guard let node = tree[key] else { continue }
            guard key == "services", let all = node.map else {
                map.set(key, node)
                continue
            }
            var kept = NodeMap()
            for (name, service) in all.pairs where services[name] != nil {
                kept.set(name, withoutIdleDependencies(service))
            }
            map.set(key, Node(.map(kept), at: mark))
        }
        var result = NodeMap()
        for (key, node) in map.pairs { result.set(key, Self.ordered(node, escapesDollars: escapesDollars)) }
        return Node(.map(result), at: mark)
    }

    private static func ordered(_ node: Node, escapesDollars: Bool) -> Node {
        switch node.value {
        case .map(let map):
            var result = NodeMap()
            for key in map.keys.sorted() {
                if let child = map[key] { result.set(key, ordered(child, escapesDollars: escapesDollars)) }
            }
            return Node(.map(result), at: node.mark)
        case .list(let list):
            return Node(.list(list.map { ordered($0, escapesDollars: escapesDollars) }), at: node.mark)
        case .text(let text, let isPlain) where escapesDollars && text.utf8.contains(UInt8(ascii: "$")):
            return Node(.text(text.replacing("$", with: "$$"), isPlain: isPlain), at: node.mark)
        default: return node
        }
    }

    /// - Parameter escapesDollars: Not for a project whose variables were left as they are.
    public func yaml(escapesDollars: Bool = true) -> String {
        YAMLWriter.text(shownTree(escapesDollars: escapesDollars))
    }

    public func json(escapesDollars: Bool = true) -> JSONValue { Self.json(shownTree(escapesDollars: escapesDollars)) }

    static func json(_ node: Node) -> JSONValue {
        switch node.value {
        case .null: return .null
        case .text(let text, _): return .string(text)
        case .bool(let value): return .bool(value)
        case .integer(let value): return .integer(value)
        case .number(let value): return .double(value)
        case .list(let list): return .array(list.map(json))
        case .map(let map):
            var object = JSONObject()
            for (key, child) in map.pairs { object[key] = json(child) }
            return .object(object)
        }
    }

    /// The hash of what a container of this service is made of: the same as long as it need not be made anew.
    ///
    /// What only says how many there are, how the image comes about or who comes first is not in it.
    public func hash(of service: Service) -> String {
        var map = service.node.map ?? NodeMap()
        for key in ["build", "scale", "depends_on", "profiles", "pull_policy", "develop", "attach", "extends"] {
            map.remove(key)
        }
        if var deploy = map["deploy"]?.map {
            deploy.remove("replicas")
            map.set("deploy", Node(.map(deploy), at: service.mark))
        }
        var whole = NodeMap()
        whole.set("service", Node(.map(map), at: service.mark))
        for (section, grants) in [("configs", service.configs), ("secrets", service.secrets)] {
            var objects = NodeMap()
            for grant in grants {
                if let object = tree[section]?[grant.source] { objects.set(grant.source, object) }
            }
            whole.set(section, Node(.map(objects), at: service.mark))
        }
        let text = Self.json(Self.ordered(Node(.map(whole), at: service.mark), escapesDollars: false)).text()
        return SHA256Hash.digest(of: text.utf8).hex
    }
}
