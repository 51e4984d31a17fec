// Paths in a few lines of their own: the standard library's `split` and `joined` are generic down to each character, and making
// their types at every start costs more than the calls that the paths are for.

/// The components between the slashes of `path`; empty ones are left out.
package func pathComponents(_ path: String) -> [Substring] {
    var components: [Substring] = []
    let bytes = path.utf8
    var start = bytes.startIndex
    var at = start
    while at != bytes.endIndex {
        let next = bytes.index(after: at)
        if bytes[at] == UInt8(ascii: "/") {
            if start != at { components.append(path[start..<at]) }
            start = next
        }
        at = next
    }
    if start != at { components.append(path[start..<at]) }
    return components
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
package func joinedPath(_ components: [Substring]) -> String { joinedPath(components[...]) }
