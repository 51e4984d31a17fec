internal import CLinux
internal import Glibc

extension OwnedDescriptor {
    /// Renames an entry of this directory, into another one if that is given.
    ///
    /// - Throws: As renameat2(2): with `.noReplace` `EEXIST`, with `.exchange` `ENOENT`.
    public borrowing func rename(
        _ old: String, into directory: borrowing OwnedDescriptor, as new: String, _ mode: RenameMode = .replace
    ) throws(SyscallError) {
        let own = raw
        let to = directory.raw
        try kernel("renameat2", "\(old) to \(new)") { clinux_renameat2(own, old, to, new, mode.flags) }
    }

    /// Makes a symbolic link in this directory.
    public borrowing func makeSymbolicLink(_ name: String, to target: String) throws(SyscallError) {
        let own = raw
        try kernel("symlinkat", name) { symlinkat(target, own, name) }
    }

    /// Where a symbolic link in this directory points; an empty name reads the link that this `O_PATH` descriptor names.
    ///
    /// - Throws: `EINVAL` if it is none; `ENAMETOOLONG` if the target has 4096 bytes or more, as some of procfs can.
    public borrowing func readSymbolicLink(_ name: String = "") throws(SyscallError) -> String {
        let own = raw
        return try readLink(own, name)
    }

    /// Makes a device file, FIFO or socket file in this directory.
    ///
    /// - Parameter mode: Permissions before the umask.
    /// - Throws: As mknodat(2): `EPERM` outside of the first user namespace.
    public borrowing func makeNode(
        _ name: String, _ kind: NodeKind, mode: UInt32, device: DeviceNumber = DeviceNumber(major: 0, minor: 0)
    ) throws(SyscallError) {
        let own = raw
        try kernel("mknodat", "\(name) \(device)") { mknodat(own, name, kind.typeBits | mode, dev_t(device.raw)) }
    }

    /// Changes the owner of what this descriptor names, `O_PATH` ones included; a symbolic link is not followed.
    public borrowing func setOwner(uid: UInt32, gid: UInt32) throws(SyscallError) {
        let own = raw
        try kernel("fchownat", "descriptor \(own) to \(uid):\(gid)") {
            fchownat(own, "", uid, gid, CLINUX_AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW)
        }
    }

    /// Changes the owner of an entry of this directory; a symbolic link is not followed.
    public borrowing func setOwner(of name: String, uid: UInt32, gid: UInt32) throws(SyscallError) {
        let own = raw
        try kernel("fchownat", "\(name) to \(uid):\(gid)") { fchownat(own, name, uid, gid, AT_SYMLINK_NOFOLLOW) }
    }

    /// Changes the permissions of what this descriptor names. Not for `O_PATH` descriptors: `EBADF`.
    public borrowing func setPermissions(_ mode: UInt32) throws(SyscallError) {
        let own = raw
        try kernel("fchmod", "descriptor \(own)") { fchmod(own, mode) }
    }

    /// Sets the length of a file, in bytes.
    public borrowing func truncate(to length: Int64) throws(SyscallError) {
        let own = raw
        try kernel("ftruncate", "descriptor \(own) to \(length)") { ftruncate(own, off_t(length)) }
    }

    /// Moves the file's position to `offset` bytes from its start.
    public borrowing func seek(to offset: Int64) throws(SyscallError) {
        let own = raw
        try kernel("lseek", "descriptor \(own) to \(offset)") { lseek(own, off_t(offset), SEEK_SET) }
    }

    /// Waits until the file's content and length are on the disk; for a directory, its entries.
    public borrowing func synchronize() throws(SyscallError) {
        let own = raw
        try kernel("fsync", "descriptor \(own)") { fsync(own) }
    }
}

/// What becomes of an entry that has the new name already.
public enum RenameMode: Sendable {
    case replace
    /// `RENAME_NOREPLACE`: the rename fails.
    case noReplace
    /// `RENAME_EXCHANGE`: it gets the old name.
    case exchange

    var flags: UInt32 {
        switch self {
        case .replace: 0
        case .noReplace: CLINUX_RENAME_NOREPLACE
        case .exchange: CLINUX_RENAME_EXCHANGE
        }
    }
}

/// Where a symbolic link of the host's points.
///
/// - Throws: As `OwnedDescriptor.readSymbolicLink(_:)`.
public func readSymbolicLink(_ path: String) throws(SyscallError) -> String {
    try readLink(AT_FDCWD, path)
}

private func readLink(_ directory: CInt, _ path: String) throws(SyscallError) -> String {
    try withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) { buffer throws(SyscallError) in
        let count = try kernel("readlinkat", path) {
            buffer.baseAddress.map { readlinkat(directory, path, $0, buffer.count) } ?? 0
        }
        // A full buffer may hold a part only.
        guard count < buffer.count else {
            throw SyscallError(call: "readlinkat", subject: path, code: .nameTooLong)
        }
        return String(
            decoding: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<count]), as: UTF8.self)
    }
}

/// Changes the mask of permissions that new files do not get, and returns the one before: umask(2).
@discardableResult
public func setFileCreationMask(_ mask: UInt32) -> UInt32 { umask(mask) }
