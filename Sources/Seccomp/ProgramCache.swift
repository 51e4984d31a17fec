internal import LinuxKernel

/// Compiled programs in a directory of ours, found by their profile.
///
/// There are 256 programs at most: a profile has one place, given by its hash, and whoever comes there later replaces what
/// is there. The whole profile is compared, so two of the same hash only cost time.
///
/// A file counts if nobody else could have written it (owner, mode, one link, in a directory of the same kind) and it
/// is whole; otherwise it is as if it were not there. Nothing about the cache is an error: without it, programs are
/// compiled.
public struct ProgramCache: Sendable {
    private let directory: String

    /// - Parameter directory: An absolute path in which no container can write. It is made when there is something to
    ///   keep.
    public init(directory: String) { self.directory = directory }

    /// The program of this profile, from the cache if it is there and put there if it was not.
    ///
    /// - Throws: As `Compiler.compile(_:native:)`.
    public func program(
        of profile: Profile, native: Architecture? = .native
    ) throws(ProfileError) -> Program {
        try profile.validate()
        guard let native else { throw .unsupportedMachine }
        let canonical = CanonicalProfile(profile, native: native)
        let name = Self.name(canonical)
        if let found = cached(name, canonical) { return found }
        let program = try Compiler.compile(profile, native: native)
        // A cache that cannot be written is only slow.
        if let bytes = CachedProgram.bytes(canonical, program) { try? store(bytes, name) }
        return program
    }

    private static func name(_ profile: CanonicalProfile) -> String {
        let place = UInt8(truncatingIfNeeded: profile.hash >> 56)
        return (place < 16 ? "0" : "") + String(place, radix: 16)
    }

    private func cached(_ name: String, _ profile: CanonicalProfile) -> Program? {
        do throws(SyscallError) {
            let directory = try OwnedDescriptor(open: directory, [.directory, .noFollow, .pathOnly])
            guard try directory.status().isPrivate(.directory) else { return nil }
            let file = try directory.open(name, [.read, .noFollow, .nonBlocking])
            let status = try file.status()
            guard status.isPrivate(.file), status.size <= CachedProgram.sizeLimit, status.size > 0 else { return nil }
            return CachedProgram.program(in: try file.read(upTo: Int(status.size)), of: profile)
        } catch {
            return nil
        }
    }

    private func store(_ bytes: [UInt8], _ name: String) throws(SyscallError) {
        try makeDirectory()
        let directory = try OwnedDescriptor(open: directory, [.directory, .noFollow, .read])
        guard try directory.status().isPrivate(.directory) else { return }
        // Two of us at once can leave each other's half in place for a moment: its checksum is wrong, and nobody
        // believes it. A name that is always the same leaves no more than one file behind when we are killed here.
        let temporary = "\(name).new"
        do throws(SyscallError) {
            try directory.removeFile(temporary)
        } catch  where error.code == .noSuchFile {}
        let file = try directory.open(temporary, [.write, .create, .exclusive, .noFollow], mode: 0o600)
        do throws(SyscallError) {
            try file.setPermissions(0o600)
            try file.write(bytes)
            try directory.rename(temporary, to: name)
        } catch {
            // Best effort on the way out of a failure.
            try? directory.removeFile(temporary)
            throw error
        }
    }

    private func makeDirectory() throws(SyscallError) {
        guard let slash = directory.utf8.lastIndex(of: UInt8(ascii: "/")) else { return }
        let parent = try OwnedDescriptor(
            open: slash == directory.startIndex ? "/" : String(directory[..<slash]), [.directory, .read])
        do throws(SyscallError) {
            try parent.makeDirectory(String(directory[directory.index(after: slash)...]), mode: 0o700)
        } catch  where error.code == .fileExists {
            return
        }
    }
}

extension FileStatus {
    fileprivate enum Kind { case file, directory }

    /// Whether only we (and root) can have written it.
    fileprivate func isPrivate(_ kind: Kind) -> Bool {
        guard userID == CallerIdentity.effectiveUid else { return false }
        return switch kind {
        case .file: isRegularFile && permissions == 0o600 && linkCount == 1
        case .directory: isDirectory && permissions & 0o077 == 0
        }
    }
}
