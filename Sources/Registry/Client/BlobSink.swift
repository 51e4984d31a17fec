/// Where a blob is downloaded to: a file that keeps what it has when a download breaks off.
///
/// Whoever owns it checks the digest at the end.
public protocol BlobSink: ~Copyable {
    /// How many bytes it has. A download goes on from here.
    var offset: Int64 { get }

    /// Adds bytes at the end.
    mutating func write(_ bytes: UnsafeRawBufferPointer) throws

    /// Throws away what it has: the server cannot go on in the middle.
    mutating func restart() throws
}

/// A blob to be uploaded, read more than once where an upload breaks off.
public protocol BlobSource: Sendable {
    /// - Returns: At most `count` bytes from `offset` on; none only at the end.
    func read(at offset: Int64, count: Int) throws -> [UInt8]
}

/// A blob in memory, such as an image's configuration.
public struct BytesSource: BlobSource {
    private let bytes: [UInt8]

    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    public func read(at offset: Int64, count: Int) -> [UInt8] {
        guard let start = Int(exactly: offset), start >= 0, start < bytes.count, count > 0 else { return [] }
        return Array(bytes[start...].prefix(count))
    }
}
