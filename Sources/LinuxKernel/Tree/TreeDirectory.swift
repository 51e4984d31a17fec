internal import CLinux
internal import Glibc

/// One name in a directory, as the kernel takes it: bytes with a final zero, no `/`. Valid for the length of a call.
package typealias NamePointer = UnsafePointer<CChar>

/// A directory in a tree that an image or a container can shape.
///
/// It acts on names in itself and never follows a symbolic link in the last component, so that whatever the tree holds,
/// nothing outside of it is touched. Names are bytes, since a file's name need not be text.
package struct TreeDirectory: ~Copyable, Sendable {
    /// Opened for reading.
    package let descriptor: OwnedDescriptor

    /// Takes over an open directory.
    package init(_ descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }

    var raw: CInt { descriptor.raw }

    /// Opens the directory that `path` names if this directory were `/`.
    ///
    /// - Throws: `ENOENT`, `ENOTDIR`, `ELOOP`, as openat2(2).
    package borrowing func resolve(_ path: UnsafePointer<CChar>) throws(SyscallError) -> TreeDirectory {
        let directory = raw
        let flags = UInt64(UInt32(bitPattern: O_DIRECTORY | O_CLOEXEC | O_NOCTTY))
        while true {
            do throws(SyscallError) {
                return TreeDirectory(
                    OwnedDescriptor(
                        adopting: try kernel("openat2", String(cString: path)) {
                            clinux_openat2(
                                directory, path, flags, 0, UInt64(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS))
                        }))
            } catch  where error.code == .again {
                continue  // A rename raced with a `..`.
            }
        }
    }

    /// Opens the directory `name` of this one; `ELOOP` or `ENOTDIR` if it is anything else.
    package borrowing func openDirectory(_ name: NamePointer) throws(SyscallError) -> TreeDirectory {
        let directory = raw
        return TreeDirectory(
            OwnedDescriptor(
                adopting: try kernel("openat", String(cString: name)) {
                    clinux_openat(directory, name, O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0)
                }))
    }

    /// Opens what has the name `name` without reading it, whatever it is: a link itself, a device without effect.
    package borrowing func openNode(_ name: NamePointer) throws(SyscallError) -> OwnedDescriptor {
        let directory = raw
        return OwnedDescriptor(
            adopting: try kernel("openat", String(cString: name)) {
                clinux_openat(directory, name, CLINUX_O_PATH | O_NOFOLLOW | O_CLOEXEC, 0)
            })
    }

    /// Opens the regular file `name` for reading. A fifo or device in its place does not block or act.
    ///
    /// - Throws: `EINVAL` if it is not a regular file, `ELOOP` if it is a link.
    package borrowing func openFile(_ name: NamePointer) throws(SyscallError) -> OwnedDescriptor {
        let directory = raw
        let node = try openNode(name)
        guard try node.status().isRegularFile else {
            throw SyscallError(call: "openat", subject: String(cString: name), code: .invalidArgument)
        }
        // Opened by name again only to be compared: the tree may have changed in between.
        let file = OwnedDescriptor(
            adopting: try kernel("openat", String(cString: name)) {
                clinux_openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0)
            })
        let (expected, found) = (try node.status(), try file.status())
        guard expected.inode == found.inode, expected.device == found.device else {
            throw SyscallError(call: "openat", subject: String(cString: name), code: .again)
        }
        return file
    }

    /// What `name` is; a link is not followed.
    package borrowing func status(of name: NamePointer) throws(SyscallError) -> FileStatus {
        let directory = raw
        var result = stat()
        try kernel("fstatat", String(cString: name)) {
            clinux_fstatat(directory, name, &result, AT_SYMLINK_NOFOLLOW)
        }
        return FileStatus(result)
    }

    /// Times of `name` itself: last read, last changed.
    package borrowing func times(of name: NamePointer) throws(SyscallError) -> (accessed: FileTime, modified: FileTime)
    {
        let directory = raw
        var result = stat()
        try kernel("fstatat", String(cString: name)) {
            clinux_fstatat(directory, name, &result, AT_SYMLINK_NOFOLLOW)
        }
        return (FileTime(clinux_stat_atime(&result)), FileTime(clinux_stat_mtime(&result)))
    }
}

// MARK: - Making

extension TreeDirectory {
    /// Makes the empty file `name` and opens it for writing.
    ///
    /// - Throws: `EEXIST` if there is anything of this name, be it a dangling link.
    package borrowing func makeFile(_ name: NamePointer, mode: UInt32) throws(SyscallError) -> OwnedDescriptor {
        let directory = raw
        return OwnedDescriptor(
            adopting: try kernel("openat", String(cString: name)) {
                clinux_openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
            })
    }

