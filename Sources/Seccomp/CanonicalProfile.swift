/// A profile as bytes: the same for two profiles exactly if they compile to the same program.
///
/// What does not go into the program, such as the listener's path, is left out.
struct CanonicalProfile {
    let bytes: [UInt8]

    init(_ profile: Profile, native: Architecture) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(8192)
        bytes.append(native.rawValue)
        bytes.appendNumber(profile.architectures.reduce(UInt32(0)) { $0 | 1 << UInt32($1.rawValue) })
        bytes.appendNumber(profile.flags.rawValue)
        bytes.appendNumber(profile.defaultAction.returnValue)
        for rule in profile.rules {
            bytes.appendNumber(rule.action.returnValue)
            bytes.appendNumber(UInt32(truncatingIfNeeded: rule.conditions.count))
            for condition in rule.conditions {
                bytes.append(condition.index)
                bytes.append(condition.comparison.rawValue)
                bytes.appendNumber(condition.value)
                bytes.appendNumber(condition.valueTwo)
            }
            bytes.appendNumber(UInt32(truncatingIfNeeded: rule.names.count))
            for name in rule.names { bytes.append(name) }
        }
        self.bytes = bytes
    }

    /// Tells profiles apart well enough to find one; who finds it compares the bytes.
    var hash: UInt64 { bytes[...].mixed }
}

extension [UInt8] {
    /// Little-endian.
    mutating func appendNumber(_ number: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
    }

    /// The text's length and its bytes.
    mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { utf8 in
            appendNumber(UInt32(truncatingIfNeeded: utf8.count))
            append(contentsOf: utf8)
        }
    }
}

extension ArraySlice<UInt8> {
    /// A checksum of 64 bits against accidents, not against forgers.
    var mixed: UInt64 {
        withUnsafeBytes { bytes in
            var sum = UInt64(bytes.count) &+ 0x9E37_79B9_7F4A_7C15
            var index = 0
            while index < bytes.count {
                var word: UInt64 = 0
                if bytes.count - index >= 8 {
                    word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                } else {
                    for byte in bytes[index...].reversed() { word = word << 8 | UInt64(byte) }
                }
                sum = (sum ^ word) &* 0xBF58_476D_1CE4_E5B9
                sum ^= sum >> 29
                index += 8
            }
            return sum
        }
    }
}
