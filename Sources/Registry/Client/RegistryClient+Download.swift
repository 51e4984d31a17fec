internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
public import OCISpec

extension RegistryClient {
    /// Brings a blob into a sink, from where the sink has stopped. A connection that breaks off is made again, as often
    /// as there is progress between two failures, and a few times without.
    ///
    /// The digest is not checked here: the sink has bytes of earlier times, too.
    ///
    /// - Throws: ``RegistryError``; what the sink throws. What the sink has can be gone on with.
    public func download<Sink: BlobSink & ~Copyable>(
        _ blob: Descriptor, of repository: ImageReference, into sink: inout Sink
    ) async throws {
        do {
            if sink.offset > blob.size { try sink.restart() }
            if case .foreignLayer = blob.mediaType.kind, !blob.urls.isEmpty {
                return try await downloadForeign(blob, of: repository, into: &sink)
            }
            let endpoints = try await pullEndpoints(repository)
            for (index, endpoint) in endpoints.enumerated() {
                do {
                    return try await download(blob, request(blob, repository, endpoint), endpoint, into: &sink)
                } catch let error as RegistryError {
                    guard index < endpoints.count - 1 else { throw error }
                }
            }
        } catch var error as RegistryError where error.operation.isEmpty {
            error.operation = "download \(blob.digest.shortText) of \(repository.familiarName)"
            throw error
        }
    }

    private func request(_ blob: Descriptor, _ repository: ImageReference, _ endpoint: Endpoint) -> Request {
        Request(
            method: .GET, address: endpoint.address(repository, "blobs/\(blob.digest.text)"),
            fields: [("Accept-Encoding", "identity")], scopes: [endpoint.scope(repository, .pull)])
    }

    private func download<Sink: BlobSink & ~Copyable>(
        _ blob: Descriptor, _ request: Request, _ endpoint: Endpoint, into sink: inout Sink
    ) async throws {
        var backoff = options.backoff
        if endpoint.isMirror { backoff.attempts = min(backoff.attempts, 2) }
        var failures = 0
        var waited = Duration.zero
        while sink.offset < blob.size {
            let before = sink.offset
            do {
                try await downloadRest(blob, request, endpoint, into: &sink)
                continue
            } catch let error as RegistryError {
                if sink.offset > before { failures = 0 }
                failures += 1
                guard let pause = backoff.pause(after: error, failures: failures, waited: waited) else { throw error }
                if error.retryAt != nil { waited += pause }
                try await Task.sleep(for: pause)
            }
        }
    }

    /// One request, and what comes of it.
    ///
    /// - Throws: A transient error if the connection broke off or the body was too short.
    private func downloadRest<Sink: BlobSink & ~Copyable>(
        _ blob: Descriptor, _ request: Request, _ endpoint: Endpoint, into sink: inout Sink
    ) async throws {
        var request = request
        let start = sink.offset
        if start > 0 { request.fields.append(("Range", "bytes=\(start)-")) }
        let answer = try await performOnce(request, at: endpoint, accepting: start > 0 ? [200, 206, 416] : [200])
        if let encoding = answer.field("content-encoding"), encoding.lowercased() != "identity" {
            throw mismatch(answer, "the content comes encoded as \(printable(encoding)), which was not asked for")
        }
        switch answer.status {
        case 206:
            let range = answer.field("content-range").flatMap(ContentRange.init)
            guard let range, range.first == start, range.last < blob.size, range.total ?? blob.size == blob.size else {
                // It may still be able to give the whole.
                try sink.restart()
                throw RegistryError(
                    .serverFailure, host: answer.address.origin.name, "gave another range than asked for")
            }
        case 416:
            try sink.restart()
            throw RegistryError(.serverFailure, host: answer.address.origin.name, "cannot go on at byte \(start)")
        default:
            if let length = answer.contentLength, length != blob.size {
                throw mismatch(answer, "the content has \(length) bytes instead of \(blob.size)")
            }
            if start > 0 { try sink.restart() }
        }
        try await receive(answer, blob, into: &sink)
    }

    private func receive<Sink: BlobSink & ~Copyable>(
        _ answer: Answer, _ blob: Descriptor, into sink: inout Sink
    ) async throws {
        try await answer.receive(into: &sink, upTo: blob.size) {
            mismatch(answer, "the content has more than the \(blob.size) bytes that it should have")
        }
        guard sink.offset == blob.size else {
            throw RegistryError(
                .unreachable, host: answer.address.origin.name,
                "the content ended at byte \(sink.offset) of \(blob.size)")
        }
    }

    /// A layer that a registry must not keep: from the addresses in the manifest, without credentials, if the
    /// configuration says so.
    private func downloadForeign<Sink: BlobSink & ~Copyable>(
        _ blob: Descriptor, of repository: ImageReference, into sink: inout Sink
    ) async throws {
        let endpoint = try await endpoint(repository.domain)
        do {
            return try await download(blob, request(blob, repository, endpoint), endpoint, into: &sink)
        } catch let error as RegistryError where error.kind == .notFound {
            guard options.configuration.foreignLayers else {
                throw RegistryError(
                    .unsupported, host: error.host, "the layer is kept elsewhere, at an address that the image names",
                    advice: "if you trust it, say \"foreignLayers\": true in \(RegistryConfiguration.path)")
            }
        }
        var last = RegistryError(.invalidInput, host: "", "the image names no https address for the layer")
        for url in blob.urls {
            guard let address = WebAddress(url), address.scheme == .https else { continue }
            let request = Request(method: .GET, address: address, fields: [("Accept-Encoding", "identity")])
            do {
                return try await download(blob, request, endpoint, into: &sink)
            } catch let error as RegistryError {
                last = error
            }
        }
        throw last
    }
}

/// Notices a server that sends just enough to seem alive.
private struct Pace {
    private var start = ContinuousClock.now
    private var bytes = 0

    mutating func isEnough(adding count: Int) -> Bool {
        bytes += count
        guard bytes < 1024 else {
            start = .now
            bytes = 0
            return true
        }
        return ContinuousClock.now - start < .seconds(60)
    }
}

extension Answer {
    /// Passes the content on as it comes.
    ///
    /// - Parameters:
    ///   - limit: How many bytes the sink has at most in the end.
    ///   - tooMuch: What is thrown before one more is written.
    /// - Throws: What the sink throws, and `RegistryError` for a connection that breaks off or is all but silent.
    func receive<Sink: BlobSink & ~Copyable>(
        into sink: inout Sink, upTo limit: Int64, tooMuch: () -> any Error
    ) async throws {
        var pace = Pace()
        var chunks = body.makeAsyncIterator()
        while true {
            let next: ByteBuffer?
            do {
                next = try await chunks.next()
            } catch {
                throw failure(error, from: address.origin)
            }
            guard let chunk = next else { return }
            guard Int64(chunk.readableBytes) <= limit - sink.offset else { throw tooMuch() }
            try chunk.withUnsafeReadableBytes { try sink.write($0) }
            guard pace.isEnough(adding: chunk.readableBytes) else {
                throw RegistryError(.timedOut, host: address.origin.name, "less than 1 KiB in a minute")
            }
        }
    }
}

extension Digest {
    /// The first twelve digits, as lists show it.
    var shortText: String { String(hex.prefix(12)) }
}
