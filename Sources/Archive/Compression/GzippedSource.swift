internal import CZlib

/// Packs another source with gzip (RFC 1952). The same bytes always give the same: there is no name and no time in it.
public final class GzippedSource: ByteSource {
    private let plain: any ByteSource
    private let input: UnsafeMutableRawBufferPointer
    /// At a fixed address, since zlib keeps pointers into it.
    private let stream: UnsafeMutablePointer<z_stream>
    private var state = State.reading

    private enum State { case reading, finishing, ended }

    /// - Throws: `DecompressionError` with `.needsMemory`.
    public init(_ plain: any ByteSource) throws {
        self.plain = plain
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // 15 bits of window, and 16 for a gzip header (zlib.h); 8 is the usual size of zlib's own memory.
        let answer = deflateInit2_(
            stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        guard answer == Z_OK else {
            stream.deallocate()
            throw DecompressionError(.gzip, .needsMemory)
        }
        self.stream = stream
        input = .allocate(byteCount: 262_144, alignment: 4096)
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
        input.deallocate()
    }

    /// - Throws: `DecompressionError`, and what the other source throws.
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let room = UInt32(clamping: buffer.count)
        stream.pointee.next_out = buffer.bindMemory(to: UInt8.self).baseAddress
        stream.pointee.avail_out = room
        while state != .ended, stream.pointee.avail_out > 0 {
            if state == .reading, stream.pointee.avail_in == 0 { try refill() }
            let answer = deflate(stream, state == .reading ? Z_NO_FLUSH : Z_FINISH)
            switch answer {
            case Z_STREAM_END: state = .ended
            // With room in the buffer, this asks for more of what is packed.
            case Z_OK, Z_BUF_ERROR: continue
            default: throw DecompressionError(.gzip, .damaged("deflate answers \(answer)"))
            }
        }
        return Int(room - stream.pointee.avail_out)
    }

    private func refill() throws {
        // Each piece is filled up: how the stream is cut must not show in what comes out.
        let count = try plain.fill(input)
        stream.pointee.next_in = input.bindMemory(to: UInt8.self).baseAddress
        stream.pointee.avail_in = UInt32(clamping: count)
        if count < input.count { state = .finishing }
    }
}
