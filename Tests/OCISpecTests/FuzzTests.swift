import OCISpec
import Testing

/// 20,000 changed documents: whatever comes out of parsing, decoding and validating, nothing traps, and what is accepted
/// is written so that it is read back as the same.
struct FuzzTests {
    @Test("changed documents neither trap nor change meaning", .timeLimit(.minutes(2)), arguments: 0..<20)
    func mutations(part: Int) throws {
        // The two large documents are made of the small ones.
        let names = (Corpus.names + Corpus.otherNames).filter { $0 != "full" && $0 != "engine" }
        let seeds = try names.map { (name: $0, bytes: try Corpus.bytes($0), json: try Corpus.json($0)) }
        var mutator = Mutator(random: SplitMix64(state: UInt64(part) &+ 1), donors: seeds.map(\.bytes))
        var parsed = 0
        var decoded = 0
        for _ in 0..<1000 {
            let seed = seeds[mutator.below(seeds.count)]
            let bytes = mutator.below(2) == 0 ? mutator.mutate(seed.bytes) : mutator.mutate(seed.json).bytes()
            guard let json = try? JSONValue(parsing: bytes, sizeLimit: 1 << 20) else { continue }
            parsed += 1
            #expect(try JSONValue(parsing: json.bytes(), sizeLimit: .max) == json)
            if try decode(json, like: seed.name) { decoded += 1 }
        }
        // Changes that break everything would test nothing.
        #expect(parsed > 450)
        #expect(decoded > 200)
    }

    /// - Returns: Whether the document was accepted.
    private func decode(_ json: JSONValue, like name: String) throws -> Bool {
        do {
            switch name {
            case "manifest", "index": _ = try ImageDocument(json: json, announced: nil)
            case "image-config": #expect(try ImageConfig(json: ImageConfig(json: json).json) == ImageConfig(json: json))
            case "features": #expect(try Features(json: Features(json: json).json) == Features(json: json))
            case "state":
                #expect(try ContainerState(json: ContainerState(json: json).json) == ContainerState(json: json))
            case "process-state": _ = try ContainerProcessState(json: json)
            default:
                let config = try RuntimeConfig(json: json)
                #expect(try RuntimeConfig(json: config.json) == config)
                try config.validate()
            }
            return true
        } catch {
            #expect(!"\(error)".contains { $0.isNewline })
            return false
        }
    }
}

/// A small generator with a known sequence (Steele, Lea and Flood, 2014), so that a failure can be repeated.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

struct Mutator {
    var random: SplitMix64
    let donors: [[UInt8]]

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

    mutating func below(_ limit: Int) -> Int { limit > 0 ? Int.random(in: 0..<limit, using: &random) : 0 }

    /// Changes bytes, one to four times.
    mutating func mutate(_ bytes: [UInt8]) -> [UInt8] {
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
    mutating func mutate(_ json: JSONValue) -> JSONValue {
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
