public import Archive
internal import LinuxKernel
public import OCISpec

/// Writes one blob, hashed on its way to where it will be read from.
///
/// What was written stays as a partial blob if the writer goes away before `finish()`, by a crash included, and the next
/// writer goes on behind it. A writer holds the blob's lock, so there is one at a time, of all processes. One thread
/// writes; others may read what is there with `reader()`.
///
/// Unchecked: `progress` is touched under the turnstile's lock only, `hash` by the writing thread alone.
public final class BlobWriter: ByteSink, @unchecked Sendable {
    private enum Phase {
        case open
        /// All bytes are there, and are the right ones.
        case complete
        /// It has its name.
        case stored(Digest)
        case failed(any Error)
    }

    private struct Progress {
        var written: UInt64 = 0
        var phase = Phase.open
    }

    private let store: BlobStore
    private let name: String
    /// What it must become; `nil` takes anything.
    public let expected: Digest?
    /// Bytes that it must have; `nil` takes any number.
    public let size: UInt64?
    /// Held until the blob has its name. Readers have the file open for longer.
    private var lock: FileLock?
    private let file: OwnedDescriptor
    private var hash: ContentHash
    private let turnstile = Turnstile()
    private var progress = Progress()

    private init(
        store: BlobStore, name: String, expected: Digest?, size: UInt64?, lock: consuming FileLock,
        file: consuming OwnedDescriptor, hash: ContentHash, written: UInt64
    ) {
        self.store = store
        self.name = name
        self.expected = expected
        self.size = size
        self.lock = consume lock
        self.file = file
        self.hash = hash
        progress.written = written
    }

    deinit {
        // Nobody could go on with what has no name; what cannot be removed now is removed by whoever clears up.
        if case .stored = progress.phase { return }
        removeNameless()
    }

    private func removeNameless() {
        if expected == nil { try? store.directory(BlobStore.partialDirectory).removeFile(name) }
    }

    // MARK: - Making one

    /// Waits until nobody else writes the blob, and takes up what is there of it.
    ///
    /// - Returns: `nil` if the blob is whole by then.
    fileprivate static func make(_ store: BlobStore, _ digest: Digest, size: UInt64?) throws -> BlobWriter? {
        let name = BlobStore.partialName(of: digest)
        let directory = try store.directory(BlobStore.partialDirectory)
        while true {
            if try store.size(of: digest) != nil { return nil }
            let lock = try FileLock(
                directory.open(name, [.readWrite, .create, .noFollow, .nonBlocking], mode: 0o600))
            // Whoever held the lock may have made a blob of it, or taken it away.
            guard try isNamed(name, lock.descriptor, in: directory) else { continue }
            if try store.size(of: digest) != nil {
                try directory.removeFile(name)
                return nil
            }
            let status = try lock.descriptor.status()
            guard status.isRegularFile else { throw ImageStoreError.notAFile(digest) }
            var hash = ContentHash(digest.algorithm)
            var written: UInt64 = 0
            if let size, UInt64(clamping: status.size) > size {
                try lock.descriptor.truncate(to: 0)
            } else if status.size > 0 {
                written = try hashAll(of: lock.descriptor, into: &hash, upTo: UInt64(clamping: status.size))
            }
            let file = try lock.descriptor.duplicate()
            return BlobWriter(
                store: store, name: name, expected: digest, size: size, lock: lock, file: file, hash: hash,
                written: written)
        }
    }

    fileprivate static func makeNameless(_ store: BlobStore, _ algorithm: Digest.Algorithm) throws -> BlobWriter {
        let directory = try store.directory(BlobStore.partialDirectory)
        while true {
            let name = BlobStore.namelessPrefix + String(UInt64.random(in: 0 ... .max), radix: 16)
            let lock = try FileLock(directory.open(name, [.readWrite, .create, .exclusive, .noFollow], mode: 0o600))
            // Between the two somebody may have taken it for left behind.
            guard try isNamed(name, lock.descriptor, in: directory) else { continue }
            let file = try lock.descriptor.duplicate()
            return BlobWriter(
                store: store, name: name, expected: nil, size: nil, lock: lock, file: file,
                hash: ContentHash(algorithm), written: 0)
        }
    }

    private static func isNamed(
        _ name: String, _ file: borrowing OwnedDescriptor, in directory: borrowing OwnedDescriptor
    ) throws(SyscallError) -> Bool {
        do throws(SyscallError) {
            return try directory.status(of: name).inode == file.status().inode
        } catch  where error.code == .noSuchFile {
            return false
        }
    }

    // MARK: - Writing

    /// Bytes that are there: where writing goes on.
    public var offset: UInt64 { turnstile.locked { progress.written } }

    /// Takes the next bytes.
    ///
    /// - Throws: `.wrongSize` beyond the announced size; `SyscallError`; what `fail` was told.
    public func write(_ bytes: UnsafeRawBufferPointer) throws {
        let start = offset
        let (end, overflow) = start.addingReportingOverflow(UInt64(bytes.count))
        if overflow || end > size ?? .max {
            throw ImageStoreError.wrongSize(of: expected, expected: size ?? .max, found: overflow ? .max : end)
        }
        try file.write(bytes, at: start)
        hash.update(bytes)
        let failure: (any Error)? = turnstile.locked {
            if case .failed(let error) = progress.phase { return error }
            progress.written = end
            turnstile.wakeAll()
            return nil
        }
        if let failure { throw failure }
    }

