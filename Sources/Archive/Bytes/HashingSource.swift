package import OCISpec

/// Hashes and counts what passes through on its way from another source.
package final class HashingSource: ByteSource {
    private let source: any ByteSource
    private var hash = SHA256Hash()
    /// How many bytes have passed.
    package private(set) var count: UInt64 = 0

    package init(_ source: any ByteSource) { self.source = source }

    package func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let got = try source.read(into: buffer)
        hash.update(UnsafeRawBufferPointer(rebasing: buffer.prefix(got)))
        count &+= UInt64(got)
        return got
    }

    /// The digest of what has passed.
    package var digest: Digest { hash.finish() }
}
