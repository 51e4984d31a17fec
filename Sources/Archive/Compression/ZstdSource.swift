internal import CZstd

/// Unpacks Zstandard (RFC 8878): any number of frames, skippable ones among them.
///
/// Frames with a window of more than 128 MiB, which `zstd --long=28` and up write, are refused as zstd itself does.
final class ZstdSource: ByteSource {
    private let packed: ByteWindow
    private let stream: OpaquePointer
    /// Whether the last frame is whole: only then may the packed stream end.
    private var isBetweenFrames = true

    init(_ packed: ByteWindow) throws {
        self.packed = packed
        guard let stream = ZSTD_createDStream() else { throw DecompressionError(.zstd, .needsMemory) }
        self.stream = stream
    }

    deinit { ZSTD_freeDStream(stream) }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        while true {
            let ready = try packed.peek(1)
            if ready.isEmpty, isBetweenFrames { return 0 }
            if isBetweenFrames, ready.first == 0 {
                try packed.takeTrailingZeros(of: .zstd)
                return 0
            }
            var input = ZSTD_inBuffer(src: ready.baseAddress, size: ready.count, pos: 0)
            var output = ZSTD_outBuffer(dst: buffer.baseAddress, size: buffer.count, pos: 0)
            let answer = ZSTD_decompressStream(stream, &output, &input)
            if ZSTD_isError(answer) != 0 {
                throw DecompressionError(.zstd, .damaged(String(cString: ZSTD_getErrorName(answer))))
            }
            _ = try packed.take(upTo: input.pos)
            isBetweenFrames = answer == 0
            if output.pos > 0 { return output.pos }
            if input.pos == 0, !isBetweenFrames, ready.isEmpty { throw DecompressionError(.zstd, .truncated) }
        }
    }
}
