internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1

/// Fetches single files from web servers, for builds.
///
/// Nobody is asked who wants them: no credentials, no certificates of ours, no cookies. Making one starts a thread.
public final class WebClient: Sendable {
    /// What a server says of a file beside its content.
    public struct File: Equatable, Sendable {
        /// Seconds since 1970, from `Last-Modified`.
        public let modified: Int64?
        /// Names this very content: the `ETag`, if it is a strong one.
        public let entityTag: String?
    }

    /// How often redirections are followed, as in Go's client.
    private static let redirectLimit = 10

    private let transport: Transport
    private let backoff: Backoff

    /// - Parameter options: As for registries; their credentials are not used.
    public init(_ options: RegistryClient.Options = .init()) {
        backoff = options.backoff
        transport = Transport(
            trust: TrustStore(
                directories: options.configuration.certificateDirectories, showsOwnCertificates: false),
            proxies: options.proxies, connectTimeout: options.connectTimeout, idleTimeout: options.idleTimeout,
            userAgent: options.userAgent)
    }

    /// Brings a file into a sink, which gets it from the start; again a few times where the connection breaks off.
    ///
    /// - Parameters:
    ///   - known: The tag of content that is known already.
    ///   - limit: In bytes. More is an error, before more is read.
    /// - Returns: `nil` if the server still has the content of the tag.
    /// - Throws: ``RegistryError``, `CancellationError`, what the sink throws.
    public func fetch<Sink: BlobSink & ~Copyable>(
        _ address: WebAddress, unless known: String? = nil, limit: Int64, into sink: inout Sink
    ) async throws -> File? {
        var failures = 0
        var waited = Duration.zero
        while true {
            do {
                if sink.offset > 0 { try sink.restart() }
                return try await fetchOnce(address, unless: known, limit: limit, into: &sink)
            } catch let error as RegistryError {
                failures += 1
                guard let pause = backoff.pause(after: error, failures: failures, waited: waited) else { throw error }
                if error.retryAt != nil { waited += pause }
                try await Task.sleep(for: pause)
            }
        }
    }

    private func fetchOnce<Sink: BlobSink & ~Copyable>(
        _ address: WebAddress, unless known: String?, limit: Int64, into sink: inout Sink
    ) async throws -> File? {
        let answer = try await answer(to: address, unless: known)
        switch answer.status {
        case 200: break
        case 304 where known != nil: return nil
        case 404, 410:
            throw RegistryError(
                .notFound, host: answer.address.origin.name, "there is nothing at this address", status: answer.status)
        default: throw await refusal(answer, who: "the server")
        }
        let host = answer.address.origin.name
        if let length = answer.contentLength, length > limit { throw Self.tooLarge(host, limit) }
        try await answer.receive(into: &sink, upTo: limit) { Self.tooLarge(host, limit) }
        if let length = answer.contentLength, length != sink.offset {
            throw RegistryError(.unreachable, host: host, "the content ended at byte \(sink.offset) of \(length)")
        }
        return File(
            modified: answer.field("last-modified").flatMap(RetryTime.date),
            entityTag: answer.field("etag").flatMap(Self.strongTag))
    }

    private static func tooLarge(_ host: String, _ limit: Int64) -> RegistryError {
        RegistryError(.invalidAnswer, host: host, "the file has more than \(limit) bytes")
    }

    /// A tag as it may be sent back: RFC 9110, 8.8.3, visible ASCII in quotes.
    static func strongTag(_ text: String) -> String? {
        guard text.utf8.count >= 2, text.utf8.count <= 1024, text.hasPrefix("\""), text.hasSuffix("\""),
            text.utf8.dropFirst().dropLast().allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") })
        else { return nil }
        return text
    }

    /// The answer, after redirections.
    private func answer(to address: WebAddress, unless known: String?) async throws -> Answer {
        var request = Request(method: .GET, address: address, fields: [("Accept-Encoding", "identity")])
        if let known { request.fields.append(("If-None-Match", known)) }
        for _ in 0...Self.redirectLimit {
            let answer: Answer
            do {
                answer = try await transport.send(request, authorization: nil)
            } catch {
                throw Self.withoutAdvice(failure(error, from: request.address.origin))
            }
            guard [301, 302, 303, 307, 308].contains(answer.status) else { return answer }
            request.address = try Self.target(of: answer)
            await answer.drain()
        }
        throw RegistryError(
            .invalidAnswer, host: address.origin.name, "more than \(Self.redirectLimit) redirections in a row")
    }

    /// What helps with a registry that cannot be reached is of no use for an address in a file.
    private static func withoutAdvice(_ error: any Error) -> any Error {
        guard let error = error as? RegistryError, error.kind == .unreachable else { return error }
        return RegistryError(
            error.kind, host: error.host, error.problem, status: error.status, retryAt: error.retryAt,
            isFinal: error.isFinal)
    }

    /// Where an answer's `Location` leads: never from TLS to none, and never from elsewhere to this machine.
    private static func target(of answer: Answer) throws(RegistryError) -> WebAddress {
        let from = answer.address
        guard let location = answer.field("location"), let target = from.resolving(location) else {
            throw RegistryError(
                .invalidAnswer, host: from.origin.name,
                "leads on to nowhere: status \(answer.status) without a usable Location", status: answer.status)
        }
        guard target.scheme == .https || from.scheme == .http else {
            throw RegistryError(
                .untrusted, host: from.origin.name,
                "leads on from https to http at \(target.origin.name); not followed", status: answer.status)
        }
        guard !target.origin.isLoopback || from.origin.isLoopback else {
            throw RegistryError(
                .untrusted, host: from.origin.name, "leads on to \(target.origin.name) on this machine; not followed",
                status: answer.status)
        }
        return target
    }
}

extension WebAddress {
    /// The last part of the path, decoded; `nil` if there is none, or it could not be a file's name.
    public var fileName: String? {
        let path = target.prefix { $0 != "?" }
        guard let last = path.split(separator: "/", omittingEmptySubsequences: false).last,
            let name = percentDecoded(last), !["", ".", ".."].contains(name), name.utf8.count <= 255,
            !name.utf8.contains(UInt8(ascii: "/"))
        else { return nil }
        return name
    }
}
