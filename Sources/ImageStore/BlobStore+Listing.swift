public import LinuxKernel
public import OCISpec

/// Content that is not whole.
public struct PartialBlob: Equatable, Sendable {
    /// Its file below `partial/`.
    public let name: String
    /// What it is to become; `nil` where that was not known.
    public let digest: Digest?
    /// Bytes that are there.
    public let size: UInt64
    /// Somebody writes it at this moment.
    public let isBeingWritten: Bool
}

extension BlobStore {
    /// A directory entry that is no blob: nothing of the store's puts any there.
    public struct Stranger: Equatable, Sendable {
        /// Below the store's directory, such as `sha256/x`.
        public let path: String
    }

    /// All whole blobs with their sizes, in the order of their digests, and what else lies among them.
    public func contents() throws -> (blobs: [(digest: Digest, size: UInt64)], strangers: [Stranger]) {
        var blobs: [(digest: Digest, size: UInt64)] = []
        var strangers: [Stranger] = []
        for algorithm in Digest.Algorithm.allCases {
            let directory = try directory(algorithm.rawValue)
            for name in try directory.entries().map(\.name).sorted() {
                guard let digest = try? Digest("\(algorithm.rawValue):\(name)"),
                    let status = try? directory.status(of: name), status.isRegularFile
                else {
                    strangers.append(Stranger(path: "\(algorithm.rawValue)/\(name)"))
                    continue
                }
                blobs.append((digest, UInt64(clamping: status.size)))
            }
        }
        return (blobs, strangers)
    }

    /// What was begun and is not whole.
    public func partials() throws -> [PartialBlob] {
        let directory = try directory(Self.partialDirectory)
        return try directory.entries().map(\.name).sorted().compactMap { name in
            // It may have become whole since.
            guard let size = try? directory.status(of: name).size else { return nil }
            return PartialBlob(
                name: name, digest: Self.digest(ofPartial: name), size: UInt64(clamping: size),
                isBeingWritten: isLocked(name, in: directory))
        }
    }

    static func digest(ofPartial name: String) -> Digest? {
        let parts = name.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        return parts.count == 2 ? try? Digest("\(parts[0]):\(parts[1])") : nil
    }

    static func partialName(of digest: Digest) -> String { "\(digest.algorithm.rawValue)-\(digest.hex)" }

    private func isLocked(_ name: String, in directory: borrowing OwnedDescriptor) -> Bool {
        guard let file = try? directory.open(name, [.read, .noFollow, .nonBlocking]) else { return false }
        do throws(SyscallError) { return try FileLock.attempt(file) == nil } catch { return false }
    }

    /// Removes what was begun, unless somebody goes on with it at this moment.
    ///
    /// - Returns: Whether it is gone.
    @discardableResult
    public func removePartial(_ partial: PartialBlob) throws(SyscallError) -> Bool {
        let directory = try directory(Self.partialDirectory)
        do throws(SyscallError) {
            let status = try directory.status(of: partial.name)
            // Anything else than a file is nothing of ours, and nobody's lock.
            guard status.isRegularFile else {
                try directory.removeFile(partial.name)
                return true
            }
            guard let lock = try FileLock.attempt(directory.open(partial.name, [.read, .noFollow, .nonBlocking]))
            else { return false }
            try directory.removeFile(partial.name)
            _ = consume lock
            return true
        } catch {
            guard error.code == .noSuchFile else { throw error }
            return true
        }
    }

    /// Removes the partial blob that was to become `digest`, unless somebody goes on with it.
    @discardableResult
    public func removePartial(of digest: Digest) throws(SyscallError) -> Bool {
        try removePartial(
            PartialBlob(name: Self.partialName(of: digest), digest: digest, size: 0, isBeingWritten: false))
    }

    /// Removes a file that has no business among the blobs. A directory stays: it may be a mount.
    public func remove(_ stranger: Stranger) throws(SyscallError) {
        let parts = stranger.path.split(separator: "/", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return }
        try directory(parts[0]).removeFile(parts[1])
    }
}
