internal import CBzip2

/// Unpacks bzip2: any number of streams, as pbzip2 writes them.
final class Bzip2Source: ByteSource {
    private let packed: ByteWindow
    /// At a fixed address, since libbz2 keeps pointers into it.
    private let stream: UnsafeMutablePointer<bz_stream>
    private var ended = false

    init(_ packed: ByteWindow) throws {
        self.packed = packed
        stream = .allocate(capacity: 1)
        stream.initialize(to: bz_stream())
        guard BZ2_bzDecompressInit(stream, 0, 0) == BZ_OK else {
            stream.deallocate()
            throw DecompressionError(.bzip2, .needsMemory)
        }
    }

    deinit {
        BZ2_bzDecompressEnd(stream)
        stream.deallocate()
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        while !ended {
            let ready = try packed.peek(1)
            // libbz2 does not write through `next_in`; its type knows no const.
            stream.pointee.next_in = UnsafeMutablePointer(mutating: ready.bindMemory(to: CChar.self).baseAddress)
            let offered = UInt32(clamping: ready.count)
            stream.pointee.avail_in = offered
            stream.pointee.next_out = buffer.bindMemory(to: CChar.self).baseAddress
            let room = UInt32(clamping: buffer.count)
            stream.pointee.avail_out = room
            let answer = BZ2_bzDecompress(stream)
            let taken = Int(offered - stream.pointee.avail_in)
            _ = try packed.take(upTo: taken)
            let made = Int(room - stream.pointee.avail_out)
            switch answer {
            case BZ_OK:
                if made == 0, taken == 0 { throw DecompressionError(.bzip2, .truncated) }
            case BZ_STREAM_END: try startNextStream()
            case BZ_MEM_ERROR: throw DecompressionError(.bzip2, .needsMemory)
            default: throw DecompressionError(.bzip2, .damaged("error \(answer)"))
            }
            if made > 0 { return made }
        }
        return 0
    }

    private func startNextStream() throws {
        let next = try packed.peek(4)
        if next.isEmpty {
            ended = true
        } else if Compression(start: next) == .bzip2 {
            BZ2_bzDecompressEnd(stream)
            stream.pointee = bz_stream()
            guard BZ2_bzDecompressInit(stream, 0, 0) == BZ_OK else { throw DecompressionError(.bzip2, .needsMemory) }
        } else {
            try packed.takeTrailingZeros(of: .bzip2)
            ended = true
        }
    }
}
