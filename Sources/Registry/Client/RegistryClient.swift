internal import NIOHTTP1
internal import OCISpec
internal import Synchronization

/// A client of registries: distribution-spec 1.1. One value serves any number of them, and any number of tasks at once.
///
/// Making one starts a thread, so only commands that need it do. Every function throws ``RegistryError`` for what a
/// registry, the network or the configuration is to blame for, and `CancellationError`; errors of sinks and sources pass
/// through.
public final class RegistryClient: Sendable {
    /// How a client works.
    public struct Options: Sendable {
        /// What the administrator says about registries.
        public var configuration = RegistryConfiguration()
        /// Who asks.
        public var credentials: any CredentialSource = NoCredentials()
        /// How often and when something is tried again.
        public var backoff = Backoff()
        /// How long a connection may take to come about.
        public var connectTimeout = Duration.seconds(15)
        /// How long a connection may be silent.
        public var idleTimeout = Duration.seconds(45)
        /// Uploads larger than this go in pieces of this size, in bytes, each kept by the registry; nil sends a blob in
        /// one piece, which more registries take, unless the registry asks for pieces or does not take it so.
        public var chunkSize: Int64?
        /// What is asked for through a proxy; nothing unless said otherwise.
        public var proxies = ProxySettings()
        /// What is said in `User-Agent`.
        public var userAgent = "brig"

        public init() {}
    }

    let options: Options
    let transport: Transport
    private let authenticator: Authenticator
    /// Which registries on this machine were found to be without TLS.
    private let found = Mutex<[String: Endpoint]>([:])

    /// Makes a client, and its thread.
    public init(_ options: Options = Options()) {
        self.options = options
        let trust = TrustStore(directories: options.configuration.certificateDirectories)
        let transport = Transport(
            trust: trust, proxies: options.proxies, connectTimeout: options.connectTimeout,
            idleTimeout: options.idleTimeout, userAgent: options.userAgent)
        self.transport = transport
        authenticator = Authenticator(options.credentials, configuration: options.configuration) {
            try await transport.send($0, authorization: $1)
        }
    }
}

extension RegistryClient {
    /// The registry that a reference's domain names.
    func endpoint(_ domain: String) async throws -> Endpoint {
        let isPlain = options.configuration.registries[domain]?.plainHTTP == true
        guard let endpoint = Endpoint(domain: domain, isPlain ? .http : .https) else {
            throw RegistryError(.invalidInput, host: domain, "not a host")
        }
        guard !isPlain, endpoint.origin.isLoopback else { return endpoint }
        if let known = found.withLock({ $0[domain] }) { return known }
        let answering = try await probe(endpoint, domain)
        found.withLock { $0[domain] = answering }
        return answering
    }

    /// A registry on this machine may be without TLS. Nothing secret is sent to find out.
    private func probe(_ endpoint: Endpoint, _ domain: String) async throws -> Endpoint {
        let origin = endpoint.origin
        do {
            let answer = try await transport.send(.get(endpoint.root), authorization: nil)
            await answer.drain()
            return endpoint
        } catch  where isNotTLS(error) || isRefused(error) && origin.port == origin.scheme.defaultPort {
            return Endpoint(domain: domain, .http) ?? endpoint
        } catch let error as RegistryError where error.kind == .invalidInput {
            throw error
        } catch {
            // Why it cannot be reached is said when it is asked for something.
            return endpoint
        }
    }

    /// Who can be asked for content of a repository: mirrors first.
    func pullEndpoints(_ repository: ImageReference) async throws -> [Endpoint] {
        let mirrors = options.configuration.registries[repository.domain]?.mirrors ?? []
        return mirrors.map(Endpoint.init(mirror:)) + [try await endpoint(repository.domain)]
    }

    /// Asks mirrors and then the registry. What a mirror cannot do is not an error; the last answer counts.
    func pulling<Value>(
        _ repository: ImageReference, _ body: (Endpoint) async throws -> Value
    ) async throws -> Value {
        let endpoints = try await pullEndpoints(repository)
        for endpoint in endpoints.dropLast() {
            do {
                return try await body(endpoint)
            } catch is RegistryError {
                continue
            }
        }
        guard let last = endpoints.last else {
            throw RegistryError(.invalidInput, host: repository.domain, "not a registry")
        }
        return try await body(last)
    }
}

extension RegistryClient {
    /// How often redirections are followed.
    private static let redirectLimit = 5

