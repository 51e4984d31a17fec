/// A buffer in front of a source: what follows can be looked at before it is taken, and is handed out without a copy.
final class ByteWindow: ByteSource {
    private let source: any ByteSource
    private let buffer: UnsafeMutableRawBufferPointer
    private var start = 0
    private var end = 0
    private var ended = false
    /// How many bytes were taken so far.
    private(set) var offset: UInt64 = 0

    init(_ source: any ByteSource, capacity: Int = 131_072) {
        self.source = source
        buffer = .allocate(byteCount: max(capacity, 4096), alignment: 4096)
    }

    deinit { buffer.deallocate() }

    /// What is in the buffer now: at least `count` bytes unless the source ends before; `count` is at most 4096.
    /// Valid until the next call.
    func peek(_ count: Int) throws -> UnsafeRawBufferPointer {
        if end - start < count, !ended {
            if start > 0 {
                let rest = end - start
                if rest > 0, let base = buffer.baseAddress { base.copyMemory(from: base + start, byteCount: rest) }
                (start, end) = (0, rest)
            }
            while end < count, !ended {
                let got = try source.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[end...]))
                if got == 0 { ended = true }
                end += got
            }
        }
        return UnsafeRawBufferPointer(rebasing: buffer[start..<end])
    }

    /// Takes one to `count` bytes, as many as are at hand; empty at the end. Valid until the next call.
    func take(upTo count: Int) throws -> UnsafeRawBufferPointer {
        let ready = try peek(1)
        let taken = UnsafeRawBufferPointer(rebasing: ready.prefix(count))
        start += taken.count
        offset &+= UInt64(taken.count)
        return taken
    }

    /// Takes exactly `count` bytes, at most 4096, or `nil` if the source ends before. Valid until the next call.
    func take(exactly count: Int) throws -> UnsafeRawBufferPointer? {
        guard try peek(count).count >= count else { return nil }
        return try take(upTo: count)
    }

    /// Takes `count` bytes and forgets them.
    ///
    /// - Returns: `false` if the source ends before.
    func skip(_ count: UInt64) throws -> Bool {
        var left = count
        while left > 0 {
            let taken = try take(upTo: Int(clamping: left))
            if taken.isEmpty { return false }
            left -= UInt64(taken.count)
        }
        return true
    }

    func read(into target: UnsafeMutableRawBufferPointer) throws -> Int {
        // Large reads with nothing at hand go past the buffer.
        if start == end, !ended, target.count >= buffer.count {
            let got = try source.read(into: target)
            if got == 0 { ended = true }
            offset &+= UInt64(got)
            return got
        }
        let taken = try take(upTo: target.count)
        if !taken.isEmpty { target.copyMemory(from: taken) }
        return taken.count
    }
}
