import Archive
import Foundation
import LinuxKernel
import OCISpec
import TestSupport

/// Changed archives of other tools.
struct TarArchives {
    let seeds: [[UInt8]]

    init() throws {
        seeds = try Tests.names("ArchiveTests/Fixtures", ending: ".tar.gz").map { name in
            let packed = MemorySource(try Tests.bytes("ArchiveTests/Fixtures/\(name)"))
            // Their long rows of zeros say nothing.
            return Array(try DecompressedSource(packed).readAll(limit: 1 << 22).prefix(12_288))
        }
    }

    func changed(_ mutator: inout Mutator) -> [UInt8] {
        var bytes = seeds[mutator.below(seeds.count)]
        if mutator.below(3) == 0 { bytes = mutator.mutate(bytes) }
        for _ in 0...mutator.below(4) where bytes.count > 1024 { changeHeader(&bytes, &mutator) }
        // Most changes would end at the checksum.
        if mutator.below(10) > 0 { Self.repairChecksums(&bytes) }
        return bytes
    }

    private func changeHeader(_ bytes: inout [UInt8], _ mutator: inout Mutator) {
        let place = mutator.below(bytes.count)
        let start = place - place % 512
        let end = min(start + 512, bytes.count)
        switch mutator.below(7) {
        case 0: bytes.removeSubrange(start..<end)
        case 1: bytes.insert(contentsOf: bytes[start..<end], at: start)
        case 2: bytes = Array(bytes.prefix(place))
        case 3:
            for index in place..<min(place + 12, bytes.count) where (0x30...0x39).contains(bytes[index]) {
                bytes[index] = UInt8(0x30 + mutator.below(10))
            }
        case 4 where start + 156 < bytes.count:
            let types = Array("01234567xgLKSVDX".utf8)
            bytes[start + 156] = types[mutator.below(types.count)]
        case 5:
            // A number of a header in base 256.
            let field = start + [100, 108, 116, 124, 136, 329, 337, 386, 483][mutator.below(9)]
            if field < bytes.count { bytes[field] |= 0x80 }
        default:
            // A name out of dangerous parts.
            let parts = ["..", ".", "", "a", "l", ".wh.a", ".wh..wh..opq", ".wh.", "etc", "x"]
            let name = (0...mutator.below(4)).map { _ in parts[mutator.below(parts.count)] }.joined(separator: "/")
            let field = start + (mutator.below(3) == 0 ? 157 : 0)
            for (offset, byte) in (Array(name.utf8) + [0]).enumerated() where field + offset < end {
                bytes[field + offset] = byte
            }
        }
    }

    static func repairChecksums(_ bytes: inout [UInt8]) {
        var start = 0
        while start + 512 <= bytes.count {
            if bytes[start + 257..<start + 262].elementsEqual("ustar".utf8) {
                for index in start + 148..<start + 156 { bytes[index] = 0x20 }
                let sum = String(bytes[start..<start + 512].reduce(0) { $0 + Int($1) }, radix: 8)
                let field = String(repeating: "0", count: 6 - min(6, sum.count)) + sum
                bytes.replaceSubrange(start + 148..<start + 156, with: Array(field.utf8) + [0, 0x20])
            }
            start += 512
        }
    }
}

struct TarSubject: FuzzSubject {
    private let archives: TarArchives
    var seeds: [[UInt8]] { archives.seeds }

    init() throws { archives = try TarArchives() }

    func accepts(_ mutator: inout Mutator) throws -> Bool {
        let bytes = archives.changed(&mutator)
        let reader = TarReader(MemorySource(bytes, step: 1 + mutator.below(3000)))
        do {
            while let entry = try reader.next() {
                guard entry.path.count <= 4095, entry.attributes.count <= 128 else { throw Finding("limits") }
                if mutator.below(2) == 0 {
                    while let chunk = try reader.nextChunk() {
                        guard chunk.bytes.count <= 1 << 17 else { throw Finding("a chunk is too large") }
                    }
                }
            }
            try reader.drain()
            return true
        } catch is ArchiveError {
            return false
        }
    }
}

