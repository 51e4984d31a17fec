/// One unit of the conversation between a monitor and a client.
public struct Frame: Equatable, Sendable {
    /// The longest payload of any kind, in bytes.
    public static let maximumPayload = 65_536

    /// What the payload is.
    public let kind: FrameKind
    /// At most as long as the kind allows.
    public let payload: [UInt8]

    /// Makes a frame whose payload is of a legal length for its kind.
    ///
    /// - Throws: `FrameError.badLength`.
    public init(_ kind: FrameKind, _ payload: [UInt8] = []) throws(FrameError) {
        guard kind.payloadSizes.contains(payload.count) else {
            throw .badLength(kind, UInt32(clamping: payload.count))
        }
        self.kind = kind
        self.payload = payload
    }

    /// As it goes over the wire: header and payload.
    public var encoded: [UInt8] { Frame.encode(kind, payload) }

    /// The wire form of a payload that is known to be of a legal length.
    static func encode(_ kind: FrameKind, _ payload: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(FrameHeader.size + payload.count)
        let wire = FrameHeader(kind: kind, length: payload.count).wire
        for index in 0..<FrameHeader.size { bytes.append(UInt8(truncatingIfNeeded: wire >> (8 * index))) }
        bytes += payload
        return bytes
    }
}
