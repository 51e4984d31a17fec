extension Canonical {
    /// `[[IP:]HOST:]CONTAINER[/PROTOCOL]` with ranges, or the long form with its defaults.
    func ports(_ node: Node, _ path: String) throws(ComposeFileError) -> Node {
        guard let list = node.list else { throw wrong(node, "a list", path) }
        var result: [Node] = []
        for (index, element) in list.enumerated() {
            if let map = element.map {
                var long = map
                if long["mode"] == nil { long.set("mode", .text("ingress", at: element.mark)) }
                if long["protocol"] == nil { long.set("protocol", .text("tcp", at: element.mark)) }
                if let published = long["published"]?.text, Self.range(published[...]) == nil, !keepsVariables {
                    throw ComposeFileError(
                        "not a port or a range of ports: \(quotedText(published))", at: element.mark,
                        path: "\(path)[\(index)].published")
                }
                result.append(Node(.map(long), at: element.mark, directive: element.directive))
            } else if let text = element.text {
                if keepsVariables, text.utf8.contains(UInt8(ascii: "$")) {
                    result.append(portObject(["target": text], element.mark))
                    continue
                }
                guard let ports = Self.shortPorts(text) else {
                    throw ComposeFileError(
                        "must be [[IP:]HOST:]CONTAINER[/PROTOCOL], not \(quotedText(text))", at: element.mark,
                        path: "\(path)[\(index)]")
                }
                result += ports.map { portObject($0, element.mark) }
            } else {
                throw wrong(element, "a text or a mapping", "\(path)[\(index)]")
            }
        }
        return Node(.list(result), at: node.mark)
    }

    private func portObject(_ fields: [String: String], _ mark: Mark) -> Node {
        var map = NodeMap()
        map.set("mode", .text("ingress", at: mark))
        for key in ["host_ip", "target", "published", "protocol"] {
            if let text = fields[key] { map.set(key, Node(.text(text, isPlain: true), at: mark)) }
        }
        return Node(.map(map), at: mark)
    }

    static func range(_ text: Substring) -> ClosedRange<Int>? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count <= 2, text.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2d }),
            let low = Int(parts[0]), let high = parts.count == 2 ? Int(parts[1]) : low, (0...65535).contains(low),
            high <= 65535, low <= high
        else { return nil }
        return low...high
    }

    /// Whether a text has the form of an address; of version 6 the engine looks closer.
    private static func isAddress(_ text: String) -> Bool {
        if text.contains(":") { return text.allSatisfy { $0.isHexDigit || $0 == ":" || $0 == "." } }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { $0.utf8.allSatisfy { (0x30...0x39).contains($0) } && UInt8($0) != nil }
    }

    /// The ports that one short form stands for; `nil` if it is none.
    static func shortPorts(_ text: String) -> [[String: String]]? {
        let halves = text.split(separator: "/", omittingEmptySubsequences: false)
        guard halves.count <= 2, let body = halves.first else { return nil }
        let proto = halves.count == 2 ? halves[1].lowercased() : "tcp"
        guard ["tcp", "udp", "sctp"].contains(proto) else { return nil }
        let cut = body.lastIndex(of: ":")
        guard let targets = range(cut.map { body[body.index(after: $0)...] } ?? body), targets.lowerBound > 0 else {
            return nil
        }
        guard let cut else {
            return targets.map { ["target": String($0), "protocol": proto] }
        }
        var host = body[..<cut]
        var address = ""
        if let colon = host.lastIndex(of: ":") {
            address = String(host[..<colon])
            host = host[host.index(after: colon)...]
            if address.hasPrefix("["), address.hasSuffix("]") { address = String(address.dropFirst().dropLast()) }
            guard isAddress(address) else { return nil }
        }
        var common = ["protocol": proto]
        if !address.isEmpty { common["host_ip"] = address }
        func port(_ target: Int, _ published: String?) -> [String: String] {
            var result = common
            result["target"] = String(target)
            result["published"] = published
            return result
        }
        if host.isEmpty { return targets.map { port($0, nil) } }
        guard let published = range(host) else { return nil }
        // One port of the container takes a free one of the range; else both ranges go side by side.
        if targets.count == 1 { return [port(targets.lowerBound, String(host))] }
        guard published.count == targets.count else { return nil }
        return zip(targets, published).map { port($0, String($1)) }
    }
}
