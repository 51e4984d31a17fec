internal import Archive
internal import LinuxKernel

/// Gives a directory that an archive does not describe the owner, mode, times and access control lists of the one that it
/// covers in the layers below.
struct DirectoryAdoption: ~Copyable {
    private let path: [UInt8]
    private let target: TreeDirectory

    /// - Parameter path: The directory's parts joined by `/`; empty for the root.
    init(of path: [UInt8], in tree: borrowing TreeDirectory) throws(SyscallError) {
        self.path = path
        target = try tree.resolve(path.isEmpty ? [0x2e, 0] : path.map { CChar(bitPattern: $0) } + [0])
    }

    /// - Parameter trees: The layers below, highest first.
    borrowing func adopt(from trees: [String]) throws(SyscallError) {
        for tree in trees {
            switch try find(in: TreeDirectory(OwnedDescriptor(open: tree, [.read, .directory]))) {
            case .directory(let model): return try copy(from: model)
            case .hidden: return
            case .nothing: continue
            }
        }
    }

    private enum Finding: ~Copyable {
        case directory(TreeDirectory)
        /// This layer has something else there, or deletes it.
        case hidden
        /// This layer does not speak of it.
        case nothing
    }

    /// Goes down part by part and follows no link: a link in a layer is not the directory that another layer has.
    private borrowing func find(in tree: consuming TreeDirectory) throws(SyscallError) -> Finding {
        var directory = tree
        for part in path.split(separator: UInt8(ascii: "/")) {
            switch try child(part.map { CChar(bitPattern: $0) } + [0], of: directory) {
            case .directory(let next): directory = next
            case .hidden: return .hidden
            case .nothing: return .nothing
            }
        }
        return .directory(directory)
    }

    private borrowing func child(
        _ name: [CChar], of directory: borrowing TreeDirectory
    ) throws(SyscallError) -> Finding {
        do throws(SyscallError) {
            return .directory(try directory.openDirectory(name))
        } catch {
            switch error.code {
            case .noSuchFile: return try directory.hidesLowerLayers() ? .hidden : .nothing
            case .notDirectory, .tooManyLinks: return .hidden
            default: throw error
            }
        }
    }

    private borrowing func copy(from model: borrowing TreeDirectory) throws(SyscallError) {
        let status = try model.descriptor.status()
        try target.descriptor.setOwner(uid: status.userID, gid: status.groupID)
        try target.descriptor.setPermissions(status.permissions)
        for name in ["system.posix_acl_access", "system.posix_acl_default"] {
            if let value = try model.descriptor.attribute(name) { try target.descriptor.setAttribute(name, to: value) }
        }
        let (accessed, modified) = try model.descriptor.times()
        try target.descriptor.setTimes(accessed: accessed, modified: modified)
    }
}
