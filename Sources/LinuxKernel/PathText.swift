// Paths in a few lines of their own: the standard library's `split` and `joined` are generic down to each character, and making
// their types at every start costs more than the calls that the paths are for.

/// The components between the slashes of `path`; empty ones are left out.
package func pathComponents(_ path: String) -> [Substring] { pieces(of: path, between: "/") }

/// The pieces of `text` between characters of ASCII; empty ones are left out.
package func pieces(of text: String, between separator: Unicode.Scalar) -> [Substring] {
    pieces(of: text.utf8[...], between: UInt8(ascii: separator))
}

/// The pieces of `text` between characters of ASCII; empty ones are left out.
package func pieces(of text: Substring, between separator: Unicode.Scalar) -> [Substring] {
    pieces(of: text.utf8, between: UInt8(ascii: separator))
}

private func pieces(of bytes: Substring.UTF8View, between separator: UInt8) -> [Substring] {
    var pieces: [Substring] = []
    var start = bytes.startIndex
    var at = start
    while at != bytes.endIndex {
        let next = bytes.index(after: at)
        if bytes[at] == separator {
            if start != at { pieces.append(Substring(bytes[start..<at])) }
            start = next
        }
        at = next
    }
    if start != at { pieces.append(Substring(bytes[start..<at])) }
    return pieces
}

/// The components with a slash between them.
package func joinedPath(_ components: ArraySlice<Substring>) -> String {
    var path = ""
    for component in components {
        if !path.isEmpty { path.append("/") }
        path.append(contentsOf: component)
    }
    return path
}

/// The components with a slash between them.
package func joinedPath(_ components: [String]) -> String {
    var path = ""
    for component in components {
        if !path.isEmpty { path.append("/") }
        path.append(component)
    }
    return path
}

/// The components with a slash between them.
package func joinedPath(_ components: [Substring]) -> String { joinedPath(components[...]) }
