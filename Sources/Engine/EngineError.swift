/// What a caller can do about a failure of the engine. A front door turns it into an exit code or an HTTP status.
public enum FailureKind: Sendable, Equatable {
    /// The request itself is wrong: nothing was made.
    case invalidInput
    /// A container, image or path that the request names does not exist.
    case notFound
    /// What was asked does not go together with the state things are in.
    case conflict
    /// This host or this version cannot do it.
    case unsupported
    /// The container's program is there but cannot be executed: exit code 126.
    case notExecutable
    /// The container's program is not there: exit code 127.
    case programNotFound
    /// The kernel, the disk or a helper process failed.
    case fault
}

/// A failure of a use case, told in one line: what was tried, on what, and what answered.
public struct EngineError: Error, Equatable, CustomStringConvertible {
    public let kind: FailureKind
    public let message: String

    public init(_ kind: FailureKind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    public var description: String { message }
}

extension EngineError {
    /// `error` in the words of the engine: its own errors as they are, everything else as a fault while `doing`.
    static func wrapping(_ error: any Error, while doing: @autoclosure () -> String) -> EngineError {
        if let known = error as? EngineError { return known }
        return EngineError(.fault, "\(doing()): \(error)")
    }

    static func noSuchContainer(_ reference: String) -> EngineError {
        EngineError(.notFound, "no such container: \(reference)")
    }

    static func used(image: String, by container: ContainerName) -> EngineError {
        EngineError(
            .conflict, "image \(quotedForError(image)) is used by container \(container): remove that container first")
    }

    static func noSuchImage(_ reference: String) -> EngineError {
        EngineError(.notFound, "no such image: \(reference)")
    }
}
