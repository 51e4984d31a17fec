/// What is wrong with a document of the OCI specifications, in one line.
public enum SpecError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The text is not JSON, or not JSON that is accepted here. Lines and columns (in bytes) count from 1.
    case syntax(line: Int, column: Int, problem: String)
    /// The document has more bytes than the caller allows.
    case tooLarge(bytes: Int, limit: Int)
    /// A field has the wrong type or a value that the specification calls an error.
    ///
    /// `path` is the way to the field from the root of the document, as in `process.rlimits[2].hard`; it is empty
    /// for the root itself.
    case field(path: String, problem: String)

    public var description: String {
        switch self {
        case .syntax(let line, let column, let problem): "line \(line), column \(column): \(problem)"
        case .tooLarge(let bytes, let limit): "the document has \(bytes) bytes, at most \(limit) are accepted"
        case .field("", let problem): problem
        case .field(let path, let problem): "\(path): \(problem)"
        }
    }

    /// The same error, seen from the object or array that holds the value under `component` (`name` or `[3]`).
    package func inside(_ component: String) -> SpecError {
        guard case .field(let path, let problem) = self else { return self }
        if path.isEmpty { return .field(path: component, problem: problem) }
        return .field(
            path: path.utf8.first == UInt8(ascii: "[") ? component + path : "\(component).\(path)", problem: problem)
    }
}
