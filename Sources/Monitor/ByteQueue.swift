internal import LinuxKernel

/// Bytes that wait, first in, first out. Without bytes it holds no memory.
struct ByteQueue: ~Copyable {
    private var buffer = PageBuffer()
    private var start = 0
    private var end = 0

    var count: Int { end - start }
    var isEmpty: Bool { start == end }

    /// What waits, valid until the queue is changed.
    var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer.bytes)[start..<end])
    }

    /// Adds `new` at the end.
    ///
    /// - Throws: `ENOMEM`; nothing is added then.
    mutating func append(_ new: UnsafeRawBufferPointer) throws(SyscallError) {
        guard !new.isEmpty else { return }
        if buffer.bytes.count - end < new.count {
            if start > 0 {
                UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[..<count]).copyMemory(from: bytes)
                (start, end) = (0, count)
            }
            // Doubled, so that a long row of appends copies little.
            if buffer.bytes.count - end < new.count {
                try buffer.reserve(max(end + new.count, min(2 * buffer.bytes.count, 1 << 20)))
            }
        }
        UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[end..<end + new.count]).copyMemory(from: new)
        end += new.count
    }

    /// Takes the first `amount` bytes away, and gives the memory back with the last one.
    mutating func dropFirst(_ amount: Int) {
        start += min(amount, count)
        if isEmpty {
            (start, end) = (0, 0)
            buffer.release()
        }
    }
}
