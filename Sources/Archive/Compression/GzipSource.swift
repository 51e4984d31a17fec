internal import CZlib

/// Unpacks gzip (RFC 1952), of one member or of several one after another as pigz and block compressors write it.
///
/// Zeros after the end, with which tapes and some tools fill up, are taken; anything else there is refused. So the host's
/// `igzip`, which is faster and takes anything there, is not asked: what an image is must not depend on the host.
final class GzipSource: ByteSource {
    private let packed: ByteWindow
    /// At a fixed address, since zlib keeps pointers into it.
    private let stream: UnsafeMutablePointer<z_stream>
    private var state = State.member

    private enum State { case member, ended }

    init(_ packed: ByteWindow) throws {
        self.packed = packed
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // 15 bits of window, and 16 for a gzip header and checksum (zlib.h).
        let answer = inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard answer == Z_OK else {
            stream.deallocate()
            throw DecompressionError(.gzip, .needsMemory)
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        while state == .member {
            let (taken, made, answer) = try inflateOnce(into: buffer)
            switch answer {
            case Z_OK, Z_BUF_ERROR:
                if made > 0 { return made }
                guard taken > 0 else { throw DecompressionError(.gzip, .truncated) }
            case Z_STREAM_END:
                try startNextMember()
                if made > 0 { return made }
            case Z_MEM_ERROR: throw DecompressionError(.gzip, .needsMemory)
            case Z_NEED_DICT: throw DecompressionError(.gzip, .damaged("it needs a dictionary"))
            default:
                throw DecompressionError(
                    .gzip, .damaged(stream.pointee.msg.map { String(cString: $0) } ?? "error \(answer)"))
            }
        }
        return 0
    }

    /// Gives zlib what is at hand of the packed bytes, once.
    private func inflateOnce(into buffer: UnsafeMutableRawBufferPointer) throws -> (
        taken: Int, made: Int, answer: Int32
    ) {
        let ready = try packed.peek(1)
        // zlib does not write through `next_in`; its type says so only with ZLIB_CONST.
        stream.pointee.next_in = UnsafeMutablePointer(mutating: ready.bindMemory(to: UInt8.self).baseAddress)
        stream.pointee.avail_in = UInt32(clamping: ready.count)
        stream.pointee.next_out = buffer.bindMemory(to: UInt8.self).baseAddress
        let room = UInt32(clamping: buffer.count)
        stream.pointee.avail_out = room
        let offered = stream.pointee.avail_in
        let answer = inflate(stream, Z_NO_FLUSH)
        let taken = Int(offered - stream.pointee.avail_in)
        _ = try packed.take(upTo: taken)
        return (taken, Int(room - stream.pointee.avail_out), answer)
    }

    private func startNextMember() throws {
        let next = try packed.peek(2)
        if next.isEmpty {
            state = .ended
        } else if next.starts(with: [0x1f, 0x8b]) {
            inflateReset(stream)
        } else {
            try packed.takeTrailingZeros(of: .gzip)
            state = .ended
        }
    }
}

extension ByteWindow {
    /// Takes the rest of the source, which must be zeros.
    ///
    /// - Throws: `DecompressionError` with `.trailingGarbage`.
    func takeTrailingZeros(of compression: Compression) throws {
        while true {
            let bytes = try take(upTo: .max)
            if bytes.isEmpty { return }
            guard bytes.allSatisfy({ $0 == 0 }) else { throw DecompressionError(compression, .trailingGarbage) }
        }
    }
}
