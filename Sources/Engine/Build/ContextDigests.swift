package import LinuxKernel
package import OCISpec

/// Digests of files that earlier builds have read, by what the kernel says of the files: those that have not changed need not
/// be read again. Only for files without extended attributes.
package struct ContextDigests: Sendable {
    /// The most files that are remembered.
    static let limit = 100_000
    private static let magic: [UInt8] = Array("brigctx1".utf8)
    private static let entrySize = 84

    private struct FileID: Hashable {
        let device: UInt64
        let inode: UInt64

        init(_ stamp: FileStamp) { (device, inode) = (stamp.device, stamp.inode) }
    }

    /// 32 bytes.
    private typealias Content = SIMD4<UInt64>

    private var known: [FileStamp: Content] = [:]
    private var seen: Set<FileStamp> = []
    /// Whether something is known that was not.
    package private(set) var hasNews = false

    package init() {}

    /// The SHA-256 value of what the file holds.
    package mutating func content(of stamp: FileStamp) -> Digest? {
        guard let content = known[stamp] else { return nil }
        seen.insert(stamp)
        return Digest(.sha256, hash: withUnsafeBytes(of: content) { Array($0) })
    }

    /// Remembers what a file holds.
    ///
    /// - Parameter stamp: A settled one, from before the file was read.
    package mutating func note(_ content: Digest, of stamp: FileStamp) {
        let bytes = content.bytes
        guard content.algorithm == .sha256, bytes.count == 32, known[stamp] == nil else { return }
        known[stamp] = bytes.withUnsafeBytes { $0.loadUnaligned(as: Content.self) }
        seen.insert(stamp)
        hasNews = true
    }

    // MARK: As bytes

    /// - Returns: `nil` for what is not whole.
    package init?(parsing bytes: [UInt8]) {
        let body = bytes.count - 32
        guard body >= Self.magic.count, (body - Self.magic.count).isMultiple(of: Self.entrySize),
            bytes.starts(with: Self.magic), SHA256Hash.digest(of: bytes[..<body]).bytes == Array(bytes[body...])
        else { return nil }
        let count = (body - Self.magic.count) / Self.entrySize
        guard count <= Self.limit else { return nil }
        known.reserveCapacity(count)
        bytes.withUnsafeBytes { raw in
            for index in 0..<count {
                let entry = UnsafeRawBufferPointer(
                    rebasing: raw[(Self.magic.count + index * Self.entrySize)...].prefix(Self.entrySize))
                func word(_ offset: Int) -> UInt64 { entry.loadUnaligned(fromByteOffset: offset, as: UInt64.self) }
                func half(_ offset: Int) -> UInt32 { entry.loadUnaligned(fromByteOffset: offset, as: UInt32.self) }
                let stamp = FileStamp(
                    device: word(0), inode: word(8), size: Int64(bitPattern: word(16)), mode: half(24),
                    modified: FileTime(seconds: Int64(bitPattern: word(28)), nanoseconds: half(36)),
                    changed: FileTime(seconds: Int64(bitPattern: word(40)), nanoseconds: half(48)))
                known[stamp] = entry.loadUnaligned(fromByteOffset: 52, as: Content.self)
            }
        }
    }

    /// What was of use now, and what else is known as long as there is room: of each file the latest.
    package func bytes(limit: Int = ContextDigests.limit) -> [UInt8] {
        let current = Set(seen.map(FileID.init))
        let others = known.keys.lazy.filter { !seen.contains($0) && !current.contains(FileID($0)) }
        var kept = Array(seen.prefix(limit))
        kept += others.prefix(limit - kept.count)
        var bytes = Self.magic
        bytes.reserveCapacity(Self.magic.count + kept.count * Self.entrySize + 32)
        func add(_ value: some Any) { withUnsafeBytes(of: value) { bytes += $0 } }
        for stamp in kept {
            guard let content = known[stamp] else { continue }
            add(stamp.device)
            add(stamp.inode)
            add(stamp.size)
            add(stamp.mode)
            add(stamp.modified.seconds)
            add(stamp.modified.nanoseconds)
            add(stamp.changed.seconds)
            add(stamp.changed.nanoseconds)
            add(content)
        }
        return bytes + SHA256Hash.digest(of: bytes).bytes
    }
}

extension BuildSession {
    /// What is known of the files of a directory that builds were made of before.
    package func contextDigests(of name: String) -> ContextDigests {
        // What cannot be read is not known: the files are read once more.
        let limit = 2 * 84 * ContextDigests.limit
        guard let bytes = try? readFile("\(engine.locations.contextDigests)/\(name)", limit: limit) else {
            return ContextDigests()
        }
        return ContextDigests(parsing: bytes) ?? ContextDigests()
    }

    /// Keeps that for the next build, which is faster then: of no consequence if it fails.
    package func keep(_ digests: ContextDigests, of name: String) {
        let directory = engine.locations.contextDigests
        guard digests.hasNews, (try? HostDirectory.make(directory, mode: 0o700)) != nil else { return }
        if let entries = try? OwnedDescriptor(open: directory, [.read, .directory]).entries(), entries.count > 64 {
            for entry in entries { try? HostDirectory.removeTree("\(directory)/\(entry.name)") }
        }
        if (try? HostDirectory.write(digests.bytes(), to: "\(directory)/\(name)", mode: 0o600)) == nil {
            // On a full disk nothing new stays, and what holds others' files does.
            try? OwnedDescriptor(open: engine.locations.root, [.read, .directory]).removeDirectory("build-contexts")
        }
    }
}

extension Engine {
    /// Forgets what builds know of files that they have read.
    package func forgetContextDigests() throws { try HostDirectory.removeTree(locations.contextDigests) }
}

extension EngineLocations {
    /// For each directory that images are built of, digests of its files.
    fileprivate var contextDigests: String { root + "/build-contexts" }
}
