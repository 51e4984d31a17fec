internal import LinuxKernel

/// Directories and files of the engine's own, below its two roots: no container can shape a path to them.
enum HostDirectory {
    /// Makes `path` and what is missing above it. What exists is left as it is.
    ///
    /// - Parameter mode: The permissions of every directory that is made, whatever the umask is.
    static func make(_ path: String, mode: UInt32) throws(SyscallError) {
        do throws(SyscallError) {
            _ = try OwnedDescriptor(open: path, [.pathOnly, .directory])
            return
        } catch  where error.code == .noSuchFile {}
        let parts = split(path)
        if parts.parent != path { try make(parts.parent, mode: mode) }
        let parent = try OwnedDescriptor(open: parts.parent, [.read, .directory])
        do throws(SyscallError) {
            try parent.makeDirectory(parts.name, mode: mode)
            try parent.open(parts.name, [.read, .directory, .noFollow]).setPermissions(mode)
        } catch  where error.code == .fileExists {
            // Another command was faster.
        }
    }

    /// Makes a directory unless there is something of that name, whatever it is.
    static func makeUnlessPresent(_ path: String, mode: UInt32) throws(SyscallError) {
        if !exists(path) { try make(path, mode: mode) }
    }

    /// Writes a whole file in one step: whoever reads it sees the old content or the new.
    static func write(_ bytes: some Collection<UInt8>, to path: String, mode: UInt32) throws(SyscallError) {
        let parts = split(path)
        let parent = try OwnedDescriptor(open: parts.parent, [.read, .directory])
        // Several threads may write the same file at once.
        let temporary = ".\(parts.name).\(CallerIdentity.pid)-\(String(UInt32.random(in: 0 ... .max), radix: 16))"
        do throws(SyscallError) {
            let file = try parent.open(temporary, [.write, .create, .truncate, .noFollow], mode: mode)
            try file.setPermissions(mode)
            try file.write(bytes)
            try parent.rename(temporary, to: parts.name)
        } catch {
            // On a full disk the piece would be in the way of others. That it is not there is no further error.
            try? parent.removeFile(temporary)
            throw error
        }
    }

    /// Takes `path` away with everything below it, whatever a container has put there. Nothing there is no error.
    ///
    /// - Throws: `EBUSY`, `EXDEV` if something is mounted below it.
    static func removeTree(_ path: String) throws(SyscallError) {
        let parts = split(path)
        do throws(SyscallError) {
            try TreeDirectory(try OwnedDescriptor(open: parts.parent, [.read, .directory])).removeTree(parts.name)
        } catch  where error.code == .noSuchFile {}
    }

    /// The parent of an absolute path and its last component.
    static func split(_ path: String) -> (parent: String, name: String) {
        guard let slash = path.lastIndex(of: "/") else { return (".", path) }
        let parent = path[..<slash]
        return (parent.isEmpty ? "/" : String(parent), String(path[path.index(after: slash)...]))
    }
}
