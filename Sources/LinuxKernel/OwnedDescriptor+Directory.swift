internal import CLinux
internal import Glibc

/// One name in a directory.
public struct DirectoryEntry: Equatable, Sendable {
    /// The name, without a path. A name that is not UTF-8 is left out of listings: nothing of ours is called so.
    public let name: String
    /// What it is, as far as the file system says so without being asked for each file.
    public let kind: Kind

    /// What `d_type` says: some file systems do not know, and then it is `unknown`.
    public enum Kind: Sendable {
        case directory, file, symbolicLink, socket, other, unknown
    }
}

extension OwnedDescriptor {
    /// Makes the directory `name` below this one.
    ///
    /// - Parameter mode: Permission bits, before the umask.
    /// - Throws: `EEXIST`, as mkdirat(2).
    public borrowing func makeDirectory(_ name: String, mode: UInt32) throws(SyscallError) {
        let directory = raw
        try kernel("mkdirat", name) { mkdirat(directory, name, mode) }
    }

    /// Takes the file, link or socket `name` out of this directory.
    ///
    /// - Throws: `ENOENT`, `EISDIR`, as unlinkat(2).
    public borrowing func removeFile(_ name: String) throws(SyscallError) {
        let directory = raw
        try kernel("unlinkat", name) { unlinkat(directory, name, 0) }
    }

    /// Takes the empty directory `name` out of this directory.
    ///
    /// - Throws: `ENOENT`, `ENOTDIR`, `ENOTEMPTY`, as unlinkat(2).
    public borrowing func removeDirectory(_ name: String) throws(SyscallError) {
        let directory = raw
        try kernel("unlinkat", name) { unlinkat(directory, name, AT_REMOVEDIR) }
    }

    /// Gives the file `name` of this directory another name in it, in one step; what had that name is gone.
    ///
    /// - Throws: As renameat(2).
    public borrowing func rename(_ name: String, to newName: String) throws(SyscallError) {
        let directory = raw
        try kernel("renameat", "\(name) to \(newName)") { renameat(directory, name, directory, newName) }
    }

    /// What this directory holds, without `.` and `..`, in the file system's order. Needs a descriptor opened for reading.
    ///
    /// - Throws: `ENOTDIR`, as getdents64(2).
    public borrowing func entries() throws(SyscallError) -> [DirectoryEntry] {
        let directory = raw
        try kernel("lseek", "directory \(directory)") { lseek(directory, 0, SEEK_SET) }
        var entries: [DirectoryEntry] = []
        let size = 32_768
        let buffer = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 8)
        defer { buffer.deallocate() }
        while true {
            let used = try kernel("getdents64", "directory \(directory)") {
                clinux_getdents64(directory, buffer, size)
            }
            if used == 0 { return entries }
            // struct linux_dirent64: inode u64, offset i64, record length u16, type u8, name with a final zero.
            var at = 0
            while at + 19 < used {
                let length = Int(buffer.loadUnaligned(fromByteOffset: at + 16, as: UInt16.self))
                guard length > 19, at + length <= used else { break }
                let type = buffer.load(fromByteOffset: at + 18, as: UInt8.self)
                let field = UnsafeRawBufferPointer(start: buffer + at + 19, count: length - 19)
                at += length
                guard let name = String(validating: field.prefix { $0 != 0 }, as: UTF8.self), name != ".", name != ".."
                else { continue }
                entries.append(DirectoryEntry(name: name, kind: DirectoryEntry.Kind(type: type)))
            }
        }
    }
}

extension DirectoryEntry.Kind {
    /// Source: dirent(3), `d_type`.
    init(type: UInt8) {
        self =
            switch type {
            case 4: .directory
            case 8: .file
            case 10: .symbolicLink
            case 12: .socket
            case 0: .unknown
            default: .other
            }
    }
}

/// What the kernel says of a file: stat(2).
public struct FileStatus: Equatable, Sendable {
    /// Device number of the file system, and the file's number in it: together they name the file.
    public let device: UInt64
    /// The file's number in its file system, `st_ino`.
    public let inode: UInt64
    /// Type and permission bits, `st_mode`.
    public let mode: UInt32
    /// The owner as the caller's user namespace shows it.
    public let userID: UInt32
    /// The group as the caller's user namespace shows it.
    public let groupID: UInt32
    /// How many names the file has, `st_nlink`.
    public let linkCount: UInt64
    /// Bytes.
    public let size: Int64
    /// The device number of a device node, `st_rdev`.
    public let specialDevice: UInt64

    /// `S_ISDIR`
    public var isDirectory: Bool { mode & S_IFMT == S_IFDIR }
    /// `S_ISREG`
    public var isRegularFile: Bool { mode & S_IFMT == S_IFREG }
    /// `S_ISLNK`
    public var isSymbolicLink: Bool { mode & S_IFMT == S_IFLNK }
    /// `S_ISCHR`
    public var isCharacterDevice: Bool { mode & S_IFMT == S_IFCHR }
    /// `S_ISBLK`
    public var isBlockDevice: Bool { mode & S_IFMT == S_IFBLK }
    /// `S_ISFIFO`: a pipe, with or without a name.
    public var isFifo: Bool { mode & S_IFMT == S_IFIFO }
    /// `S_ISSOCK`
    public var isSocket: Bool { mode & S_IFMT == S_IFSOCK }
    /// The lower twelve bits of the mode.
    public var permissions: UInt32 { mode & 0o7777 }

    init(_ status: stat) {
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        mode = status.st_mode
        userID = status.st_uid
        groupID = status.st_gid
        linkCount = UInt64(status.st_nlink)
        size = Int64(status.st_size)
        specialDevice = UInt64(status.st_rdev)
    }
}

extension OwnedDescriptor {
    /// What this descriptor names.
    ///
    /// - Throws: As fstat(2).
    public borrowing func status() throws(SyscallError) -> FileStatus {
        let file = raw
        var result = stat()
        try kernel("fstat", "descriptor \(file)") { clinux_fstatat(file, "", &result, CLINUX_AT_EMPTY_PATH) }
        return FileStatus(result)
    }

    /// What `name` in this directory is; a symbolic link is not followed.
    ///
    /// - Throws: `ENOENT`, as fstatat(2).
    public borrowing func status(of name: String) throws(SyscallError) -> FileStatus {
        let directory = raw
        var result = stat()
        try kernel("fstatat", name) { clinux_fstatat(directory, name, &result, AT_SYMLINK_NOFOLLOW) }
        return FileStatus(result)
    }
}