    /// The answer to a request, if its status is one of these; again as often as ``Backoff`` says if it failed for the
    /// moment.
    func perform(_ request: Request, at endpoint: Endpoint, accepting statuses: Set<Int>) async throws -> Answer {
        var backoff = options.backoff
        // A mirror that does not answer must not hold up the registry.
        if endpoint.isMirror { backoff.attempts = min(backoff.attempts, 2) }
        return try await backoff.run { try await performOnce(request, at: endpoint, accepting: statuses) }
    }

    func performOnce(_ request: Request, at endpoint: Endpoint, accepting statuses: Set<Int>) async throws -> Answer {
        let answer = try await answer(to: request, at: endpoint)
        if statuses.contains(answer.status) { return answer }
        if answer.status == 401, answer.address.origin == endpoint.origin {
            throw await unauthorized(answer, at: endpoint)
        }
        throw await refusal(answer)
    }

    /// The answer, whatever its status, to a request that is authorized if the server asks for it.
    func answer(to request: Request, at endpoint: Endpoint) async throws -> Answer {
        // Credentials are for this server alone: an upload or a page of a list may lead elsewhere.
        guard request.address.origin == endpoint.origin else { return try await follow(request, nil, at: endpoint) }
        var authorization = try await authenticator.field(for: endpoint, request.scopes)
        for _ in 0..<2 {
            let answer = try await follow(request, authorization, at: endpoint)
            guard answer.status == 401, answer.address.origin == endpoint.origin else { return answer }
            let challenges = answer.fields("www-authenticate")
            guard
                try await authenticator.challenged(challenges, by: endpoint, request.scopes, used: authorization)
            else { return answer }
            let next = try await authenticator.field(for: endpoint, request.scopes)
            guard let next, next != authorization else { return answer }
            await answer.drain()
            authorization = next
        }
        return try await follow(request, authorization, at: endpoint)
    }

    /// Sends a request and follows where it is told to go. What says who asks goes only to the server that it is for.
    private func follow(_ request: Request, _ authorization: String?, at endpoint: Endpoint) async throws -> Answer {
        var request = request
        var authorization = authorization
        for _ in 0...Self.redirectLimit {
            // Once led elsewhere, it is for nobody: where the way comes back to is another's choice.
            if request.address.origin != endpoint.origin { authorization = nil }
            let answer: Answer
            do {
                answer = try await transport.send(request, authorization: authorization)
            } catch {
                throw failure(error, from: request.address.origin)
            }
            let isRead = request.method == .GET || request.method == .HEAD
            switch answer.status {
            case 307, 308: guard request.body.isShort else { return answer }
            case 301, 302, 303: guard isRead else { return answer }
            default: return answer
            }
            request.address = try target(of: answer, at: endpoint)
            await answer.drain()
        }
        throw RegistryError(
            .invalidAnswer, host: endpoint.origin.name, "more than \(Self.redirectLimit) redirections in a row")
    }

    /// Where an answer's `Location` leads.
    ///
    /// - Throws: If that is nowhere, or from https to http.
    func target(of answer: Answer, at endpoint: Endpoint) throws -> WebAddress {
        let host = answer.address.origin.name
        guard let location = answer.field("location"), let target = answer.address.resolving(location) else {
            throw RegistryError(
                .invalidAnswer, host: host, "leads on to nowhere: status \(answer.status) without a usable Location",
                status: answer.status)
        }
        let stays = target.origin == answer.address.origin
        guard target.scheme == .https || stays || answer.address.scheme == .http else {
            throw RegistryError(
                .untrusted, host: host, "leads on from https to http at \(target.origin.name); not followed",
                status: answer.status)
        }
        // What listens on this machine alone trusts it, and is no place to be sent to from outside.
        guard stays || !target.origin.isLoopback || answer.address.origin.isLoopback else {
            throw RegistryError(
                .untrusted, host: host, "leads on to this machine, to \(target.origin.name); not followed",
                status: answer.status)
        }
        guard target.scheme == .https || stays || options.configuration.allowsPlainHTTP(target.origin) else {
            throw RegistryError(
                .untrusted, host: host, "leads on to \(target.origin.name), which is without TLS; not followed",
                status: answer.status)
        }
        return target
    }

    private func unauthorized(_ answer: Answer, at endpoint: Endpoint) async -> RegistryError {
        let error = await refusal(answer)
        let isKnown = await authenticator.hasCredential(for: endpoint)
        return RegistryError(
            .unauthorized, host: error.host,
            isKnown
                ? error.problem.replacing("wants to know who asks", with: "does not accept who is logged in")
                : error.problem,
            advice: isKnown
                ? "check that the repository exists, or log in again: brig login \(endpoint.server)"
                : "check that the repository exists, or log in: brig login \(endpoint.server)",
            status: 401)
    }
}
