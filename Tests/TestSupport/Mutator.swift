package import OCISpec

/// Changes documents: their bytes, or the values in them.
package struct Mutator {
    package var random: SplitMix64
    /// Pieces of these get into other documents.
    package let donors: [[UInt8]]

    package init(random: SplitMix64, donors: [[UInt8]]) { (self.random, self.donors) = (random, donors) }

    static let texts: [String] = [
        "null", "-1", "0", "1e400", "-0.0", "18446744073709551615", "-9223372036854775809", "4294967296", "\"\"",
        "\"\\u0000\"",
        "\"\\ud800\"", "[[[[", "]]", "{}", "{\"\":", "\\", "\"", "\"../..\"", "\u{feff}", "tru", ",", ":",
    ]

    static let values: [JSONValue] = [
        .null, true, -1, 0, 1, 65536, .integer(.min), .unsigned(.max), .double(0.5), "", "/", "..", "a\0b", "é\u{301}",
        "0-3,7",
        [], [:], [[]], ["": .null], "SCMP_ACT_KILL", "net.x.y", .string(String(repeating: "x", count: 300)),
    ]

    package mutating func below(_ limit: Int) -> Int { limit > 0 ? Int.random(in: 0..<limit, using: &random) : 0 }

    /// Changes bytes, one to four times.
    package mutating func mutate(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0...below(4) {
            let position = below(bytes.count + 1)
            let end = min(bytes.count, position + below(20))
            switch below(7) {
            case 0 where position < bytes.count: bytes[position] ^= 1 << below(8)
            case 1 where position < bytes.count: bytes[position] = UInt8(below(256))
            case 2: bytes.removeSubrange(position..<end)
            case 3: bytes.insert(contentsOf: bytes[position..<end], at: below(bytes.count + 1))
            case 4: bytes.replaceSubrange(position..<end, with: Self.texts[below(Self.texts.count)].utf8)
            case 5:
                let donor = donors[below(donors.count)]
                let start = below(donor.count)
                bytes.insert(contentsOf: donor[start..<min(donor.count, start + below(40))], at: position)
            default: bytes.removeLast(below(min(bytes.count, 4)))
            }
        }
        return bytes
    }

    /// Changes values of a document, so that it is still JSON.
    package mutating func mutate(_ json: JSONValue) -> JSONValue {
        switch json {
        case .array(var elements) where !elements.isEmpty && below(6) > 0:
            let index = below(elements.count)
            if below(8) == 0 { elements.append(elements[index]) }
            if below(12) == 0 { elements.remove(at: index) } else { elements[index] = mutate(elements[index]) }
            return .array(elements)
        case .object(var object) where !object.isEmpty && below(6) > 0:
            let (key, value) = object[below(object.count)]
            switch below(12) {
            case 0: object[key] = nil
            case 1: object["x" + key] = value
            default: object[key] = mutate(value)
            }
            return .object(object)
        case .integer(let number) where below(3) > 0:
            return .integer(number &+ Int64(below(5)) &- 2)
        default:
            return below(4) == 0 ? json : Self.values[below(Self.values.count)]
        }
    }
}
