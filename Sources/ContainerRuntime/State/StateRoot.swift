public import LinuxKernel
public import OCISpec

/// The directory below which each container has one of its own: `ROOT/ID/`, both 0700.
///
/// It lies on a tmpfs by default, so that nothing of it outlives the kernel whose processes it tells of.
public struct StateRoot: Sendable {
    /// Absolute.
    public let path: String

    /// - Parameter path: Taken from the working directory if it is relative.
    public init(path: String) throws(SyscallError) {
        self.path = path.utf8.first == UInt8(ascii: "/") ? path : try workingDirectory() + "/" + path
    }

    /// Where states are kept unless the caller says otherwise.
    ///
    /// - Parameters:
    ///   - isRoot: Whether the effective user is root in the host's own user namespace.
    ///   - runtimeDirectory: `XDG_RUNTIME_DIR`.
    public static func defaultPath(isRoot: Bool, userID: UInt32, runtimeDirectory: String?) -> String {
        if isRoot { return "/run/brig-runtime" }
        if let directory = runtimeDirectory, directory.utf8.first == UInt8(ascii: "/") {
            return directory + "/brig-runtime"
        }
        return "/run/user/\(userID)/brig-runtime"
    }

    /// Makes the directory of a new container and locks it.
    ///
    /// - Throws: `StateError.exists`, `StateError.unsafeRoot`, `SyscallError`.
    public func reserve(_ id: ContainerID) throws -> ContainerDirectory {
        let root = try make()
        try makeDirectory(of: id, in: root)
        // Whoever deletes an unfinished container may have been quicker than our lock: begin again.
        return try ContainerDirectory.lock(id, in: root, wait: ContainerDirectory.defaultWait) ?? reserve(id)
    }

    private func makeDirectory(of id: ContainerID, in root: borrowing OwnedDescriptor) throws {
        do throws(SyscallError) {
            try root.makeDirectory(id.text, mode: 0o700)
        } catch  where error.code == .fileExists {
            throw StateError.exists(id)
        }
    }

    /// Opens and locks the directory of a container.
    ///
    /// - Parameter wait: How long another command may take that works on the container.
    /// - Throws: `StateError.notFound`, `StateError.busy`, `SyscallError`.
    public func lock(
        _ id: ContainerID, wait: Duration = ContainerDirectory.defaultWait
    ) throws -> ContainerDirectory {
        guard let root = try open(), let directory = try ContainerDirectory.lock(id, in: root, wait: wait) else {
            throw StateError.notFound(id)
        }
        return directory
    }

    /// Opens the directory of a container to read its record, without waiting for commands that work on it.
    ///
    /// - Throws: `StateError.notFound`, `SyscallError`.
    public func open(_ id: ContainerID) throws -> ContainerDirectory {
        guard let root = try open(), let directory = try ContainerDirectory.open(id, in: root) else {
            throw StateError.notFound(id)
        }
        return directory
    }

    /// The containers that have a directory, sorted by ID.
    ///
    /// - Throws: `SyscallError`; a root that is not there holds none.
    public func identifiers() throws -> [ContainerID] {
        guard let root = try open() else { return [] }
        // Names that are no IDs were made by somebody else.
        return try root.entries().compactMap { try? ContainerID($0.name) }.sorted { $0.text < $1.text }
    }

    /// The root, or `nil` if it is not there.
    func open() throws -> OwnedDescriptor? {
        do {
            let root = try OwnedDescriptor(open: path, [.read, .directory])
            try check(root.status())
            return root
        } catch let error as SyscallError where error.code == .noSuchFile {
            return nil
        }
    }

    private func make() throws -> OwnedDescriptor {
        if let root = try open() { return root }
        try makeDirectories()
        guard let root = try open() else { throw SyscallError(call: "open", subject: path, code: .noSuchFile) }
        return root
    }

    private func makeDirectories() throws(SyscallError) {
        let top = try OwnedDescriptor(open: "/", [.pathOnly, .directory])
        var made = ""
        for component in path.split(separator: "/") {
            made += made.isEmpty ? String(component) : "/\(component)"
            do throws(SyscallError) {
                try top.makeDirectory(made, mode: 0o700)
            } catch  where error.code == .fileExists || error.code == .readOnlyFileSystem {
                // It is there, or opening it says what is wrong.
            }
        }
    }

    /// Refuses a root where others could put a record of their making.
    private func check(_ status: FileStatus) throws(StateError) {
        let user = CallerIdentity.effectiveUid
        guard status.userID == user || status.userID == 0 else {
            throw .unsafeRoot(path: path, problem: "it belongs to user \(status.userID), not to user \(user)")
        }
        guard status.permissions & 0o022 == 0 else {
            throw .unsafeRoot(
                path: path, problem: "others may write to it (mode \(String(status.permissions, radix: 8)))")
        }
    }
}
