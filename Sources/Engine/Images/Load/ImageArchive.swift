internal import ImageStore
internal import OCISpec

/// What an archive of images holds, once its blobs are in the store.
protocol ImageArchive: AnyObject {
    /// The small files that say what the others are, by their path in the archive, such as `manifest.json`.
    func document(_ path: String) throws -> [UInt8]?

    /// Names of documents that fit, without an order.
    func documentPaths(where fits: (String) -> Bool) -> [String]

    /// What the file of this path in the archive became.
    func blob(at path: String) throws -> (digest: Digest, size: UInt64)?

    /// Sees to it that a blob of the archive's layout is in the store.
    ///
    /// - Throws: `EngineError` if the archive does not have it, or something else under its name.
    func provide(_ descriptor: Descriptor) throws
}

/// Paths within an archive. They are compared, and never used on this host.
enum ArchivePath {
    /// Without `.` and doubled slashes; `nil` for one that leads out, is empty, or is not UTF-8.
    static func normalized(_ path: [UInt8]) -> String? {
        guard path.count <= 4096, let text = String(validating: path, as: UTF8.self) else { return nil }
        return resolved(text, in: [])
    }

    /// Where a link leads that stands at `path`.
    static func target(_ target: [UInt8], ofLinkAt path: String) -> String? {
        guard target.count <= 4096, let text = String(validating: target, as: UTF8.self), !text.hasPrefix("/") else {
            return nil
        }
        return resolved(text, in: path.split(separator: "/").dropLast().map(String.init))
    }

    private static func resolved(_ text: String, in directory: [String]) -> String? {
        var parts = directory
        for part in text.split(separator: "/") where part != "." {
            if part == ".." {
                guard parts.popLast() != nil else { return nil }
            } else {
                parts.append(String(part))
            }
        }
        return parts.isEmpty ? nil : parts.joined(separator: "/")
    }

    /// The digest that a path of a layout means: `blobs/sha256/HEX`.
    static func layoutDigest(_ path: String) throws -> Digest? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "blobs" else { return nil }
        return try Digest("\(parts[1]):\(parts[2])")
    }
}
