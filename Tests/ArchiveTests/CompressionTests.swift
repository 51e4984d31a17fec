@testable import Archive
import OCISpec
import Testing

@Suite struct CompressionTests {
    static let text = Array(String(repeating: "packed text\n", count: 400).utf8)

    @Test(
        "every packing, whole and in pieces",
        arguments: [
            ("text.gz", Compression.gzip), ("pieces.gz", .gzip), ("zeros.gz", .gzip), ("text.zst", .zstd),
            ("pieces.zst", .zstd), ("text.xz", .xz), ("pieces.xz", .xz), ("text.bz2", .bzip2), ("pieces.bz2", .bzip2),
        ], [1, 7, Int.max])
    func unpacks(fixture: (name: String, compression: Compression), step: Int) throws {
        let source = try DecompressedSource(MemorySource(Fixture.bytes(fixture.name), step: step))
        #expect(source.compression == fixture.compression)
        #expect(try source.readAll(limit: 100_000) == Self.text)
        #expect(source.digest == SHA256Hash.digest(of: Self.text))
    }

    @Test("what is cut off anywhere is an error", arguments: ["text.gz", "text.zst", "text.xz", "text.bz2"])
    func truncated(name: String) throws {
        let bytes = try Fixture.bytes(name)
        // Less than six bytes are not recognised, and taken as they are.
        for length in 6..<bytes.count {
            #expect(throws: DecompressionError.self, "\(length) bytes") {
                try DecompressedSource(MemorySource(Array(bytes.prefix(length)))).readAll(limit: 100_000)
            }
        }
    }

    @Test("changed bytes give an error or the same text", arguments: ["text.gz", "text.zst", "text.xz", "text.bz2"])
    func changed(name: String) throws {
        let bytes = try Fixture.bytes(name)
        var errors = 0
        for place in 6..<bytes.count {
            for bit in 0..<8 {
                var changed = bytes
                changed[place] ^= 1 << UInt8(bit)
                do {
                    let read = try DecompressedSource(MemorySource(changed)).readAll(limit: 100_000)
                    // Only zstd's fixture has bytes that no checksum covers (its own name for the window).
                    if name != "text.zst" { #expect(read == Self.text) }
                } catch is DecompressionError {
                    errors += 1
                } catch is ArchiveError {
                    errors += 1
                }
            }
        }
        #expect(errors > 0)
    }

    @Test func otherBytesAfterTheEndAreRefused() throws {
        #expect(throws: DecompressionError(.gzip, .trailingGarbage)) {
            try DecompressedSource(MemorySource(Fixture.bytes("garbage.gz"))).readAll(limit: 100_000)
        }
    }

    @Test func aThreadAheadGivesTheSame() throws {
        let source = try DecompressedSource(MemorySource(Fixture.bytes("pieces.gz"), step: 3), readsAhead: true)
        #expect(try source.readAll(limit: 100_000) == Self.text)
        #expect(source.digest == SHA256Hash.digest(of: Self.text))
        let plain = try DecompressedSource(MemorySource(Self.text, step: 100), readsAhead: true)
        #expect(plain.compression == .none)
        #expect(try plain.readAll(limit: 100_000) == Self.text)
        #expect(plain.digest == SHA256Hash.digest(of: Self.text))
    }

    @Test func aThreadAheadHandsErrorsOn() throws {
        let bytes = try Array(Fixture.bytes("text.gz").dropLast(3))
        #expect(throws: DecompressionError(.gzip, .truncated)) {
            try DecompressedSource(MemorySource(bytes), readsAhead: true).readAll(limit: 100_000)
        }
    }

    @Test func aReaderMayLetGoOfAThreadAhead() throws {
        for _ in 0..<50 {
            let source = try ReadAhead(Endless(), blockSize: 4096, blocks: 3)
            var byte: [UInt8] = [0]
            #expect(try byte.withUnsafeMutableBytes { try source.read(into: $0) } == 1)
        }
    }

    @Test func whatUnpacksToFarMoreIsRefused() throws {
        var limits = ArchiveLimits()
        limits.ratio = 10
        limits.ratioFreeBytes = 1 << 20
        let source = try DecompressedSource(Repeated(Fixture.bytes("text.gz")), limits: limits)
        #expect(throws: ArchiveError(.limit(.ratio, 10), offset: 1 << 20 + 1)) {
            var byte = [UInt8](repeating: 0, count: 1)
            while source.count <= 2 << 20 { _ = try byte.withUnsafeMutableBytes { try source.read(into: $0) } }
        }
    }
}

/// Zeros without end.
private final class Endless: ByteSource {
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        buffer.initializeMemory(as: UInt8.self, repeating: 0)
        return buffer.count
    }
}

/// The same bytes again and again.
private final class Repeated: ByteSource {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let part = bytes[position...].prefix(buffer.count)
        buffer.copyBytes(from: part)
        position = (position + part.count) % bytes.count
        return part.count
    }
}
