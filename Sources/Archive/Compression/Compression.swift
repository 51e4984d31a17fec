public import OCISpec

/// How a stream of bytes is packed, recognised by how it begins and never by a file's name or a media type.
public enum Compression: String, Sendable, CaseIterable {
    case none, gzip, zstd, xz, bzip2

    /// Recognises a stream by its first bytes; six of them are enough.
    ///
    /// Sources: RFC 1952, RFC 8878 (a skippable frame may come first), the .xz file format, bzip2's `BZh` and block size.
    public init(start: some Collection<UInt8>) {
        let start = Array(start.prefix(6))
        self =
            switch start {
            case _ where start.starts(with: [0x1f, 0x8b]): .gzip
            case _ where start.starts(with: [0x28, 0xb5, 0x2f, 0xfd]): .zstd
            case _ where start.count >= 4 && start[0] & 0xf0 == 0x50 && start[1...3].elementsEqual([0x2a, 0x4d, 0x18]):
                .zstd
            case _ where start.starts(with: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]): .xz
            case _ where start.count >= 4 && start.starts(with: Array("BZh".utf8)) && (0x31...0x39).contains(start[3]):
                .bzip2
            default: .none
            }
    }
}

/// A stream that could not be decompressed.
public struct DecompressionError: Error, Equatable, CustomStringConvertible {
    /// What the stream is packed with.
    public let compression: Compression
    /// What is wrong with it.
    public let reason: Reason

    /// Why a stream could not be decompressed.
    public enum Reason: Equatable, Sendable {
        /// It ends in the middle.
        case truncated
        /// It breaks its format, or a checksum is wrong; with the library's words.
        case damaged(String)
        /// Bytes that are not of the format follow its end.
        case trailingGarbage
        /// It needs more memory than is given to it.
        case needsMemory
    }

    init(_ compression: Compression, _ reason: Reason) {
        self.compression = compression
        self.reason = reason
    }

    public var description: String {
        switch reason {
        case .truncated: "the \(compression.rawValue) stream ends too early"
        case .damaged(let words): "the \(compression.rawValue) stream is damaged: \(words)"
        case .trailingGarbage: "other bytes follow the end of the \(compression.rawValue) stream"
        case .needsMemory: "the \(compression.rawValue) stream needs more memory to unpack than it is given"
        }
    }
}

/// Unpacks another source, whatever it is packed with, and hashes what comes out.
public final class DecompressedSource: ByteSource {
    /// What the stream is packed with.
    public let compression: Compression
    private let plain: any ByteSource
    private let packed: CountingSource
    private let limits: ArchiveLimits
    private let hashing: HashingSource
    /// Unpacked bytes that were read.
    public private(set) var count: UInt64 = 0

    /// Looks at the first bytes of `source`.
    ///
    /// - Parameters:
    ///   - readsAhead: Whether reading and unpacking run on a thread of their own.
    ///   - limits: Of these, those of the ratio count here.
    /// - Throws: What the source throws; `EAGAIN` if there can be no further thread.
    public init(_ source: any ByteSource, readsAhead: Bool = false, limits: ArchiveLimits = ArchiveLimits()) throws {
        self.limits = limits
        packed = CountingSource(source)
        let window = ByteWindow(packed)
        compression = Compression(start: try window.peek(6))
        let unpacked: any ByteSource =
            switch compression {
            case .none: window
            case .gzip: try GzipSource(window)
            case .zstd: try ZstdSource(window)
            case .xz: try XZSource(window)
            case .bzip2: try Bzip2Source(window)
            }
        if !readsAhead {
            hashing = HashingSource(unpacked)
            plain = hashing
        } else if compression == .none {
            // The thread has time to hash.
            hashing = HashingSource(unpacked)
            plain = try ReadAhead(hashing)
        } else {
            hashing = HashingSource(try ReadAhead(unpacked))
            plain = hashing
        }
    }

    /// The digest of the unpacked bytes, once all of them were read.
    public var digest: Digest { hashing.digest }

    /// How many bytes were taken from the packed source so far; ahead of what was read where a thread reads ahead.
    public var packedCount: UInt64 { packed.count }

    /// - Throws: `DecompressionError`; `ArchiveError` with `.limit` for a stream that unpacks to far more than it is.
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let got = try plain.read(into: buffer)
        count &+= UInt64(got)
        if compression != .none, count > limits.ratioFreeBytes, count / max(packedCount, 1) > limits.ratio {
            throw ArchiveError(.limit(.ratio, limits.ratio), offset: count)
        }
        return got
    }
}
