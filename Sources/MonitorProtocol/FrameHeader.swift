/// The eight bytes before each payload: kind, three zeros, length in big-endian order.
///
/// It is the header with which Docker multiplexes an attached container's streams, so that output can be handed on
/// to a Docker client as it came.
public struct FrameHeader: Equatable, Sendable {
    /// Its size on the wire, in bytes.
    public static let size = 8

    /// What the payload is.
    public let kind: FrameKind
    /// Of the payload, in bytes: within `kind.payloadSizes`.
    public let length: Int

    /// Describes a payload that is already known to be of a legal length.
    package init(kind: FrameKind, length: Int) {
        self.kind = kind
        self.length = length
    }

    /// Takes the wire form apart, eight bytes with the first in the low bits.
    package init(wire: UInt64, from sender: FrameSender) throws(FrameError) {
        let first = UInt8(truncatingIfNeeded: wire)
        guard let kind = FrameKind(rawValue: first) else { throw .unknownKind(first) }
        guard kind.sender == sender else { throw .wrongSender(kind) }
        guard wire & 0xffff_ff00 == 0 else { throw .reservedBytesUsed }
        let length = UInt32(truncatingIfNeeded: wire >> 32).byteSwapped
        guard let count = Int(exactly: length), kind.payloadSizes.contains(count) else {
            throw .badLength(kind, length)
        }
        self.init(kind: kind, length: count)
    }

    /// The wire form, eight bytes with the first in the low bits.
    package var wire: UInt64 {
        UInt64(kind.rawValue) | UInt64(UInt32(truncatingIfNeeded: length).byteSwapped) << 32
    }
}
