import MonitorProtocol

/// The keys that leave a container to itself: ^P^Q unless somebody says otherwise.
struct DetachKeys {
    private var sequence = KeySequence.standard
    /// What is typed.
    var bytes: [UInt8] { sequence.keys }

    init() {}

    /// - Parameter text: Characters and `ctrl-X`, with commas between them; empty is none.
    /// - Throws: `CommandExit` with 125.
    init(_ text: String) throws {
        var keys: [UInt8] = []
        defer { sequence = KeySequence(keys) }
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
        let (passed, isHit) = sequence.filter(bytes)
        return (passed, isHit)
    }
}
