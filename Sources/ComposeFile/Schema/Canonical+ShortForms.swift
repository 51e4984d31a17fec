/// The specification's short forms, made long.
extension Canonical {
    func lengthened(_ node: Node, _ form: ShortForm, _ path: String) throws(ComposeFileError) -> Node {
        switch form {
        case .textOrList:
            return node.text.map { Node(.list([.text($0, at: node.mark)]), at: node.mark) } ?? node
        case .ports: return try ports(node, path)
        case .mount: return try mount(node, path)
        case .networks: return try named(node, path, default: Node(.null, at: node.mark))
        case .dependsOn: return try dependsOn(node, path)
        case .build: return try build(node, path)
        case .envFile: return try envFiles(node, path)
        case .grant: return node.text.map { single("source", $0, node) } ?? node
        case .hosts: return try hosts(node, path)
        case .device: return try device(node, path)
        case .extends: return node.text.map { single("service", $0, node) } ?? node
        case .include:
            guard node.list != nil || node.text != nil else { return node }
            return object([("path", try lengthened(node, .textOrList, path))], node)
        case .ulimit:
            guard let text = node.text else { return node }
            guard let limit = Int64(text) else {
                throw ComposeFileError(
                    "must be a whole number or soft and hard, not \(quotedText(text))", at: node.mark, path: path)
            }
            let value = Node(.integer(limit), at: node.mark)
            return object([("soft", value), ("hard", value)], node)
        case .gpus:
            guard let text = node.text else { return node }
            guard text == "all" else { throw wrong(node, "all or a list", path) }
            return Node(.list([object([("count", .text("-1", at: node.mark))], node)]), at: node.mark)
        case .healthTest:
            guard let text = node.text else { return node }
            return Node(
                .list([.text("CMD-SHELL", at: node.mark), .text(text, at: node.mark)]), at: node.mark)
        case .externalFlag:
            guard node.text != nil else { return node }
            return object([("external", node)], node)
        case .throttle:
            guard let text = node.text, Int64(text) == nil, let time = ComposeQuantity.nanoseconds(text) else {
                return node
            }
            return Node(.integer(time / 1000), at: node.mark)
        }
    }

    private func object(_ pairs: [(String, Node)], _ node: Node) -> Node {
        var map = NodeMap()
        for (key, value) in pairs { map.set(key, value, at: node.mark) }
        return Node(.map(map), at: node.mark)
    }

    private func single(_ key: String, _ text: String, _ node: Node) -> Node {
        object([(key, .text(text, at: node.mark))], node)
    }

    /// A list of names as a mapping.
    private func named(_ node: Node, _ path: String, default value: Node) throws(ComposeFileError) -> Node {
        guard let list = node.list else { return node }
        return object(try texts(list, path).map { ($0.text ?? "", Node(value.value, at: $0.mark)) }, node)
    }

    private func dependsOn(_ node: Node, _ path: String) throws(ComposeFileError) -> Node {
        let defaults = object(
            [
                ("condition", .text("service_started", at: node.mark)), ("required", Node(.bool(true), at: node.mark)),
            ], node)
        let long = try named(node, path, default: defaults)
        guard let map = long.map else { return long }
        var result = NodeMap()
        for (name, child) in map.pairs {
            var fields = child.map ?? NodeMap()
            guard child.map != nil || child.isNull else { throw wrong(child, "a mapping", "\(path).\(name)") }
            for (key, value) in defaults.map?.pairs ?? [] where fields[key] == nil { fields.set(key, value) }
            result.set(name, Node(.map(fields), at: child.mark, directive: child.directive), at: map.mark(of: name))
        }
        return Node(.map(result), at: node.mark)
    }

    private func build(_ node: Node, _ path: String) throws(ComposeFileError) -> Node {
        var map = NodeMap()
        if let text = node.text {
            map.set("context", .text(text, at: node.mark))
        } else if let given = node.map {
            map = given
        } else {
            throw wrong(node, "a text or a mapping", path)
        }
        let context = map["context"]?.text ?? "."
        map.set(
            "context",
            .text(Self.isRemote(context) ? context : absolute(context), at: map["context"]?.mark ?? node.mark))
        if let contexts = map["additional_contexts"] {
            let pairs = try self.node(contexts, .keyValues, "\(path).additional_contexts")
            map.set(
                "additional_contexts",
                object(
                    (pairs.map?.pairs ?? []).map { key, value in
                        let text = value.text ?? ""
                        let isPath = !Self.isRemote(text) && !text.hasPrefix("service:")
                        return (key, .text(isPath ? absolute(text) : text, at: value.mark))
                    }, contexts))
        }
        return Node(.map(map), at: node.mark)
    }

    /// What is no path: an address, or a name with a kind before it.
    static func isRemote(_ context: String) -> Bool {
        context.contains("://") || context.hasPrefix("git@") || context.hasPrefix("github.com/")
    }

    private func envFiles(_ node: Node, _ path: String) throws(ComposeFileError) -> Node {
        let list = node.list ?? [node]
        return Node(
            .list(
                list.map { element in
                    var map = element.map ?? NodeMap()
                    if let text = element.text { map.set("path", .text(text, at: element.mark)) }
                    guard element.map != nil || element.text != nil else { return element }
                    if map["required"] == nil { map.set("required", Node(.bool(true), at: element.mark)) }
                    return Node(.map(map), at: element.mark)
                }), at: node.mark, directive: node.directive)
    }

    private func hosts(_ node: Node, _ path: String) throws(ComposeFileError) -> Node {
        var result: [(String, [Node])] = []
        if let list = node.list {
            for element in try texts(list, path) {
                let text = element.text ?? ""
                guard let cut = text.firstIndex(where: { $0 == "=" || $0 == ":" }), cut != text.startIndex else {
                    throw ComposeFileError(
                        "must be NAME=ADDRESS, not \(quotedText(text))", at: element.mark, path: path)
                }
                let address = Node.text(Self.unbracketed(String(text[text.index(after: cut)...])), at: element.mark)
                if let place = result.firstIndex(where: { $0.0 == text[..<cut] }) {
                    result[place].1.append(address)
                } else {
                    result.append((String(text[..<cut]), [address]))
                }
            }
        } else if let map = node.map {
            for (name, child) in map.pairs {
                let addresses = try texts(child.list ?? [child], "\(path).\(name)")
                result.append((name, addresses.map { .text(Self.unbracketed($0.text ?? ""), at: $0.mark) }))
            }
        } else {
            throw wrong(node, "a mapping or a list of NAME=ADDRESS", path)
        }
        return object(result.map { ($0.0, Node(.list($0.1), at: node.mark)) }, node)
    }

    private static func unbracketed(_ address: String) -> String {
        address.hasPrefix("[") && address.hasSuffix("]") ? String(address.dropFirst().dropLast()) : address
    }

    private func device(_ node: Node, _ path: String) throws(ComposeFileError) -> Node {
        guard let text = node.text else { return node }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= 3, !parts.contains("") else {
            throw ComposeFileError("must be HOST[:CONTAINER[:rwm]], not \(quotedText(text))", at: node.mark, path: path)
        }
        // `HOST:rwm` is Docker's, too.
        let isMode = parts.count == 2 && parts[1].allSatisfy { "rwm".contains($0) }
        return object(
            [
                ("source", .text(parts[0], at: node.mark)),
                ("target", .text(parts.count > 1 && !isMode ? parts[1] : parts[0], at: node.mark)),
                ("permissions", .text(parts.count == 3 ? parts[2] : isMode ? parts[1] : "rwm", at: node.mark)),
            ], node)
    }
}
