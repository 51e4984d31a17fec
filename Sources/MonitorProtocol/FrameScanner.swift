/// Finds the frames in a stream that arrives in pieces of any size, without storing payloads.
///
/// What a scanner keeps is one header. `FrameDecoder` builds on it for callers that want whole frames.
package struct FrameScanner: Sendable {
    /// What stood at the front of the bytes given to `next`.
    package enum Step: Equatable, Sendable {
        /// All bytes are used up in the middle of a header.
        case needsMore
        /// A header is complete; its payload, perhaps empty, follows.
        case header(FrameHeader)
        /// So many of the bytes, after those that were consumed, belong to the current frame's payload.
        /// `isLast` if the frame ends with them.
        case payload(FrameHeader, count: Int, isLast: Bool)
    }

    private let sender: FrameSender
    private var wire: UInt64 = 0
    private var wireCount = 0
    private var header: FrameHeader?
    private var remaining = 0

    package init(from sender: FrameSender) { self.sender = sender }

    /// True between two frames: the stream may end here.
    package var isAtBoundary: Bool { wireCount == 0 && header == nil }

    /// Looks at the front of `bytes`. Call again with what remains after `consumed` and the payload counted in the step.
    ///
    /// An empty payload is reported as a `.payload` of count 0, so that each frame ends with exactly one `isLast`.
    ///
    /// - Throws: `FrameError` at the first header that is not of this protocol.
    package mutating func next(_ bytes: UnsafeRawBufferPointer) throws(FrameError) -> (step: Step, consumed: Int) {
        if let header {
            let count = min(remaining, bytes.count)
            guard count > 0 || remaining == 0 else { return (.needsMore, 0) }
            remaining -= count
            if remaining == 0 { self.header = nil }
            return (.payload(header, count: count, isLast: remaining == 0), 0)
        }
        var used = 0
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
        return (.header(complete), used)
    }
}
