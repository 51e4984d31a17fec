internal import CXZ

/// Unpacks .xz: any number of streams, with padding between them. At most 128 MiB of memory, which `xz -9` needs half of.
final class XZSource: ByteSource {
    private let packed: ByteWindow
    /// At a fixed address, since liblzma keeps pointers into it.
    private let stream: UnsafeMutablePointer<lzma_stream>
    private var ended = false

    init(_ packed: ByteWindow) throws {
        self.packed = packed
        stream = .allocate(capacity: 1)
        stream.initialize(to: lzma_stream())
        let concatenated: UInt32 = 0x08  // LZMA_CONCATENATED, a macro that Swift does not import.
        guard lzma_stream_decoder(stream, 128 << 20, concatenated) == LZMA_OK else {
            stream.deallocate()
            throw DecompressionError(.xz, .needsMemory)
        }
    }

    deinit {
        lzma_end(stream)
        stream.deallocate()
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        while !ended {
            let ready = try packed.peek(1)
            stream.pointee.next_in = ready.bindMemory(to: UInt8.self).baseAddress
            stream.pointee.avail_in = ready.count
            stream.pointee.next_out = buffer.bindMemory(to: UInt8.self).baseAddress
            stream.pointee.avail_out = buffer.count
            let answer = lzma_code(stream, ready.isEmpty ? LZMA_FINISH : LZMA_RUN)
            _ = try packed.take(upTo: ready.count - stream.pointee.avail_in)
            let made = buffer.count - stream.pointee.avail_out
            switch answer {
            case LZMA_OK, LZMA_BUF_ERROR:
                if made == 0, ready.isEmpty { throw DecompressionError(.xz, .truncated) }
            case LZMA_STREAM_END: ended = true
            case LZMA_MEM_ERROR, LZMA_MEMLIMIT_ERROR: throw DecompressionError(.xz, .needsMemory)
            case LZMA_FORMAT_ERROR: throw DecompressionError(.xz, .trailingGarbage)
            case LZMA_OPTIONS_ERROR: throw DecompressionError(.xz, .damaged("unsupported options"))
            default: throw DecompressionError(.xz, .damaged("error \(answer.rawValue)"))
            }
            if made > 0 { return made }
        }
        return 0
    }
}
