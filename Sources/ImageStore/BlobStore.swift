public import LinuxKernel
public import OCISpec

/// Content by its digest.
///
/// ```
/// ROOT/blobs/sha256/HEX          whole and verified: they appear by one rename after fsync
/// ROOT/blobs/sha512/HEX
/// ROOT/blobs/partial/sha256-HEX  being written, or left by whoever could not finish; locked by whoever writes
/// ROOT/blobs/partial/.new-*      the same for content whose digest is known at its end only
/// ```
///
/// Several processes may use a store at once: what one of them writes, the others wait for. Who needs a blob is the
/// caller's knowledge.
public struct BlobStore: Sendable {
    /// The directory of the blobs.
    public let path: String

    static let partialDirectory = "partial"
    static let namelessPrefix = ".new-"

    /// Opens the store below `root`, such as `/var/lib/brig`, and makes its directories where they are missing.
    ///
    /// - Throws: As mkdir(2).
    public init(root: String) throws(SyscallError) {
        path = "\(root)/blobs"
        // The last that is made: where it is, all are.
        if (try? OwnedDescriptor(open: "\(path)/\(Self.partialDirectory)", [.pathOnly, .directory])) != nil { return }
        let parent = try OwnedDescriptor(open: root, [.read, .directory])
        try Self.make("blobs", in: parent)
        let blobs = try parent.open("blobs", [.read, .directory, .noFollow])
        for name in Digest.Algorithm.allCases.map(\.rawValue) + [Self.partialDirectory] {
            try Self.make(name, in: blobs)
        }
    }

    private static func make(_ name: String, in parent: borrowing OwnedDescriptor) throws(SyscallError) {
        do throws(SyscallError) {
            try parent.makeDirectory(name, mode: 0o700)
        } catch  where error.code == .fileExists {}
    }

    func directory(_ name: String) throws(SyscallError) -> OwnedDescriptor {
        try OwnedDescriptor(open: path, [.read, .directory]).open(name, [.read, .directory, .noFollow])
    }

    /// Opens a blob for reading. No link is followed, and only a regular file is taken.
    ///
    /// - Throws: `ImageStoreError.missing`, `.notAFile`; `SyscallError`.
    public func open(_ digest: Digest) throws -> OwnedDescriptor {
        guard try size(of: digest) != nil else { throw ImageStoreError.missing(digest) }
        let file = try directory(digest.algorithm.rawValue)
            .openBeneath(digest.hex, [.read, .noFollow, .nonBlocking, .noControllingTerminal])
        // What it was before it was opened may have been another file.
        guard try file.status().isRegularFile else { throw ImageStoreError.notAFile(digest) }
        return file
    }

    /// The size of a blob in bytes; `nil` if the store does not have it.
    ///
    /// - Throws: `.notAFile`; `SyscallError`.
    public func size(of digest: Digest) throws -> UInt64? {
        let status: FileStatus
        do throws(SyscallError) {
            status = try directory(digest.algorithm.rawValue).status(of: digest.hex)
        } catch  where error.code == .noSuchFile {
            return nil
        }
        guard status.isRegularFile else { throw ImageStoreError.notAFile(digest) }
        return UInt64(clamping: status.size)
    }

    /// Whether the store has all of these.
    public func has(_ digests: [Digest]) throws(SyscallError) -> Bool {
        for algorithm in Digest.Algorithm.allCases {
            let own = digests.filter { $0.algorithm == algorithm }
            if own.isEmpty { continue }
            let directory = try directory(algorithm.rawValue)
            for digest in own {
                do throws(SyscallError) {
                    guard try directory.status(of: digest.hex).isRegularFile else { return false }
                } catch  where error.code == .noSuchFile {
                    return false
                }
            }
        }
        return true
    }

    /// All bytes of a small blob, which was verified when it was written.
    ///
    /// - Throws: `.missing`, `.notAFile`, `.tooLarge`; `SyscallError`.
    public func read(_ digest: Digest, limit: Int) throws -> [UInt8] {
        let file = try open(digest)
        guard try file.status().size <= limit else { throw ImageStoreError.tooLarge(digest, limit: limit) }
        return try file.readAll(limit: limit)
    }

    /// Stores a small document.
    ///
    /// - Throws: `SyscallError`.
    @discardableResult
    public func add(_ bytes: [UInt8], algorithm: Digest.Algorithm = .sha256) throws -> Digest {
        let digest = ContentHash.digest(algorithm, of: bytes)
        guard let writer = try writer(for: digest, size: UInt64(bytes.count)) else { return digest }
        // What an earlier one left of it may be anything.
        try writer.restart()
        try bytes.withUnsafeBytes { try writer.write($0) }
        return try writer.finish()
    }

    /// Takes a blob out; one that is not there is no error.
    public func remove(_ digest: Digest) throws(SyscallError) {
        do throws(SyscallError) {
            try directory(digest.algorithm.rawValue).removeFile(digest.hex)
        } catch  where error.code == .noSuchFile {}
    }

    /// Brings the names of all blobs to the disk; their content was before they got them.
    public func synchronizeNames() throws(SyscallError) {
        for algorithm in Digest.Algorithm.allCases { try directory(algorithm.rawValue).synchronize() }
    }

    /// Reads a whole blob and compares it with its name.
    ///
    /// - Throws: `.missing`, `.notAFile`, `.wrongDigest`; `SyscallError`.
    public func verify(_ digest: Digest) throws {
        let file = try open(digest)
        var hash = ContentHash(digest.algorithm)
        try hashAll(of: file, into: &hash, upTo: .max)
        let found = hash.finish()
        guard found == digest else { throw ImageStoreError.wrongDigest(expected: digest, found: found) }
    }
}

/// Takes the first `limit` bytes of a file into `hash`.
///
/// - Returns: How many there were.
@discardableResult
func hashAll(
    of file: borrowing OwnedDescriptor, into hash: inout ContentHash, upTo limit: UInt64
) throws(SyscallError) -> UInt64 {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 262_144, alignment: 4096)
    defer { buffer.deallocate() }
    var done: UInt64 = 0
    while done < limit {
        let room = UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(Int(clamping: min(limit - done, 262_144))))
        let count: Int = try file.read(into: room, at: done)
        if count == 0 { break }
        hash.update(UnsafeRawBufferPointer(rebasing: buffer.prefix(count)))
        done += UInt64(count)
    }
    return done
}
