internal import NIOHTTP1

/// One question to a server, before it is known whether it wants to know who asks.
struct Request: Sendable {
    var method: HTTPMethod
    var address: WebAddress
    var fields: [(name: String, value: String)] = []
    var body = Payload.none
    /// What a token must allow.
    var scopes: [Scope] = []

    enum Payload: Sendable {
        case none
        case bytes([UInt8])
        /// This part of a blob, read while it is sent.
        case blob(any BlobSource, Range<Int64>)

        /// Whether the same can be sent to another address.
        var isShort: Bool {
            if case .blob = self { return false }
            return true
        }
    }
}

extension Request {
    static func get(_ address: WebAddress) -> Request { Request(method: .GET, address: address) }
}
