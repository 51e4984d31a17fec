internal import NIOHTTP1
internal import OCISpec

/// Answers a server's question who asks: looks up credentials when there is a question, gets tokens, and keeps both for
/// the time of the client.
///
/// Credentials of a registry go to that registry, and to the token server that it names, by https only.
actor Authenticator {
    /// How a server wants to be told.
    private enum Method: Equatable {
        case basic
        case bearer(realm: WebAddress, service: String?)
    }

    /// What a token is for.
    private struct Purpose: Hashable {
        let endpoint: Endpoint
        let scopes: [Scope]
    }

    private struct Token {
        let field: String
        let expiry: ContinuousClock.Instant
    }

    private let source: any CredentialSource
    private let configuration: RegistryConfiguration
    private let send: @Sendable (Request, String?) async throws -> Answer
    private var methods: [Endpoint: Method] = [:]
    private var credentials: [String: Task<Credential?, any Error>] = [:]
    private var tokens: [Purpose: Task<Token, any Error>] = [:]
    /// What the server asked for beyond what we would ask for ourselves.
    private var extraScopes: [Purpose: [String]] = [:]

    init(
        _ source: any CredentialSource, configuration: RegistryConfiguration,
        send: @escaping @Sendable (Request, String?) async throws -> Answer
    ) {
        self.source = source
        self.configuration = configuration
        self.send = send
    }

    /// The `Authorization` field for a request, nil as long as the server has not asked.
    func field(for endpoint: Endpoint, _ scopes: [Scope]) async throws -> String? {
        switch methods[endpoint] {
        case nil: return nil
        case .basic?: return try await credential(for: endpoint)?.basicField
        case .bearer(let realm, let service)?:
            let purpose = Purpose(endpoint: endpoint, scopes: scopes)
            if let token = tokens[purpose] {
                // A failed or old token is asked for again.
                if let known = try? await token.value, known.expiry > .now { return known.field }
                if tokens[purpose] == token { tokens[purpose] = nil }
            }
            let task = tokens[purpose] ?? Task { try await self.token(realm, service, purpose) }
            tokens[purpose] = task
            return try await task.value.field
        }
    }

    /// Takes in that the server wants to know who asks, after a request with `used`.
    ///
    /// - Returns: Whether asking again can help.
    func challenged(_ fields: [String], by endpoint: Endpoint, _ scopes: [Scope], used: String?) async throws -> Bool {
        let challenges = fields.flatMap(Challenge.parse)
        let purpose = Purpose(endpoint: endpoint, scopes: scopes)
        if let bearer = challenges.first(where: { $0.scheme == "bearer" }) {
            guard let realm = bearer.parameters["realm"].flatMap(WebAddress.init) else {
                throw RegistryError(.invalidAnswer, host: endpoint.origin.name, "names no token server", status: 401)
            }
            guard realm.scheme == .https || realm.origin.isLoopback || configuration.allowsPlainHTTP(realm.origin)
            else {
                throw RegistryError(
                    .untrusted, host: endpoint.origin.name,
                    "its token server \(realm.origin.name) is without TLS; nothing is sent there", status: 401)
            }
            guard !realm.origin.isLoopback || endpoint.origin.isLoopback else {
                throw RegistryError(
                    .untrusted, host: endpoint.origin.name,
                    "its token server is on this machine, at \(realm.origin.name); nothing is sent there", status: 401)
            }
            let method = Method.bearer(realm: realm, service: bearer.parameters["service"])
            let wanted = bearer.parameters["scope"]?.split(separator: " ").map(String.init) ?? []
            let isNew = methods[endpoint] != method || extraScopes[purpose] != wanted
            methods[endpoint] = method
            extraScopes[purpose] = wanted
            // The token that was refused, and no newer one.
            if used != nil, let token = tokens[purpose], (try? await token.value)?.field == used {
                tokens[purpose] = nil
            }
            return used == nil || isNew || tokens[purpose] == nil
        }
        if challenges.contains(where: { $0.scheme == "basic" }) {
            methods[endpoint] = .basic
            let field = try await credential(for: endpoint)?.basicField
            return field != nil && field != used
        }
        return false
    }

    /// Whether there is a credential for this server.
    func hasCredential(for endpoint: Endpoint) async -> Bool {
        // For the words of an error only.
        (try? await credential(for: endpoint)) != nil
    }

    private func credential(for endpoint: Endpoint) async throws -> Credential? {
        let source = source
        let server = endpoint.server
        let task = credentials[server] ?? Task { try await source.credential(for: server) }
        credentials[server] = task
        return try await task.value
    }

    private func token(_ realm: WebAddress, _ service: String?, _ purpose: Purpose) async throws -> Token {
        var scopes = purpose.scopes.map(\.text)
        for scope in extraScopes[purpose] ?? [] where !scopes.contains(scope) { scopes.append(scope) }
        let credential = try await credential(for: purpose.endpoint)
        let request = Self.request(realm, service, scopes, credential)
        let host = realm.origin.name
        let answer: Answer
        do {
            answer = try await Backoff.forTokens.run { [send] in
                let answer: Answer
                do {
                    answer = try await send(request, credential?.basicField)
                } catch {
                    throw failure(error, from: realm.origin)
                }
                guard answer.status < 500 else { throw await refusal(answer, who: "the token server") }
                return answer
            }
        }
        guard answer.status == 200 else {
            if answer.status == 401 || answer.status == 400 && credential != nil {
                throw RegistryError(
                    .unauthorized, host: host, "the token server does not accept the credentials",
                    advice: "log in again: brig login \(purpose.endpoint.server)", status: answer.status)
            }
            throw await refusal(answer, who: "the token server")
        }
        guard let token = TokenAnswer(try await answer.content(limit: 1 << 17)) else {
            throw RegistryError(.invalidAnswer, host: host, "the token server's answer holds no token")
        }
        return Token(
            field: "Bearer \(token.token)", expiry: .now + .seconds(token.lifetime - min(10, token.lifetime / 4)))
    }

    /// Source: distribution-spec's auth/token (GET) and auth/oauth (POST).
    private static func request(
        _ realm: WebAddress, _ service: String?, _ scopes: [String], _ credential: Credential?
    ) -> Request {
        let service = service.map { [("service", $0)] } ?? []
        if case .identityToken(let token)? = credential?.secret {
            let parameters: [(String, String)] =
                [("grant_type", "refresh_token")] + service
                + [("client_id", "brig"), ("scope", scopes.joined(separator: " ")), ("refresh_token", token)]
            let form = parameters.map { "\(percentEncoded($0.0))=\(percentEncoded($0.1))" }.joined(separator: "&")
            return Request(
                method: .POST, address: realm, fields: [("Content-Type", "application/x-www-form-urlencoded")],
                body: .bytes(Array(form.utf8)))
        }
        let account = credential.map { [("account", $0.user)] } ?? []
        return .get(realm.adding(account + service + scopes.map { ("scope", $0) }))
    }
}
