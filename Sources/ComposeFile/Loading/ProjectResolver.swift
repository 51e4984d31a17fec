/// Makes a project of a merged tree: files of variables, names, and everything that must fit together.
struct ProjectResolver {
    let source: ComposeSource
    let name: String
    let directory: String
    let files: [String]
    let variables: [String: String]
    let profiles: Set<String>

    func project(_ merged: Node) throws(ComposeFileError) -> Project {
        var tree = merged.map ?? NodeMap()
        tree.remove("version")
        tree.set("name", .text(name, at: merged.mark))
        var nodes = NodeMap()
        var used: Set<String> = []
        for (key, node) in merged["services"]?.map?.pairs ?? [] {
            let mark = merged["services"]?.map?.mark(of: key) ?? node.mark
            let service = try self.service(key, Node(node.value, at: mark))
            used.formUnion(service["networks"]?.map?.keys ?? [])
            nodes.set(key, service, at: mark)
        }
        guard !nodes.isEmpty else {
            throw ComposeFileError("there are no services", at: merged["services"]?.mark ?? merged.mark)
        }
        tree.set("services", Node(.map(nodes), at: merged["services"]?.mark ?? merged.mark))
        for section in ["networks", "volumes", "configs", "secrets"] {
            var own = merged[section]?.map ?? NodeMap()
            if section == "networks", source.normalizes, used.contains("default"), own["default"] == nil {
                own.set("default", Node(.null, at: merged.mark))
            }
            if own.isEmpty {
                tree.remove(section)
                continue
            }
            for (key, node) in own.pairs { own.set(key, try named(key, node, section), at: own.mark(of: key)) }
            tree.set(section, Node(.map(own), at: merged[section]?.mark ?? merged.mark))
        }
        return try checked(Node(.map(tree), at: merged.mark))
    }

    // MARK: One service

    private func service(_ key: String, _ node: Node) throws(ComposeFileError) -> Node {
        let path = "services.\(key)"
        let allowed = key.unicodeScalars.allSatisfy {
            ("a"..."z").contains($0) || ("A"..."Z").contains($0) || ("0"..."9").contains($0)
                || "._-".unicodeScalars.contains($0)
        }
        guard allowed, !key.isEmpty, key.utf8.count <= 100 else {
            throw ComposeFileError("a service's name has letters, digits, . _ and - only", at: node.mark, path: path)
        }
        var map = node.map ?? NodeMap()
        let saysWhat = map["image"] != nil || map["build"] != nil || map["provider"] != nil
        guard saysWhat || !source.checksConsistency else {
            throw ComposeFileError("neither image nor build says what runs", at: node.mark, path: path)
        }
        if source.interpolates {
            if source.resolvesEnvironment { try resolve(&map, "environment", files: "env_file", path) }
            try resolve(&map, "labels", files: "label_file", path)
        }
        if source.normalizes, map["networks"] == nil, map["network_mode"] == nil, map["provider"] == nil {
            var networks = NodeMap()
            networks.set("default", Node(.null, at: node.mark))
            map.set("networks", Node(.map(networks), at: node.mark))
        }
        return Node(.map(map), at: node.mark)
    }

    /// What files of variables say, below what the service itself says.
    private func resolve(
        _ map: inout NodeMap, _ key: String, files: String, _ path: String
    ) throws(ComposeFileError) {
        var result = NodeMap()
        for (index, file) in (map[files]?.list ?? []).enumerated() {
            guard let name = file["path"]?.text ?? file.text else { continue }
            guard let bytes = try source.read(name.hasPrefix("/") ? name : normalizedPath("\(directory)/\(name)"))
            else {
                if file["required"]?.bool == false { continue }
                throw ComposeFileError(
                    "the file \(name) is not there", at: file.mark, path: "\(path).\(files)[\(index)]")
            }
            let known = variables
            let entries =
                file["format"]?.text == "raw"
                ? try DotEnv.raw(bytes, file: name)
                : try DotEnv(file: name, lookup: { known[$0] }).entries(bytes)
            for entry in entries {
                if let value = entry.value ?? variables[entry.name] {
                    result.set(entry.name, .text(value, at: file.mark))
                }
            }
        }
        map.remove(files)
        for (name, node) in map[key]?.map?.pairs ?? [] {
            let given = key == "environment" ? variables[name] : ""
            let value = node.isNull ? given.map { Node.text($0, at: node.mark) } ?? node : node
            result.set(name, value)
        }
        if !result.isEmpty { map.set(key, Node(.map(result), at: map[key]?.mark ?? result.pairs[0].node.mark)) }
    }

    // MARK: Names

    /// A network, volume, config or secret with its name for the engine.
    private func named(_ key: String, _ node: Node, _ section: String) throws(ComposeFileError) -> Node {
        let path = "\(section).\(key)"
        var map = node.map ?? NodeMap()
        if let external = map["external"] {
            let isExternal = external["external"]?.bool ?? (external["name"] != nil)
            if let old = external["name"] { map.set("name", old) }
            map.remove("external")
            if isExternal {
                map.set("external", Node(.bool(true), at: external.mark))
                for other in map.keys where !["external", "name", "labels"].contains(other) {
                    throw ComposeFileError(
                        "what is external is made elsewhere, so \(other) cannot be said here", at: map.mark(of: other),
                        path: "\(path).\(other)")
                }
            }
        }
        let isExternal = map["external"] != nil
        if source.normalizes, map["name"] == nil {
            map.set("name", .text(isExternal ? key : "\(name)_\(key)", at: node.mark))
        }
        if source.checksConsistency, section == "configs" || section == "secrets" {
            let ways = ["file", "environment", "content", "external"].filter { map[$0] != nil }
            guard ways.count == 1 else {
                throw ComposeFileError(
                    ways.isEmpty
                        ? "one of file, environment, content or external says what is in it"
                        : "\(ways.joined(separator: " and ")) cannot stand together", at: node.mark, path: path)
            }
        }
        return Node(.map(map), at: node.mark)
    }
}
