import OCISpec
import TestSupport
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
