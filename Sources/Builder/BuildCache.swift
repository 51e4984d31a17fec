internal import Archive
internal import BuildFile
public import Engine
internal import LinuxKernel
internal import OCISpec

/// What builds keep to go faster, for people who look after it.
public enum BuildCache {
    public struct Entry: Sendable {
        public let name: String
        /// Bytes.
        public let size: Int64
    }

    /// Results of steps and directories of `RUN --mount=type=cache`.
    public static func list(_ engine: Engine) throws -> [Entry] {
        try engine.buildCacheRecords().map {
            Entry(name: $0.description, size: $0.layer.fileBytes + $0.layer.descriptor.size)
        } + engine.buildCacheDirectories().map { Entry(name: "cache directory \($0.id)", size: $0.size) }
    }

    /// Removes results that nothing else needs.
    ///
    /// - Parameters:
    ///   - unusedFor: Seconds.
    ///   - keeping: Bytes.
    ///   - directories: Whether cache directories that nobody uses go, too.
    /// - Returns: Names of what was removed, and how many bytes that were.
    public static func prune(
        _ engine: Engine, unusedFor: Int64?, keeping: Int64?, directories: Bool
    ) throws -> (removed: [String], reclaimed: Int64) {
        let pruning = try engine.pruneBuildCache(unusedFor: unusedFor, keeping: keeping)
        if unusedFor == nil, keeping == nil {
            try engine.forgetBuildAddresses()
            try engine.forgetContextDigests()
        }
        var (removed, reclaimed) = (pruning.removed, pruning.reclaimed)
        if directories {
            for directory in try engine.pruneBuildCacheDirectories(unusedFor: unusedFor, keeping: keeping) {
                removed.append("cache directory \(directory.id)")
                reclaimed += directory.size
            }
        }
        return (removed, reclaimed)
    }

    /// A time such as `24h` in seconds.
    public static func seconds(_ text: String) -> Int64? { DurationText.nanoseconds(text).map { $0 / 1_000_000_000 } }
}

/// What came on standard input.
public enum BuildInput {
    /// Whether these first 512 bytes are those of an archive, packed or not.
    public static func isArchive(_ start: [UInt8]) -> Bool {
        if Compression(start: Array(start.prefix(6))) != .none { return true }
        return start.count >= 512 && Array(start[257..<262]) == Array("ustar".utf8)
    }

    /// A descriptor that gives these bytes and then the rest of standard input.
    public static func descriptor(_ start: [UInt8]) throws -> Int32 {
        let pipe = try Pipe()
        let writer = WriteEnd(try pipe.writeEnd.duplicate(), rest: try StandardDescriptors.input())
        let number = pipe.keepReadEnd().release()
        try BackgroundThread.start { writer.pass(start) }
        return number
    }

    private final class WriteEnd: Sendable {
        private let descriptor: OwnedDescriptor
        /// The same open file as standard input, so that reading goes on where it was.
        private let rest: OwnedDescriptor

        init(_ descriptor: consuming OwnedDescriptor, rest: consuming OwnedDescriptor) {
            self.descriptor = descriptor
            self.rest = rest
        }

        func pass(_ start: [UInt8]) {
            // If the reader is gone, there is nobody to tell.
            guard (try? descriptor.write(start)) != nil else { return }
            while let part = try? rest.read(upTo: 65_536), !part.isEmpty {
                guard (try? descriptor.write(part)) != nil else { return }
            }
        }
    }
}
