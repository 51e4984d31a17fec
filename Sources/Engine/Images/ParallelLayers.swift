internal import Archive
internal import LayerStore
internal import OCISpec

/// Unpacks the layers of one image, several at once, each appearing in the store after those below it.
///
/// Unchecked: `next`, `published`, `running` and `failure` are touched under the turnstile's lock only.
final class ParallelLayers: @unchecked Sendable {
    /// Called on the worker's thread: where the stream of the layer at this index comes from.
    typealias Source = @Sendable (Int) throws -> any ByteSource

    private let store: LayerStore
    private let diffIDs: [Digest]
    private let chain: [ChainID]
    private let source: Source
    private let isKnown: @Sendable (Int) throws -> Bool
    private let finished: @Sendable (Int) throws -> Void
    private let failed: @Sendable (any Error) -> Void
    private let turnstile = Turnstile()
    private var next = 0
    private var published: Set<Int> = []
    private var running = 0
    private var failure: (any Error)?

    /// - Parameters:
    ///   - source: Asked for each layer that is not there.
    ///   - isKnown: Asked for each layer that is there, whether its blob is known to become it; another one is unpacked
    ///     to nowhere, and must have the right digest.
    ///   - finished: Told each layer that is there, on the worker's thread. Errors end the whole.
    ///   - failed: Told what went wrong, so that sources that wait can end.
    init(
        _ store: LayerStore, _ diffIDs: [Digest], source: @escaping Source,
        isKnown: @escaping @Sendable (Int) throws -> Bool,
        finished: @escaping @Sendable (Int) throws -> Void = { _ in },
        failed: @escaping @Sendable (any Error) -> Void = { _ in }
    ) {
        self.store = store
        self.diffIDs = diffIDs
        chain = ChainID.chain(of: diffIDs)
        self.source = source
        self.isKnown = isKnown
        self.finished = finished
        self.failed = failed
    }

    /// Unpacks all, and waits for that.
    ///
    /// - Parameter workers: How many layers at once at most.
    /// - Throws: What went wrong first. What is unpacked by then stays.
    func run(workers: Int) throws {
        let count = max(1, min(workers, diffIDs.count))
        for started in 0..<count {
            turnstile.locked { running += 1 }
            do {
                try BackgroundThread.start { self.work() }
            } catch {
                turnstile.locked { running -= 1 }
                if started == 0 { fail(error) }
                break
            }
        }
        let failure = turnstile.locked {
            while running > 0 { turnstile.wait() }
            return self.failure
        }
        if let failure { throw failure }
    }

    /// What a worker does: it takes layers from the lowest on, so the lowest that is missing is always worked on.
    private func work() {
        while let index = take() {
            do {
                try unpack(index)
                try finished(index)
            } catch {
                fail(error)
            }
        }
        turnstile.locked {
            running -= 1
            turnstile.wakeAll()
        }
    }

    private func take() -> Int? {
        turnstile.locked {
            guard failure == nil, next < diffIDs.count else { return nil }
            next += 1
            return next - 1
        }
    }

    private func fail(_ error: any Error) {
        turnstile.locked {
            failure = failure ?? error
            turnstile.wakeAll()
        }
        failed(error)
    }

    private func unpack(_ index: Int) throws {
        if try store.layer(chain[index]) == nil {
            var options = LayerStore.UnpackOptions()
            // The blob is kept, and a layer that a crash has taken is unpacked again.
            options.settles = false
            options.beforePublishing = { _ in try self.waitForLayer(below: index) }
            _ = try store.unpack(
                DeferredSource { try self.source(index) }, on: Array(chain[..<index]), expecting: diffIDs[index],
                options: options)
        } else if try !isKnown(index) {
            try verify(index)
        }
        turnstile.locked {
            published.insert(index)
            turnstile.wakeAll()
        }
    }

    private func verify(_ index: Int) throws {
        let plain = try DecompressedSource(try source(index))
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 262_144, alignment: 4096)
        defer { buffer.deallocate() }
        while try plain.read(into: buffer) > 0 {}
        guard plain.digest == diffIDs[index] else {
            throw LayerStoreError.wrongDiffID(expected: diffIDs[index], found: plain.digest)
        }
    }

    private func waitForLayer(below index: Int) throws {
        guard index > 0 else { return }
        let failure: (any Error)? = turnstile.locked {
            while !published.contains(index - 1) {
                if let failure = self.failure { return failure }
                turnstile.wait()
            }
            return nil
        }
        if let failure { throw failure }
    }
}

/// A source that is opened when it is read first.
final class DeferredSource: ByteSource {
    private let open: () throws -> any ByteSource
    private var source: (any ByteSource)?

    init(_ open: @escaping () throws -> any ByteSource) { self.open = open }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let opened = try source ?? open()
        source = opened
        return try opened.read(into: buffer)
    }
}
