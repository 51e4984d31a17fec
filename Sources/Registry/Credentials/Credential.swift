internal import OCISpec

/// Who a user is to one registry. Never printed.
public struct Credential: Equatable, Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    enum Secret: Equatable { case password(String), identityToken(String) }

    /// Empty where a token alone says who it is.
    public let user: String
    let secret: Secret

    /// nil if a colon in the name would move the border to the password (RFC 7617), or if something is empty or has
    /// control characters.
    public init?(user: String, password: String) {
        guard !user.isEmpty, !password.isEmpty, !user.utf8.contains(UInt8(ascii: ":")),
            (user + password).utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
        else { return nil }
        self.user = user
        secret = .password(password)
    }

    /// A token that stands for a log-in, as token servers give out.
    public init?(user: String = "", identityToken: String) {
        guard !identityToken.isEmpty, identityToken.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
        self.user = user
        secret = .identityToken(identityToken)
    }

    /// `Basic …`, nil for an identity token.
    var basicField: String? {
        guard case .password(let password) = secret else { return nil }
        return "Basic " + Base64(Array("\(user):\(password)".utf8)).text
    }

    public var description: String { "credential of \(quoted(user))" }
    public var debugDescription: String { description }
}

/// Where credentials are looked up, once for each registry and only when it asks for them.
public protocol CredentialSource: Sendable {
    /// - Parameter server: The host as in a reference, with its port: `docker.io`, `localhost:5000`.
    /// - Throws: ``RegistryError`` if there is one that cannot be read.
    func credential(for server: String) async throws -> Credential?
}

/// Nobody is logged in anywhere.
public struct NoCredentials: CredentialSource {
    public init() {}
    public func credential(for server: String) async throws -> Credential? { nil }
}

/// A credential that the user gave for one registry.
public struct OneCredential: CredentialSource {
    private let server: String
    private let credential: Credential

    /// For the host as in a reference, with its port.
    public init(server: String, _ credential: Credential) {
        self.server = server
        self.credential = credential
    }

    public func credential(for server: String) async throws -> Credential? { server == self.server ? credential : nil }
}
