extension Canonical {
    /// `[SOURCE:]TARGET[:OPTIONS]`, or the long form with a bind's source made absolute.
    func mount(_ node: Node, _ path: String) throws(ComposeFileError) -> Node {
        if let map = node.map {
            guard map["type"]?.text == "bind", let source = map["source"]?.text else {
                if map["type"]?.text == "bind" {
                    throw ComposeFileError("source is missing", at: node.mark, path: path)
                }
                return node
            }
            var result = map
            result.set("source", .text(absolute(source), at: map["source"]?.mark ?? node.mark))
            return Node(.map(result), at: node.mark, directive: node.directive)
        }
        guard let text = node.text else { throw wrong(node, "a text or a mapping", path) }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard !parts.contains(""), parts.count <= 3 else {
            throw ComposeFileError(
                "must be [SOURCE:]TARGET[:OPTIONS], not \(quotedText(text))", at: node.mark, path: path)
        }
        var map = NodeMap()
        func set(_ key: String, _ value: String) { map.set(key, .text(value, at: node.mark)) }
        guard parts.count > 1 else {
            set("type", "volume")
            set("target", parts[0])
            return Node(.map(map), at: node.mark)
        }
        let isBind =
            parts[0].hasPrefix("/") || parts[0].hasPrefix(".") || parts[0].hasPrefix("~")
            || (keepsVariables && parts[0].hasPrefix("$"))
        set("type", isBind ? "bind" : "volume")
        set("source", isBind ? absolute(parts[0]) : parts[0])
        set("target", parts[1])
        var bind = NodeMap()
        var volume = NodeMap()
        if isBind { bind.set("create_host_path", Node(.bool(true), at: node.mark)) }
        for option in parts.count == 3 ? parts[2].split(separator: ",").map(String.init) : [] {
            switch option {
            case "ro": map.set("read_only", Node(.bool(true), at: node.mark))
            case "rw": break
            case "z", "Z": bind.set("selinux", .text(option, at: node.mark))
            case "nocopy": volume.set("nocopy", Node(.bool(true), at: node.mark))
            case "private", "rprivate", "shared", "rshared", "slave", "rslave":
                bind.set("propagation", .text(option, at: node.mark))
            case "cached", "delegated", "consistent": set("consistency", option)
            default:
                throw ComposeFileError(
                    "the option \(quotedText(option)) of \(quotedText(text)) is not known", at: node.mark, path: path)
            }
        }
        if isBind { map.set("bind", Node(.map(bind), at: node.mark)) }
        if !isBind, !volume.isEmpty { map.set("volume", Node(.map(volume), at: node.mark)) }
        return Node(.map(map), at: node.mark)
    }
}
