import Archive
import Testing

/// 20,000 changed archives: each is read to its end or refused, and none traps, hangs or takes memory without bound.
@Suite struct TarFuzzTests {
    private static let seeds: [[UInt8]] = {
        // Their long rows of zeros say nothing.
        Fixture.archives.compactMap { try? Fixture.tar($0) }.map { Array($0.prefix(12_288)) }
    }()

    @Test("changed archives", arguments: 0..<20)
    func changed(round: Int) throws {
        var random = Repeatable(state: UInt64(round))
        var limits = ArchiveLimits()
        limits.totalBytes = 1 << 20
        limits.sparsePieces = 1000
        var refused = 0
        for _ in 0..<1000 {
            var bytes = Self.seeds[Int.random(in: 0..<Self.seeds.count, using: &random)]
            mutate(&bytes, &random)
            let reader = TarReader(MemorySource(bytes, step: Int.random(in: 1...3000, using: &random)), limits: limits)
            do {
                while let entry = try reader.next() {
                    // A map of attributes or pieces cannot grow beyond what the archive holds.
                    #expect(entry.path.count <= 4095 && entry.attributes.count <= 128)
                    if Bool.random(using: &random) {
                        while let chunk = try reader.nextChunk() { #expect(chunk.bytes.count <= 1 << 17) }
                    }
                }
                try reader.drain()
            } catch is ArchiveError {
                refused += 1
            }
        }
        #expect(refused > 0)
    }

    private func mutate(_ bytes: inout [UInt8], _ random: inout Repeatable) {
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            guard bytes.count > 1024 else { return }
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<8, using: &random) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 2: bytes.removeSubrange(place..<min(place + 512, bytes.count))
            case 3:
                bytes.insert(
                    contentsOf: bytes[place - place % 512..<min(place - place % 512 + 512, bytes.count)],
                    at: place - place % 512)
            case 4: bytes = Array(bytes.prefix(place))
            case 5:
                // Digits of some number become others.
                for index in place..<min(place + 12, bytes.count) where (0x30...0x39).contains(bytes[index]) {
                    bytes[index] = UInt8.random(in: 0x30...0x39, using: &random)
                }
            case 6:
                // A header's type.
                bytes[min(place - place % 512 + 156, bytes.count - 1)] =
                    Array("01234567xgLKSVDX".utf8).randomElement(using: &random) ?? 0
            default:
                // A number of a header in base 256.
                let start = place - place % 512 + ([100, 108, 116, 124, 136].randomElement(using: &random) ?? 0)
                if start < bytes.count { bytes[start] |= 0x80 }
            }
        }
        // Most changes would end at the checksum.
        if Int.random(in: 0..<10, using: &random) > 0 { repairChecksums(&bytes) }
    }

    private func repairChecksums(_ bytes: inout [UInt8]) {
        for start in stride(from: 0, to: bytes.count - 511, by: 512)
        where bytes[start + 257..<start + 262].elementsEqual("ustar".utf8) {
            var block = Array(bytes[start..<start + 512])
            RawTar.sum(&block)
            bytes.replaceSubrange(start..<start + 512, with: block)
        }
    }
}
