/// The keys that leave a container to itself: ^P^Q unless somebody says otherwise.
struct DetachKeys {
    private var keys: [UInt8] = [0x10, 0x11]
    private var matched = 0

    init() {}

    /// - Parameter text: Characters and `ctrl-X`, with commas between them; empty is none.
    /// - Throws: `CommandExit` with 125.
    init(_ text: String) throws {
        keys = []
        guard !text.isEmpty else { return }
        for key in text.split(separator: ",", omittingEmptySubsequences: false) {
            let bytes = Array(key.utf8)
            if bytes.count == 1 {
                keys.append(bytes[0])
            } else if bytes.count == 6, key.hasPrefix("ctrl-"), let code = Self.controlCode(bytes[5]) {
                keys.append(code)
            } else {
                throw CommandExit(CommandExit.engine, "invalid detach keys (\(text)): unknown character: '\(key)'")
            }
        }
    }

    private static func controlCode(_ key: UInt8) -> UInt8? {
        switch key {
        case UInt8(ascii: "a")...UInt8(ascii: "z"): key - UInt8(ascii: "a") + 1
        case UInt8(ascii: "@"): 0
        case UInt8(ascii: "["), UInt8(ascii: "\\"), UInt8(ascii: "]"), UInt8(ascii: "^"), UInt8(ascii: "_"):
            key - 0x40
        default: nil
        }
    }

    /// What is to be passed on, and whether the keys were hit.
    mutating func filter(_ bytes: [UInt8]) -> (passed: [UInt8], detaches: Bool) {
        guard let first = keys.first else { return (bytes, false) }
        var passed: [UInt8] = []
        for byte in bytes {
            if byte == keys[matched] {
                matched += 1
                if matched == keys.count { return (passed, true) }
                continue
            }
            passed += keys[..<matched]
            matched = byte == first ? 1 : 0
            if matched == 0 { passed.append(byte) }
            if matched == keys.count { return (passed, true) }
        }
        return (passed, false)
    }
}
