/// Finds the frames in a stream that arrives in pieces of any size, without storing payloads.
///
/// What a scanner keeps is one header. `FrameDecoder` builds on it for callers that want whole frames.
package struct FrameScanner: Sendable {
    /// What stands at the front of the bytes given to `next`.
    package enum Step: Equatable, Sendable {
        /// All bytes are used up, between two frames or in the middle of one.
        case needsMore
        /// So many of the bytes belong to the current frame's payload. The caller uses some or all of them, and says so
        /// with `take`.
        case payload(FrameHeader, available: Int)
    }

    private let sender: FrameSender
    private var wire: UInt64 = 0
    private var wireCount = 0
    private var header: FrameHeader?
    private var remaining = 0

    package init(from sender: FrameSender) { self.sender = sender }

    /// True between two frames: the stream may end here.
    package var isAtBoundary: Bool { wireCount == 0 && header == nil }

    /// Looks at the front of `bytes`. What remains after `consumed` belongs to the step.
    ///
    /// A frame without payload is a step with 0 available bytes, so that `take` ends it as any other.
    ///
    /// - Throws: `FrameError` at the first header that is not of this protocol.
    package mutating func next(_ bytes: UnsafeRawBufferPointer) throws(FrameError) -> (step: Step, consumed: Int) {
        var used = 0
        if header == nil {
            while wireCount < FrameHeader.size {
                guard used < bytes.count else { return (.needsMore, used) }
                wire |= UInt64(bytes[used]) << UInt64(8 * wireCount)
                wireCount += 1
                used += 1
            }
            let complete = try FrameHeader(wire: wire, from: sender)
            wire = 0
            wireCount = 0
            header = complete
            remaining = complete.length
        }
        guard let header, used < bytes.count || remaining == 0 else { return (.needsMore, used) }
        return (.payload(header, available: min(remaining, bytes.count - used)), used)
    }

    /// Uses up bytes of the current frame's payload, at most those that were available.
    ///
    /// - Returns: Whether the frame ends with them.
    package mutating func take(_ count: Int) -> Bool {
        remaining -= min(count, remaining)
        guard remaining == 0 else { return false }
        header = nil
        return true
    }
}
