/// Keys with which somebody at a terminal leaves what runs there to itself.
public struct KeySequence: Equatable, Sendable {
    /// ^P^Q
    public static let standard = KeySequence([0x10, 0x11])

    public let keys: [UInt8]
    private var matched = 0

    /// - Parameter keys: None: nothing leaves.
    public init(_ keys: [UInt8]) { self.keys = keys }

    /// What of typed bytes is to be passed on, and whether the keys were hit; what follows them is dropped.
    public mutating func filter(_ bytes: some Sequence<UInt8>) -> (passed: [UInt8], isHit: Bool) {
        guard let first = keys.first else { return (Array(bytes), false) }
        var passed: [UInt8] = []
        for byte in bytes {
            if byte == keys[matched] {
                matched += 1
            } else {
                passed += keys[..<matched]
                matched = byte == first ? 1 : 0
                if matched == 0 { passed.append(byte) }
            }
            if matched == keys.count {
                matched = 0
                return (passed, true)
            }
        }
        return (passed, false)
    }
}