    /// Makes the directory `name`.
    ///
    /// - Throws: `EEXIST`.
    package borrowing func makeDirectory(_ name: NamePointer, mode: UInt32) throws(SyscallError) {
        let directory = raw
        try kernel("mkdirat", String(cString: name)) { mkdirat(directory, name, mode) }
    }

    /// Makes the symbolic link `name` with the text `target`, which is not looked at.
    ///
    /// - Throws: `EEXIST`.
    package borrowing func makeSymbolicLink(
        _ name: NamePointer, target: UnsafePointer<CChar>
    ) throws(SyscallError) {
        let directory = raw
        try kernel("symlinkat", String(cString: name)) { symlinkat(target, directory, name) }
    }

    /// Gives `otherName` of `other` the second name `name` here; a symbolic link is linked itself.
    ///
    /// - Throws: `EEXIST`, `ENOENT`, `EPERM` for a directory, `EXDEV`, `EMLINK`.
    package borrowing func makeHardLink(
        _ name: NamePointer, to otherName: NamePointer, in other: borrowing TreeDirectory
    ) throws(SyscallError) {
        let (directory, from) = (raw, other.raw)
        try kernel("linkat", String(cString: name)) { linkat(from, otherName, directory, name, 0) }
    }

    /// Makes a device node or a fifo.
    ///
    /// - Throws: `EEXIST`; `EPERM` where devices are not permitted.
    package borrowing func makeNode(
        _ name: NamePointer, _ kind: NodeKind, _ device: DeviceNumber, mode: UInt32
    ) throws(SyscallError) {
        let directory = raw
        try kernel("mknodat", String(cString: name)) {
            mknodat(directory, name, kind.typeBits | mode, dev_t(device.raw))
        }
    }
}

// MARK: - Changing and removing

extension TreeDirectory {
    /// Makes `name` itself belong to this user and group. Drops set-id bits and file capabilities.
    package borrowing func setOwner(of name: NamePointer, uid: UInt32, gid: UInt32) throws(SyscallError) {
        let directory = raw
        try kernel("fchownat", String(cString: name)) {
            fchownat(directory, name, uid, gid, AT_SYMLINK_NOFOLLOW)
        }
    }

    /// Sets the times of `name` itself.
    package borrowing func setTimes(
        of name: NamePointer, accessed: FileTime, modified: FileTime
    ) throws(SyscallError) {
        let directory = raw
        let times = [accessed.timespec, modified.timespec]
        try kernel("utimensat", String(cString: name)) { utimensat(directory, name, times, AT_SYMLINK_NOFOLLOW) }
    }

    /// Takes `name` away, which is not a directory.
    ///
    /// - Throws: `ENOENT`, `EISDIR`.
    package borrowing func removeFile(_ name: NamePointer) throws(SyscallError) {
        let directory = raw
        try kernel("unlinkat", String(cString: name)) { unlinkat(directory, name, 0) }
    }

    /// Moves `name` into another directory of the same file system.
    ///
    /// - Throws: `EEXIST` if the new name is taken, `EXDEV`.
    package borrowing func move(
        _ name: NamePointer, to other: borrowing TreeDirectory, as newName: NamePointer
    ) throws(SyscallError) {
        let (from, to) = (raw, other.raw)
        try kernel("renameat2", "\(String(cString: name)) to \(String(cString: newName))") {
            clinux_renameat2(from, name, to, newName, CLINUX_RENAME_NOREPLACE)
        }
    }
}

// MARK: - Reading

extension TreeDirectory {
    /// What the symbolic link `name` says.
    ///
    /// - Throws: `EINVAL` if it is none; `ENAMETOOLONG` beyond 4095 bytes, which no file system of Linux has.
    package borrowing func readLink(_ name: NamePointer) throws(SyscallError) -> [UInt8] {
        let directory = raw
        var target = [UInt8](repeating: 0, count: 4096)
        let count = try kernel("readlinkat", String(cString: name)) {
            target.withUnsafeMutableBytes { buffer in
                buffer.bindMemory(to: CChar.self).baseAddress.map { readlinkat(directory, name, $0, buffer.count) } ?? 0
            }
        }
        guard count < target.count else {
            throw SyscallError(call: "readlinkat", subject: String(cString: name), code: .nameTooLong)
        }
        return Array(target.prefix(count))
    }
}
