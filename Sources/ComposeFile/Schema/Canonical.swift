/// Brings a file's values to the long forms and the kinds that the schema has; what it does not know is an error.
struct Canonical {
    /// What relative paths are taken from; absolute.
    let directory: String
    let home: String?
    /// Variables have not been put in (`--no-interpolate`), so a text with a dollar may stand for anything.
    let keepsVariables: Bool
    /// Relative paths stay as they are (`--no-path-resolution`).
    var keepsPaths = false

    func node(_ node: Node, _ shape: Shape, _ path: String) throws(ComposeFileError) -> Node {
        if node.directive == .reset { return node }
        if keepsVariables, let text = node.text, text.utf8.contains(UInt8(ascii: "$")), shape.isScalar {
            return Node(.text(text, isPlain: false), at: node.mark, directive: node.directive)
        }
        var result = try converted(node, shape, path)
        result.directive = node.directive
        return result
    }

    private func converted(_ node: Node, _ shape: Shape, _ path: String) throws(ComposeFileError) -> Node {
        switch shape {
        case .any: return node
        case .short(let form, let long):
            return try self.node(try lengthened(node, form, path), long, path)
        case .replaced(let inner), .driver(let inner): return try self.node(node, inner, path)
        case .list(let element, let identity): return try list(node, element, identity, path)
        case .map(let value):
            guard let map = node.map else { throw wrong(node, "a mapping", path) }
            var result = NodeMap()
            for (key, child) in map.pairs {
                let child = child.isNull ? child : try self.node(child, value, "\(path).\(key)")
                result.set(key, child, at: map.mark(of: key))
            }
            return Node(.map(result), at: node.mark)
        case .object(let fields): return try object(node, fields, path)
        case .keyValues: return try keyValues(node, path)
        case .command:
            if let list = node.list {
                return Node(.list(try texts(list, path)), at: node.mark)
            }
            guard let text = node.text else { throw wrong(node, "a text or a list", path) }
            do throws(ShellWords.Problem) {
                return Node(.list(try ShellWords.split(text).map { .text($0, at: node.mark) }), at: node.mark)
            } catch {
                throw ComposeFileError(
                    "\(quotedText(text)) is no command line: \(error.message)", at: node.mark, path: path)
            }
        default: return try scalar(node, shape, path)
        }
    }

    func wrong(_ node: Node, _ wanted: String, _ path: String) -> ComposeFileError {
        ComposeFileError("must be \(wanted), not \(node.kind)", at: node.mark, path: path)
    }

    func texts(_ list: [Node], _ path: String) throws(ComposeFileError) -> [Node] {
        var result: [Node] = []
        for (index, element) in list.enumerated() {
            guard let text = element.text else { throw wrong(element, "a text", "\(path)[\(index)]") }
            result.append(.text(text, at: element.mark))
        }
        return result
    }

    private func list(
        _ node: Node, _ element: Shape, _ identity: Shape.Identity, _ path: String
    ) throws(ComposeFileError) -> Node {
        guard let list = node.list else { throw wrong(node, "a list", path) }
        var result: [Node] = []
        for (index, child) in list.enumerated() {
            result.append(try self.node(child, element, "\(path)[\(index)]"))
        }
        if case .none = identity { return Node(.list(result), at: node.mark) }
        return Node(.list(Merge.lists([], result, identity)), at: node.mark)
    }

    private func object(
        _ node: Node, _ fields: [String: Field], _ path: String
    ) throws(ComposeFileError) -> Node {
        guard let map = node.map else { throw wrong(node, "a mapping", path) }
        var result = NodeMap()
        for (key, child) in map.pairs where !key.hasPrefix("x-") {
            let childPath = path.isEmpty ? key : "\(path).\(key)"
            guard let field = fields[key] else {
                throw ComposeFileError(
                    "unknown field" + suggestion(key, fields), at: map.mark(of: key), path: childPath)
            }
            if child.isNull, child.directive == nil { continue }
            result.set(key, try self.node(child, field.shape, childPath), at: map.mark(of: key))
        }
        for (name, field) in fields.sorted(by: { $0.key < $1.key }) where field.isRequired && result[name] == nil {
            throw ComposeFileError("\(name) is missing", at: node.mark, path: path)
        }
        return Node(.map(result), at: node.mark)
    }

    /// The known name that differs in the fewest letters, if few do.
    private func suggestion(_ key: String, _ fields: [String: Field]) -> String {
        let plain = { (text: String) in text.lowercased().filter { $0 != "_" && $0 != "-" } }
        let wanted = plain(key)
        if wanted.utf8.count > 40 { return "" }
        let best = fields.keys.sorted().map { (name: $0, distance: distance(plain($0), wanted)) }
            .min { $0.distance < $1.distance }
        guard let best, best.distance <= (wanted.utf8.count < 5 ? 1 : max(2, wanted.utf8.count / 4)) else { return "" }
        return "; is \(best.name) meant?"
    }

    private func distance(_ one: String, _ other: String) -> Int {
        let (one, other) = (Array(one.utf8), Array(other.utf8))
        var row = Array(0...other.count)
        for (index, byte) in one.enumerated() {
            var last = row[0]
            row[0] = index + 1
            for column in other.indices {
                let substituted = last + (byte == other[column] ? 0 : 1)
                last = row[column + 1]
                row[column + 1] = min(substituted, row[column] + 1, row[column + 1] + 1)
            }
        }
        return row[other.count]
    }

    private func keyValues(_ node: Node, _ path: String) throws(ComposeFileError) -> Node {
        var result = NodeMap()
        if let map = node.map {
            for (key, child) in map.pairs {
                guard child.isNull || child.text != nil else {
                    throw wrong(child, "a text, a number, a truth value or nothing", "\(path).\(key)")
                }
                let value = child.text.map { Node.text($0, at: child.mark) } ?? child
                result.set(
                    key, Node(value.value, at: child.mark, directive: child.directive), at: map.mark(of: key))
            }
        } else if let list = node.list {
            for element in try texts(list, path) {
                let parts = (element.text ?? "").split(
                    separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                guard !parts[0].isEmpty else {
                    throw ComposeFileError("a name is missing before =", at: element.mark, path: path)
                }
                let value =
                    parts.count == 2 ? Node.text(String(parts[1]), at: element.mark) : Node(.null, at: element.mark)
                result.set(String(parts[0]), value)
            }
        } else {
            throw wrong(node, "a mapping or a list of NAME=VALUE", path)
        }
        return Node(.map(result), at: node.mark)
    }
}

extension Shape {
    var isScalar: Bool {
        switch self {
        case .text, .choice, .bool, .integer, .number, .mode, .duration, .size, .path: true
        case .short(let form, let shape): form.takesScalars ? shape.isScalar : false
        default: false
        }
    }
}

extension ShortForm {
    fileprivate var takesScalars: Bool { if case .throttle = self { true } else { false } }
}
