/// Collects whole frames from a stream that arrives in pieces of any size.
///
/// It holds at most one unfinished frame, so never more than `Frame.maximumPayload` bytes.
public struct FrameDecoder: Sendable {
    private var scanner: FrameScanner
    private var payload: [UInt8] = []
    private var failure: FrameError?

    /// Decodes what `sender` sends.
    public init(from sender: FrameSender) { scanner = FrameScanner(from: sender) }

    /// True between two frames. A stream that ends elsewhere was cut off.
    public var isAtBoundary: Bool { scanner.isAtBoundary }

    /// Takes the next piece of the stream and returns the frames that it completes.
    ///
    /// - Throws: `FrameError` for bytes that are not of this protocol, and from then on always: close the connection.
    ///   Frames that were complete before the bad one in the same piece are lost with it.
    public mutating func feed(_ bytes: [UInt8]) throws(FrameError) -> [Frame] {
        if let failure { throw failure }
        let result: Result<[Frame], FrameError> = bytes.withUnsafeBytes { decode($0) }
        if case .failure(let error) = result { failure = error }
        return try result.get()
    }

    private mutating func decode(_ bytes: UnsafeRawBufferPointer) -> Result<[Frame], FrameError> {
        var frames: [Frame] = []
        var rest = bytes
        do throws(FrameError) {
            while true {
                let (step, consumed) = try scanner.next(rest)
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(consumed))
                switch step {
                case .needsMore:
                    return .success(frames)
                case .payload(let header, let count):
                    payload += rest.prefix(count)
                    rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
                    if scanner.take(count) {
                        frames.append(try Frame(header.kind, payload))
                        payload = []
                    }
                }
            }
        } catch {
            return .failure(error)
        }
    }
}
