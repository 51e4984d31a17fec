internal import NIOHTTP1
internal import OCISpec

/// One blob on its way to a registry: a session there, and how much of the blob it has.
struct Upload {
    let client: RegistryClient
    let blob: Descriptor
    let source: any BlobSource
    let repository: ImageReference
    let endpoint: Endpoint

    private struct Session {
        var address: WebAddress
        /// Bytes that the registry has.
        var offset: Int64 = 0
        /// What the registry wants at least in a piece; nil if it has not spoken of pieces.
        var minimumPiece: Int64?
    }

    /// Pieces for a registry that asks for them: many for a large layer, so that little is lost with one.
    private static let usualPiece: Int64 = 64 << 20
    /// Whoever takes no piece as large as this takes none.
    private static let smallestPiece: Int64 = 256 << 10

    /// How a blob is cut for a registry.
    private struct Cut {
        /// A larger blob goes in pieces of this size.
        var largest: Int64?
        /// Even one that is not larger goes as a piece, and not with the last request.
        var sendsAllInPieces = false
    }

    func run() async throws {
        var session: Session?
        var cut = Cut(largest: client.options.chunkSize)
        var failures = 0
        var waited = Duration.zero
        while true {
            let before = session?.offset ?? 0
            do {
                var current: Session
                if let session { current = session } else { current = try await begin() }
                session = current
                if cut.largest == nil, current.minimumPiece != nil { cut.largest = Self.usualPiece }
                try await send(&current, cut) { session = $0 }
                return
            } catch let error as RegistryError {
                if let old = session, let other = another(cut, after: error, minimum: old.minimumPiece ?? 0) {
                    cut = other
                    session = await state(of: old)
                    continue
                }
                if (session?.offset ?? 0) > before { failures = 0 }
                failures += 1
                let lost = error.status == 404
                // A piece that does not go on where the last one ended: the registry knows where that is.
                let isOutOfOrder = error.status == 416
                guard
                    let pause = client.options.backoff.pause(after: error, failures: failures, waited: waited)
                        ?? ((lost || isOutOfOrder) && session != nil && failures < client.options.backoff.attempts
                            ? .zero : nil)
                else { throw error }
                if error.retryAt != nil { waited += pause }
                try await Task.sleep(for: pause)
                // Where it stands is asked; if that is not known, all of it is sent again.
                if let old = session { session = lost ? nil : await state(of: old) }
            }
        }
    }

    /// How to cut it for the next try, if this error says that the registry may take it then.
    ///
    /// Not all registries take a blob with the last request, and not all that stands before them lets one of any size
    /// through: then it is sent in pieces (distribution-spec 1.1, "Pushing a blob in chunks"), in smaller and smaller ones.
    private func another(_ cut: Cut, after error: RegistryError, minimum: Int64) -> Cut? {
        var cut = cut
        switch error.status {
        case 413:
            let tried = min(cut.largest ?? .max, blob.size)
            let next = max(min(tried / 2, Self.usualPiece), minimum)
            guard next < tried, next >= Self.smallestPiece else { return nil }
            cut.largest = next
        case 405, 411, 415, 501:
            guard !cut.sendsAllInPieces, blob.size > 0 else { return nil }
            cut.sendsAllInPieces = true
        default: return nil
        }
        return cut
    }

    private func begin() async throws -> Session {
        let request = Request(
            method: .POST, address: endpoint.address(repository, "blobs/uploads/"),
            scopes: scopes)
        let answer = try await client.performOnce(request, at: endpoint, accepting: [202])
        let address = try client.target(of: answer, at: endpoint)
        await answer.drain()
        return Session(address: address, minimumPiece: answer.field("oci-chunk-min-length").flatMap { decimal($0) })
    }

    private var scopes: [Scope] { [endpoint.scope(repository, .push)] }

    /// Sends what is missing, in pieces if that was asked for or the registry has a part already.
    private func send(_ session: inout Session, _ cut: Cut, _ kept: (Session) -> Void) async throws {
        let piece = max(cut.largest ?? .max, session.minimumPiece ?? 0, 1)
        while session.offset > 0 || blob.size > piece || cut.sendsAllInPieces, session.offset < blob.size {
            let end = piece > blob.size - session.offset ? blob.size : session.offset + piece
            try await patch(&session, upTo: end)
            kept(session)
        }
        try await finish(session)
    }

    private func patch(_ session: inout Session, upTo end: Int64) async throws {
        let request = Request(
            method: .PATCH, address: session.address,
            fields: [
                ("Content-Type", "application/octet-stream"), ("Content-Range", "\(session.offset)-\(end - 1)"),
            ], body: .blob(source, session.offset..<end), scopes: scopes)
        let answer = try await client.performOnce(request, at: endpoint, accepting: [202, 204])
        let address = try client.target(of: answer, at: endpoint)
        await answer.drain()
        if let field = answer.field("range") {
            guard ContentRange.lastOfUpload(field) == end - 1 else {
                throw RegistryError(
                    .serverFailure, host: answer.address.origin.name,
                    "has \(printable(field)) after byte \(end - 1) was sent", status: 416)
            }
        }
        session.address = address
        session.offset = end
    }

    /// The last request of an upload: with the whole blob, if nothing was sent before.
    private func finish(_ session: Session) async throws {
        let isWhole = session.offset == 0 && blob.size > 0
        var request = Request(
            method: .PUT, address: session.address.adding([("digest", blob.digest.text)]),
            fields: [("Content-Type", "application/octet-stream")], scopes: scopes)
        if isWhole {
            request.body = .blob(source, 0..<blob.size)
        } else {
            request.fields.append(("Content-Length", "0"))
        }
        let answer = try await client.performOnce(request, at: endpoint, accepting: [201, 204])
        if let kept = try client.announcedDigest(answer), kept.algorithm == blob.digest.algorithm, kept != blob.digest {
            throw client.mismatch(answer, "the registry keeps other content: \(kept)")
        }
        await answer.drain()
    }

    /// How far a session that broke off has come; nil if the registry does not say, or has more than there is.
    private func state(of session: Session) async -> Session? {
        let request = Request(method: .GET, address: session.address, scopes: scopes)
        // Whatever goes wrong here, beginning again is right.
        guard let answer = try? await client.performOnce(request, at: endpoint, accepting: [204, 202]) else {
            return nil
        }
        var session = session
        if let address = try? client.target(of: answer, at: endpoint) { session.address = address }
        await answer.drain()
        guard let field = answer.field("range"), let last = ContentRange.lastOfUpload(field), last < blob.size else {
            return nil
        }
        // `0-0` is one byte or none, and registries mean both with it.
        guard last > 0 else { return nil }
        session.offset = last + 1
        return session
    }
}
