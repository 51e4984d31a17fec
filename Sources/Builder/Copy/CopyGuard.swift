internal import Archive
internal import Engine
internal import LinuxKernel

/// What is in an image already, where files are about to be copied to.
final class CopyGuard {
    let root: OwnedDescriptor
    /// Directories that are in the image and are not to change when a copy goes into them.
    let kept: Set<[UInt8]>

    init(root: consuming OwnedDescriptor, kept: Set<[UInt8]>) {
        self.root = root
        self.kept = kept
    }
}

/// Entries that do not put a file in a directory's place, nor a directory in a file's.
final class GuardedEntries: EntrySource {
    private let source: any EntrySource
    private let copyGuard: CopyGuard

    init(_ source: any EntrySource, _ copyGuard: CopyGuard) {
        self.source = source
        self.copyGuard = copyGuard
    }

    func next() throws -> ArchiveEntry? {
        while let entry = try source.next() {
            let isDirectory = entry.kind == .directory
            let path = entry.path.elementsEqual("./".utf8) ? [] : entry.path
            if isDirectory, copyGuard.kept.contains(path) { continue }
            try check(path, isDirectory: isDirectory)
            return entry
        }
        return nil
    }

    func nextChunk() throws -> FileChunk? { try source.nextChunk() }
    func drain() throws { try source.drain() }

    private func check(_ path: [UInt8], isDirectory: Bool) throws {
        guard !path.isEmpty else { return }
        let slash = path.lastIndex(of: UInt8(ascii: "/"))
        let parent = slash.map { String(decoding: path[..<$0], as: UTF8.self) } ?? "."
        let name = path[(slash.map { $0 + 1 } ?? 0)...].map { CChar(bitPattern: $0) } + [0]
        guard let status = try existing(name, in: parent) else { return }
        if isDirectory, !status.isDirectory {
            throw EngineError(
                .invalidInput,
                "cannot copy a directory to /\(String(decoding: path, as: UTF8.self)): there is something else of that name"
            )
        }
        if !isDirectory, status.isDirectory {
            throw EngineError(
                .invalidInput,
                "cannot copy a file to /\(String(decoding: path, as: UTF8.self)): it is a directory")
        }
    }

    /// What has a name in a directory of the image.
    private func existing(_ name: [CChar], in parent: String) throws(SyscallError) -> FileStatus? {
        do throws(SyscallError) {
            return try TreeDirectory(copyGuard.root.resolve(parent, [.read, .directory])).status(of: name)
        } catch {
            if [.noSuchFile, .notDirectory].contains(error.code) { return nil }
            throw error
        }
    }
}
