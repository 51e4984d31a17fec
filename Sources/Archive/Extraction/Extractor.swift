public import LinuxKernel

/// A step of unpacking that the kernel refused: at which entry, and what.
public struct ExtractionError: Error, Equatable, CustomStringConvertible {
    /// The entry's name as the archive has it.
    public let entry: [UInt8]
    /// What the kernel said.
    public let failure: SyscallError

    public var description: String { "archive entry \(displayName(entry)): \(failure)" }
}

/// Unpacks an archive into a directory. There is one for all uses, so that what is safe for one is safe for all.
///
/// Whatever the archive says, nothing outside of the directory is touched: directories on the way are resolved as if it
/// were `/`, the last part of a name is never followed, hard links lead to what is inside, symbolic links are stored as
/// they are. A file takes the place of what had its name; two directories become one.
///
/// Times of directories are kept by putting them back whenever unpacking leaves one. So memory does not grow with the
/// archive.
public final class Extractor {
    let options: ExtractionOptions
    var summary = ExtractionSummary()
    /// The destination.
    let root: OpenDirectory
    /// The directory that the last entry was made in, where the next one mostly goes, too.
    var current: OpenDirectory
    /// What of directories must wait to the end: new files would inherit it.
    var defaultLists: [[UInt8]: [UInt8]] = [:]
    /// In the mode `apply`: what this archive has made, and so no whiteout of it removes.
    var made: Set<[UInt8]> = []
    var rootHasEntry = false
    /// Bytes of names and lists that are kept to the end.
    var remembered: UInt64 = 0

    /// - Parameter destination: The directory to unpack into, open for reading. It is taken over.
    /// - Throws: As fstat(2).
    public init(into destination: consuming OwnedDescriptor, options: ExtractionOptions) throws(SyscallError) {
        self.options = options
        root = try OpenDirectory(TreeDirectory(destination), path: [])
        current = root
    }

    /// Unpacks all entries of an archive, or copies those of a tree, and reads the source to its end.
    ///
    /// - Throws: `ArchiveError`, `ExtractionError`, and what the source throws. What was unpacked until then stays.
    public func extract(_ source: any EntrySource) throws -> ExtractionSummary {
        while let entry = try source.next() {
            summary.entries += 1
            do {
                try extract(entry, source)
            } catch let failure as SyscallError {
                throw ExtractionError(entry: entry.path, failure: failure)
            } catch let error as ArchiveError where error.entry == nil {
                throw ArchiveError(error.reason, entry: entry.path, offset: (source as? TarReader)?.offset)
            }
        }
        try source.drain()
        summary.endMarkSeen = (source as? TarReader)?.endMarkSeen ?? true
        try finish()
        return summary
    }

    private func extract(_ entry: ArchiveEntry, _ source: any EntrySource) throws {
        let path = try TreePath(entry.path)
        if path.isRoot { return try applyToRoot(entry) }
        if options.whiteouts != .literal, try takeWhiteout(entry, path) { return }
        try enterParent(of: path)
        if options.whiteouts == .apply { remember(path) }
        summary.implicitDirectories.remove(path.bytes)
        switch entry.kind {
        case .file: try makeFile(entry, path, source)
        case .directory: try makeDirectory(entry, path)
        case .symbolicLink(let target): try makeSymbolicLink(entry, path, target: target)
        case .hardLink(let target): try makeHardLink(path, target: target)
        case .characterDevice(let major, let minor):
            try makeDevice(entry, path, .characterDevice, DeviceNumber(major: major, minor: minor))
        case .blockDevice(let major, let minor):
            try makeDevice(entry, path, .blockDevice, DeviceNumber(major: major, minor: minor))
        case .fifo: try makeNode(entry, path, .fifo, DeviceNumber(major: 0, minor: 0))
        }
    }

    /// Counts what is kept to the end, so that no archive fills the memory with it.
    func remember(bytes: Int) throws(ArchiveError) {
        remembered += UInt64(bytes)
        guard remembered <= options.limits.rememberedBytes else {
            throw ArchiveError(.limit(.rememberedBytes, options.limits.rememberedBytes))
        }
    }

    private func finish() throws {
        try leave(current)
        if current !== root { try leave(root) }
        if !rootHasEntry { summary.implicitDirectories.insert([]) }
        for (path, list) in defaultLists {
            do throws(SyscallError) {
                // It may have been replaced since; then there is nothing to do.
                let directory = try root.directory.resolve((path.isEmpty ? Array(".".utf8) : path).zeroTerminated)
                try directory.descriptor.setAttribute(Self.defaultListName, to: list)
            } catch  where error.code == .noSuchFile || error.code == .notDirectory {
            } catch {
                throw ExtractionError(entry: path, failure: error)
            }
        }
    }
}
