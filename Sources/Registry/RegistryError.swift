/// Why something could not be done with a registry, in one line: what was tried, on which host, what it answered, and
/// what to do. Never holds a password or a token.
public struct RegistryError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What a caller can do about it.
    public enum Kind: Sendable, Equatable {
        /// A name, a file of ours or a setting is wrong.
        case invalidInput
        /// Nobody is logged in, or the registry does not accept who is.
        case unauthorized
        /// Known, but not allowed.
        case forbidden
        /// No such repository, tag or content.
        case notFound
        /// Asked too often: see ``RegistryError/retryAt``.
        case rateLimited
        /// The host is not there or went away.
        case unreachable
        case timedOut
        /// TLS: the peer could not be proved to be who it should be.
        case untrusted
        /// The answer breaks the protocol or is larger than allowed.
        case invalidAnswer
        /// Content is not what its digest, its size or its type says.
        case mismatch
        /// The registry failed: status 500 and above.
        case serverFailure
        /// Neither side can do it.
        case unsupported
    }

    /// What a caller can do about it.
    public let kind: Kind
    /// What was tried, such as `pull nginx:latest`. Empty until somebody who knows adds it.
    public var operation: String
    /// With its port if that is not the usual one.
    public let host: String
    /// What happened.
    public let problem: String
    /// What the user can do.
    public let advice: String?
    /// The status of the answer, if there was one.
    public let status: Int?
    /// In seconds since 1970: when the registry wants to be asked again.
    public let retryAt: Int64?
    /// Whether asking again at once cannot help.
    let isFinal: Bool

    init(
        _ kind: Kind, host: String, _ problem: String, advice: String? = nil, status: Int? = nil,
        retryAt: Int64? = nil, isFinal: Bool = false, operation: String = ""
    ) {
        self.kind = kind
        self.host = host
        self.problem = problem
        self.advice = advice
        self.status = status
        self.retryAt = retryAt
        self.isFinal = isFinal
        self.operation = operation
    }

    public var description: String {
        let parts = [operation, host, problem].filter { !$0.isEmpty }
        return parts.joined(separator: ": ") + (advice.map { "; \($0)" } ?? "")
    }

    /// Whether the same request may succeed a moment later.
    var isTransient: Bool {
        switch kind {
        case .unreachable: !isFinal
        case .timedOut, .serverFailure: true
        default: false
        }
    }
}

/// Runs `body` and names what was tried in an error that does not say so yet.
func trying<Value>(_ operation: @autoclosure () -> String, _ body: () async throws -> Value) async throws -> Value {
    do {
        return try await body()
    } catch var error as RegistryError where error.operation.isEmpty {
        error.operation = operation()
        throw error
    }
}
