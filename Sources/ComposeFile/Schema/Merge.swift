/// How a later file's values join an earlier one's.
///
/// Source: compose specification, Merge and override.
enum Merge {
    /// - Returns: `nil` if the later value takes the earlier one away (`!reset`).
    static func nodes(_ base: Node?, _ over: Node, _ shape: Shape) -> Node? {
        if over.directive == .reset { return nil }
        guard let base, over.directive == nil else { return stripped(over, shape) }
        switch (shape, base.value, over.value) {
        case (.short(_, let long), _, _): return nodes(base, over, long)
        case (.replaced, _, _), (.command, _, _): return over
        case (.driver(let inner), _, _):
            let (old, new) = (base["driver"]?.text, over["driver"]?.text)
            return old == nil || new == nil || old == new ? nodes(base, over, inner) : over
        case (.list(_, let identity), .list(let one), .list(let other)):
            return Node(.list(lists(one, other, identity)), at: over.mark)
        case (.map(let value), .map(let one), .map(let other)):
            return Node(.map(maps(one, other) { _ in value }), at: over.mark)
        case (.keyValues, .map(let one), .map(let other)):
            return Node(.map(maps(one, other, keepsNull: true) { _ in .text }), at: over.mark)
        case (.object(let fields), .map(let one), .map(let other)):
            return Node(.map(maps(one, other) { fields[$0]?.shape ?? .any }), at: over.mark)
        case (_, _, .null): return base
        default: return over
        }
    }

    private static func maps(
        _ base: NodeMap, _ over: NodeMap, keepsNull: Bool = false, _ shape: (String) -> Shape
    ) -> NodeMap {
        var result = base
        for (key, node) in over.pairs {
            if keepsNull, node.isNull, node.directive == nil {
                result.set(key, node, at: over.mark(of: key))
            } else if let merged = nodes(base[key], node, shape(key)) {
                result.set(key, merged, at: over.mark(of: key))
            } else {
                result.remove(key)
            }
        }
        return result
    }

    static func lists(_ base: [Node], _ over: [Node], _ identity: Shape.Identity) -> [Node] {
        var result: [Node] = []
        var places: [String: Int] = [:]
        for node in base + over where node.directive != .reset {
            guard let name = identity.name(of: node) else {
                result.append(node)
                continue
            }
            if let place = places[name] {
                result[place] = node
            } else {
                places[name] = result.count
                result.append(node)
            }
        }
        return result
    }

    /// A value without what tags said about it.
    private static func stripped(_ node: Node, _ shape: Shape) -> Node? {
        var result = node
        result.directive = nil
        switch (node.value) {
        case .map(let map):
            var kept = NodeMap()
            for (key, child) in map.pairs {
                if let child = nodes(nil, child, .any) { kept.set(key, child, at: map.mark(of: key)) }
            }
            result.value = .map(kept)
        case .list(let list): result.value = .list(list.compactMap { nodes(nil, $0, .any) })
        default: break
        }
        return result
    }

    /// A file's values alone.
    static func alone(_ node: Node) -> Node? { nodes(nil, node, .any) }
}

extension Shape.Identity {
    /// What makes an element the same as another; `nil` keeps both.
    fileprivate func name(of node: Node) -> String? {
        switch self {
        case .none: return nil
        case .value: return node.text
        case .firstOf(let names): return names.lazy.compactMap { node[$0]?.text }.first
        case .allOf(let names): return names.map { node[$0]?.text ?? "" }.joined(separator: "\u{0}")
        }
    }
}
