internal import Archive
internal import ImageStore
internal import OCISpec
internal import Registry

/// Fetches the blobs of one image from a registry, each on a thread of its own.
///
/// Unchecked: `writers`, `continued`, `running` and `stopped` are touched under the turnstile's lock only.
final class BlobFetching: @unchecked Sendable {
    private let client: RegistryClient
    private let repository: ImageReference
    private let blobs: BlobStore
    private let progress: ImageProgressHandler
    private let turnstile = Turnstile()
    private var writers: [Digest: BlobWriter] = [:]
    private var continued: Set<Digest> = []
    /// Threads that write.
    private var running = 0
    private let canceller = Canceller()
    private var stopped: (any Error)?
    private let restarts: Set<Digest>

    /// - Parameter restarts: Blobs of which what is there in part is not gone on with, because it is damaged.
    init(
        _ client: RegistryClient, _ repository: ImageReference, _ blobs: BlobStore,
        restarting restarts: Set<Digest> = [],
        progress: @escaping ImageProgressHandler
    ) {
        self.restarts = restarts
        self.client = client
        self.repository = repository
        self.blobs = blobs
        self.progress = progress
    }

    /// Begins to fetch a blob, or waits until another process has fetched it.
    ///
    /// - Returns: Who writes it; `nil` if it is there.
    func begin(_ descriptor: Descriptor) throws -> BlobWriter? {
        if let known = turnstile.locked({ writers[descriptor.digest] }) { return known }
        guard let writer = try blobs.writer(for: descriptor.digest, size: UInt64(clamping: descriptor.size)) else {
            return nil
        }
        if restarts.contains(descriptor.digest) { try writer.restart() }
        let isContinued = writer.offset > 0
        let stopped: (any Error)? = turnstile.locked {
            writers[descriptor.digest] = writer
            if isContinued { continued.insert(descriptor.digest) }
            if self.stopped == nil { running += 1 }
            return self.stopped
        }
        if let stopped { throw stopped }
        do {
            try BackgroundThread.start {
                self.fetch(descriptor, writer)
                self.ended()
            }
        } catch {
            ended()
            throw error
        }
        return writer
    }

    /// Blobs of which a part was there before, left by somebody who could not finish.
    var continuedBlobs: Set<Digest> { turnstile.locked { continued } }

    /// Fetches a blob and waits until it is stored.
    func fetch(_ descriptor: Descriptor) throws { try begin(descriptor)?.waitUntilStored() }

    /// Waits until what was begun is stored; all else must be there or is fetched.
    func complete(_ descriptor: Descriptor) throws {
        try fetch(descriptor)
        _ = turnstile.locked { writers.removeValue(forKey: descriptor.digest) }
    }

    /// Ends all that is on its way. What is there of it stays for the next try.
    func stop(_ error: any Error) {
        let open: [BlobWriter] = turnstile.locked {
            stopped = stopped ?? error
            return Array(writers.values)
        }
        for writer in open { writer.fail(error) }
        canceller.cancel()
    }

    private func ended() {
        turnstile.locked {
            running -= 1
            turnstile.wakeAll()
        }
    }

    /// Ends all that is on its way, and waits until nothing of it is held any more.
    func close(_ error: any Error) {
        stop(error)
        turnstile.locked {
            while running > 0 { turnstile.wait() }
            writers = [:]
        }
    }

    private func fetch(_ descriptor: Descriptor, _ writer: BlobWriter) {
        do {
            let total = UInt64(clamping: descriptor.size)
            if writer.offset < total || total == 0 {
                let start = WriterSink(
                    writer: writer, id: String(descriptor.digest.hex.prefix(12)), total: total, progress: progress)
                try waiting(cancelledBy: canceller) {
                    var sink = start
                    try await self.client.download(descriptor, of: self.repository, into: &sink)
                }
            }
            progress(
                ImageProgress(
                    id: String(descriptor.digest.hex.prefix(12)), status: .downloaded, current: total, total: total))
            try writer.finish()
        } catch {
            writer.fail(error)
        }
    }
}

/// What the registry's client writes to.
private struct WriterSink: BlobSink, Sendable {
    let writer: BlobWriter
    let id: String
    let total: UInt64
    let progress: ImageProgressHandler

    var offset: Int64 { Int64(clamping: writer.offset) }

    mutating func write(_ bytes: UnsafeRawBufferPointer) throws {
        try writer.write(bytes)
        progress(ImageProgress(id: id, status: .downloading, current: writer.offset, total: total))
    }

    mutating func restart() throws { try writer.restart() }
}