    /// Begins again with the first byte.
    public func restart() throws {
        try file.truncate(to: 0)
        hash = ContentHash(expected?.algorithm ?? .sha256)
        turnstile.locked { progress.written = 0 }
    }

    /// Verifies what was written, brings it to the disk and gives it its name.
    ///
    /// - Parameter beforeStoring: Told the digest, once it is known and before the blob appears under it.
    /// - Returns: Its digest.
    /// - Throws: `.wrongSize` for too few bytes, which stay to be gone on with; `.wrongDigest`, after which nothing stays;
    ///   `SyscallError`.
    @discardableResult
    public func finish(beforeStoring: (Digest) throws -> Void = { _ in }) throws -> Digest {
        do {
            let written = offset
            if let size, written != size {
                throw ImageStoreError.wrongSize(of: expected, expected: size, found: written)
            }
            let found = hash.finish()
            if let expected, found != expected {
                try store.directory(BlobStore.partialDirectory).removeFile(name)
                throw ImageStoreError.wrongDigest(expected: expected, found: found)
            }
            try beforeStoring(found)
            set(.complete)
            try file.synchronize()
            let partials = try store.directory(BlobStore.partialDirectory)
            try partials.rename(name, into: store.directory(found.algorithm.rawValue), as: found.hex, .replace)
            // Others who wait for it find it now. The descriptor would keep the lock as long as readers are there.
            if let held = lock.take() { _ = try held.unlock() }
            set(.stored(found))
            return found
        } catch {
            fail(error)
            throw error
        }
    }

    /// Writes all of `source` on a thread of its own, and finishes.
    ///
    /// - Parameter source: Handed over: nobody else may use it from now on.
    /// - Throws: `EAGAIN` if there can be no further thread. All else is told to those who read or wait.
    public func fill(
        from source: any ByteSource, beforeStoring: @escaping @Sendable (Digest) throws -> Void = { _ in }
    ) throws {
        // Unchecked: it is used by the new thread alone.
        nonisolated(unsafe) let source = source
        try BackgroundThread.start { [self] in
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 262_144, alignment: 4096)
            defer { buffer.deallocate() }
            do {
                while true {
                    let count = try source.read(into: buffer)
                    if count == 0 { break }
                    try write(UnsafeRawBufferPointer(rebasing: buffer.prefix(count)))
                }
                try finish(beforeStoring: beforeStoring)
            } catch {
                fail(error)
            }
        }
    }

    /// Tells the writing thread and all readers to stop. What is there of an expected blob stays.
    public func fail(_ error: any Error) {
        // At once: whoever hears of it may end the process before the writing thread lets go.
        removeNameless()
        set(.failed(error))
    }

    private func set(_ phase: Phase) {
        turnstile.locked {
            // The first reason counts.
            if case .failed = progress.phase { return }
            progress.phase = phase
            turnstile.wakeAll()
        }
    }

    /// Waits until the blob is stored.
    ///
    /// - Returns: Its digest.
    /// - Throws: Why it could not be.
    @discardableResult
    public func waitUntilStored() throws -> Digest {
        let result: Result<Digest, any Error> = turnstile.locked {
            while true {
                switch progress.phase {
                case .open, .complete: turnstile.wait()
                case .stored(let digest): return .success(digest)
                case .failed(let error): return .failure(error)
                }
            }
        }
        return try result.get()
    }

    // MARK: - Reading along

    /// Reads the blob from its beginning while it is written; waits for what is not there yet. It ends once the content
    /// is verified. It must not be read on the thread that writes.
    ///
    /// - Throws: When read: why writing failed.
    public func reader() throws -> any ByteSource { Reader(self, try file.duplicate()) }

    private final class Reader: ByteSource {
        private let writer: BlobWriter
        private let file: OwnedDescriptor
        private var position: UInt64 = 0

        init(_ writer: BlobWriter, _ file: consuming OwnedDescriptor) {
            self.writer = writer
            self.file = file
        }

        func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
            let ready = try writer.ready(after: position)
            guard ready > 0 else { return 0 }
            let count: Int = try file.read(
                into: UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(Int(clamping: ready))), at: position)
            guard count > 0 else { throw ImageStoreError.changed(writer.expected) }
            position += UInt64(count)
            return count
        }
    }

    /// How many bytes there are behind `position`, after waiting for some; 0 at the end of a complete blob.
    private func ready(after position: UInt64) throws -> UInt64 {
        let result: Result<UInt64, any Error> = turnstile.locked {
            while true {
                if case .failed(let error) = progress.phase { return .failure(error) }
                if progress.written > position { return .success(progress.written - position) }
                switch progress.phase {
                case .open: turnstile.wait()
                case .complete, .stored:
                    return progress.written == position
                        ? .success(0) : .failure(ImageStoreError.changed(expected))
                case .failed(let error): return .failure(error)
                }
            }
        }
        return try result.get()
    }
}

extension BlobStore {
    /// Who may write a blob of this digest, once nobody else does. Of several processes that ask, one gets to write, and
    /// the others wait for it.
    ///
    /// - Parameter size: Bytes that it must have, if that is known.
    /// - Returns: `nil` if the blob is there by then.
    public func writer(for digest: Digest, size: UInt64?) throws -> BlobWriter? {
        try BlobWriter.make(self, digest, size: size)
    }

    /// Who writes content whose digest is not known yet.
    public func writer(_ algorithm: Digest.Algorithm = .sha256) throws -> BlobWriter {
        try BlobWriter.makeNameless(self, algorithm)
    }
}