/// Unpacks into `inside`; what stands beside it must stay as it is.
struct ExtractSubject: FuzzSubject {
    private let archives: TarArchives
    private let outer = "/tmp/image-fuzz-extract-tree"
    var seeds: [[UInt8]] { archives.seeds }

    init() throws {
        archives = try TarArchives()
        try? FileManager.default.removeItem(atPath: outer)
        try FileManager.default.createDirectory(atPath: "\(outer)/canary", withIntermediateDirectories: true)
        try "alive".write(toFile: "\(outer)/canary/file", atomically: true, encoding: .utf8)
    }

    func accepts(_ mutator: inout Mutator) throws -> Bool {
        let bytes = archives.changed(&mutator)
        try FileManager.default.createDirectory(atPath: "\(outer)/inside", withIntermediateDirectories: true)
        defer { _ = try? TestSupport.run(["/bin/rm", "-rf", "\(outer)/inside"], in: "/tmp") }
        var options = ExtractionOptions()
        options.whiteouts = [.literal, .overlay, .overlayInUserNamespace, .apply][mutator.below(4)]
        options.limits.totalBytes = 1 << 26
        let result = Result {
            try Extractor(into: try OwnedDescriptor(open: "\(outer)/inside", [.read, .directory]), options: options)
                .extract(TarReader(MemorySource(bytes), limits: options.limits))
        }
        let parent = try OwnedDescriptor(open: outer, [.read, .directory])
        let canary = try OwnedDescriptor(open: "\(outer)/canary", [.read, .directory])
        guard try parent.entries().map(\.name).sorted() == ["canary", "inside"],
            try canary.entries().map(\.name) == ["file"], contents("\(outer)/canary/file") == "alive",
            try canary.status(of: "file").linkCount == 1
        else { throw Finding("something outside has changed") }
        switch result {
        case .success: return true
        case .failure(let error):
            guard error is ArchiveError || error is ExtractionError || error is SyscallError else { throw error }
            guard !"\(error)".contains(where: \.isNewline) else { throw Finding("more than a line: \(error)") }
            return false
        }
    }
}

/// A packed stream, in pieces of all sizes, read in pieces of all sizes, on one thread or on two.
struct StreamSubject: FuzzSubject {
    let seeds: [[UInt8]]

    init(_ names: [String]) throws { seeds = try names.map { try Tests.bytes("ArchiveTests/Fixtures/\($0)") } }

    func accepts(_ mutator: inout Mutator) throws -> Bool {
        var bytes = seeds[mutator.below(seeds.count)]
        switch mutator.below(6) {
        case 0: bytes = Array(bytes.prefix(mutator.below(bytes.count)))
        // One after another, and something behind.
        case 1: bytes += seeds[mutator.below(seeds.count)].prefix(mutator.below(200))
        case 2: bytes += [UInt8](repeating: 0, count: mutator.below(2000)) + (mutator.below(2) == 0 ? [1] : [])
        default: bytes = mutator.mutate(bytes)
        }
        var limits = ArchiveLimits()
        limits.ratioFreeBytes = 1 << 20
        do {
            let source = try DecompressedSource(
                MemorySource(bytes, step: mutator.below(3) == 0 ? .max : 1 + mutator.below(600)),
                readsAhead: mutator.below(16) == 0, limits: limits)
            var buffer = [UInt8](repeating: 0, count: 1 + mutator.below(mutator.below(2) == 0 ? 16 : 70_000))
            var all: [UInt8] = []
            while all.count < 1 << 26 {
                let count = try buffer.withUnsafeMutableBytes { try source.read(into: $0) }
                if count == 0 { break }
                guard count <= buffer.count else { throw Finding("more than there is room for") }
                all += buffer.prefix(count)
            }
            guard all.count == 1 << 26 || source.digest == ContentHash.digest(.sha256, of: all) else {
                throw Finding("the digest is not that of what was read")
            }
            return true
        } catch is DecompressionError {
            return false
        } catch is ArchiveError {
            return false
        }
    }
}
