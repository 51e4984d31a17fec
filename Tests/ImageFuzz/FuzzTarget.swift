import Foundation
import TestSupport

/// What can be tried.
enum FuzzTarget: String, CaseIterable {
    /// The tar reader, and the extractor in a tree with a canary beside it.
    case tar, extract
    /// The decompressors and their borders.
    case gzip, zstd, xz, bzip2
    /// Manifests and indexes, configs; references, digests and platforms.
    case manifest, config, reference
    /// The built `brig load` on whole archives.
    case load

    static var names: String { allCases.map(\.rawValue).joined(separator: " ") }

    func subject() throws -> any FuzzSubject {
        switch self {
        case .tar: try TarSubject()
        case .extract: try ExtractSubject()
        case .gzip: try StreamSubject(["text.gz", "pieces.gz", "zeros.gz", "gnu-gnu.tar.gz"])
        case .zstd: try StreamSubject(["text.zst", "pieces.zst"])
        case .xz: try StreamSubject(["text.xz", "pieces.xz"])
        case .bzip2: try StreamSubject(["text.bz2", "pieces.bz2"])
        case .manifest: try ManifestSubject()
        case .config: try ConfigSubject()
        case .reference: ReferenceSubject()
        case .load: try LoadSubject()
        }
    }
}

/// What one target is given, and what does the reading.
protocol FuzzSubject {
    /// Good ones, which are changed.
    var seeds: [[UInt8]] { get }

    /// Tries one case.
    ///
    /// - Returns: Whether it was taken.
    /// - Throws: What is a finding: any error that the reader is not to throw.
    func accepts(_ mutator: inout Mutator) throws -> Bool
}

/// The files of other tests.
enum Tests {
    static let directory =
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().path

    static func bytes(_ path: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: "\(directory)/\(path)")))
    }

    static func names(_ path: String, ending: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "\(directory)/\(path)").filter { $0.hasSuffix(ending) }
            .sorted()
    }
}
