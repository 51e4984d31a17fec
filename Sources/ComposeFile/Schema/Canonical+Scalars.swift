extension Canonical {
    func scalar(_ node: Node, _ shape: Shape, _ path: String) throws(ComposeFileError) -> Node {
        guard let text = node.text else { throw wrong(node, shape.word, path) }
        func invalid(_ why: String) -> ComposeFileError { ComposeFileError(why, at: node.mark, path: path) }
        switch shape {
        case .choice(let words):
            guard words.contains(text) else {
                throw invalid("\(quotedText(text)) is none of \(words.joined(separator: ", "))")
            }
            return .text(text, at: node.mark)
        case .bool:
            guard let value = Self.bool(text) else { throw invalid("must be true or false, not \(quotedText(text))") }
            return Node(.bool(value), at: node.mark)
        case .integer(let range):
            guard let value = node.integer ?? Int64(text) else {
                throw invalid("must be a whole number, not \(quotedText(text))")
            }
            guard range.contains(value) else {
                throw invalid("\(value) is not between \(range.lowerBound) and \(range.upperBound)")
            }
            return Node(.integer(value), at: node.mark)
        case .number:
            guard let value = node.number ?? Double(text), value.isFinite else {
                throw invalid("must be a number, not \(quotedText(text))")
            }
            return Node(Int64(exactly: value).map { .integer($0) } ?? .number(value), at: node.mark)
        case .mode:
            return .text(try mode(node, text, invalid), at: node.mark)
        case .duration:
            guard let value = ComposeQuantity.nanoseconds(text) else {
                throw invalid("must be a duration such as 1m30s, not \(quotedText(text))")
            }
            return .text(ComposeQuantity.durationText(value), at: node.mark)
        case .size:
            guard let value = ComposeQuantity.bytes(text) else {
                throw invalid("must be a size such as 512m, not \(quotedText(text))")
            }
            return .text(String(value), at: node.mark)
        case .path:
            guard !text.isEmpty else { throw invalid("a path is empty") }
            return .text(absolute(text), at: node.mark)
        default: return .text(text, at: node.mark)
        }
    }

    private func mode(
        _ node: Node, _ text: String, _ invalid: (String) -> ComposeFileError
    ) throws(ComposeFileError) -> String {
        let value: Int64?
        if case .text(_, isPlain: true) = node.value, !text.hasPrefix("0") {
            value = Int64(text)
        } else {
            value = Int64(text.hasPrefix("0o") ? String(text.dropFirst(2)) : text, radix: 8)
        }
        guard let value, (0...0o7777).contains(value) else {
            throw invalid("must be permissions such as 0440, not \(quotedText(text))")
        }
        return "0" + String(value, radix: 8)
    }

    static func bool(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "true", "yes", "y", "on", "1": true
        case "false", "no", "n", "off", "0": false
        default: nil
        }
    }

    /// A path taken from the file's directory, without `.` and `..`; `~` is the user's home.
    func absolute(_ path: String) -> String {
        if keepsPaths { return path }
        if let home, path == "~" || path.hasPrefix("~/") { return normalizedPath(home + path.dropFirst(1)) }
        if keepsVariables, path.hasPrefix("$") { return path }
        return normalizedPath(path.hasPrefix("/") ? path : "\(directory)/\(path)")
    }
}

/// A path without `.`, `..` and doubled slashes; `..` above `/` is `/`.
package func normalizedPath(_ path: String) -> String {
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
        if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return "/" + parts.joined(separator: "/")
}

extension Shape {
    /// What a message says a value must be.
    fileprivate var word: String {
        switch self {
        case .bool: "true or false"
        case .integer, .number: "a number"
        case .duration: "a duration"
        case .size: "a size"
        default: "a text"
        }
    }
}
