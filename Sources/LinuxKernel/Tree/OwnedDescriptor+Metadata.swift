internal import CLinux
internal import Glibc

/// What belongs to an open file beside its content. Each call acts on the descriptor, so on the very file that was opened.
extension OwnedDescriptor {
    /// Sets the lower twelve bits of the mode of what an `O_PATH` descriptor names, which is no symbolic link.
    package borrowing func setPermissionsOfNode(_ mode: UInt32) throws(SyscallError) {
        let file = raw
        do throws(SyscallError) {
            try kernel("fchmodat2", String(mode, radix: 8)) {
                clinux_fchmodat2(file, "", mode, UInt32(CLINUX_AT_EMPTY_PATH))
            }
        } catch  where error.code == .noSuchCall {
            // Before Linux 6.6 the descriptor's own entry in procfs is the one way to its inode.
            let path = "/proc/self/fd/\(file)"
            try kernel("chmod", path) { chmod(path, mode) }
        }
    }

    /// Times of the file: last read, last changed.
    package borrowing func times() throws(SyscallError) -> (accessed: FileTime, modified: FileTime) {
        let file = raw
        var result = stat()
        try kernel("fstat", "descriptor \(file)") { clinux_fstatat(file, "", &result, CLINUX_AT_EMPTY_PATH) }
        return (FileTime(clinux_stat_atime(&result)), FileTime(clinux_stat_mtime(&result)))
    }

    /// Sets the times of the file, which is open for reading or writing.
    package borrowing func setTimes(accessed: FileTime, modified: FileTime) throws(SyscallError) {
        let file = raw
        let first = accessed.timespec
        let second = modified.timespec
        try kernel("futimens", "descriptor \(file)") {
            withUnsafeTemporaryAllocation(of: timespec.self, capacity: 2) { times in
                times.initializeElement(at: 0, to: first)
                times.initializeElement(at: 1, to: second)
                return futimens(file, times.baseAddress)
            }
        }
    }

    /// Sets the extended attribute `name`, such as `user.comment`.
    ///
    /// - Throws: `EOPNOTSUPP` where the file system has none of this kind, `EPERM`, `ENOSPC`, `E2BIG`.
    package borrowing func setAttribute(_ name: UnsafePointer<CChar>, to value: [UInt8]) throws(SyscallError) {
        let file = raw
        try kernel("fsetxattr", String(cString: name)) { fsetxattr(file, name, value, value.count, 0) }
    }

    /// The value of the extended attribute `name`, or `nil` where there is none or the file system has none of its kind.
    package borrowing func attribute(_ name: UnsafePointer<CChar>) throws(SyscallError) -> [UInt8]? {
        let file = raw
        while true {
            do throws(SyscallError) {
                let size = try kernel("fgetxattr", String(cString: name)) { fgetxattr(file, name, nil, 0) }
                var value = [UInt8](repeating: 0, count: size)
                let used = try kernel("fgetxattr", String(cString: name)) { fgetxattr(file, name, &value, size) }
                return Array(value.prefix(used))
            } catch {
                switch error.code {
                case .noData, .notSupported: return nil
                case .outOfRange: continue  // It grew between the two calls.
                default: throw error
                }
            }
        }
    }

    /// The names of the file's extended attributes, each without its final zero.
    package borrowing func attributeNames() throws(SyscallError) -> [[UInt8]] {
        let file = raw
        while true {
            do throws(SyscallError) {
                let size = try kernel("flistxattr", "descriptor \(file)") { flistxattr(file, nil, 0) }
                guard size > 0 else { return [] }
                var list = [CChar](repeating: 0, count: size)
                let used = try kernel("flistxattr", "descriptor \(file)") { flistxattr(file, &list, size) }
                return list.prefix(used).split(separator: 0).map { $0.map { UInt8(bitPattern: $0) } }
            } catch {
                switch error.code {
                case .notSupported: return []
                case .outOfRange: continue
                default: throw error
                }
            }
        }
    }

    /// Writes `bytes` at this distance from the file's start, in as many calls as it takes.
    package borrowing func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(SyscallError) {
        let file = raw
        var done = 0
        while done < bytes.count {
            guard let position = Int64(exactly: offset) else {
                throw SyscallError(call: "pwrite", subject: "offset \(offset)", code: .fileTooLarge)
            }
            done += try kernel("pwrite", "descriptor \(file)") {
                pwrite(file, bytes.baseAddress.map { $0 + done }, bytes.count - done, off_t(position) + off_t(done))
            }
        }
    }

    /// Brings all that was written to this file system to the disk.
    package borrowing func syncFileSystem() throws(SyscallError) {
        let file = raw
        try kernel("syncfs", "descriptor \(file)") { clinux_syncfs(file) }
    }

    /// Reads once into `buffer`; 0 is the end of the file.
    package borrowing func read(into buffer: UnsafeMutableRawBufferPointer) throws(SyscallError) -> Int {
        let file = raw
        return try kernel("read", "descriptor \(file)") { Glibc.read(file, buffer.baseAddress, buffer.count) }
    }

    /// Reads once into `buffer` from this distance from the file's start; 0 is the end of the file.
    package borrowing func read(
        into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64
    ) throws(SyscallError) -> Int {
        let file = raw
        guard let position = Int64(exactly: offset) else { return 0 }
        return try kernel("pread", "descriptor \(file)") {
            pread(file, buffer.baseAddress, buffer.count, off_t(position))
        }
    }

    /// Where the file's next data begins at or after `offset`; `nil` if there is a hole up to its end.
    package borrowing func nextData(from offset: UInt64) throws(SyscallError) -> UInt64? {
        do throws(SyscallError) {
            return try seek(from: offset, CLINUX_SEEK_DATA)
        } catch  where error.code == .noSuchDeviceOrAddress {
            return nil
        }
    }

    /// Where the file's next hole begins at or after `offset`: at its end at the latest.
    package borrowing func nextHole(from offset: UInt64) throws(SyscallError) -> UInt64 {
        try seek(from: offset, CLINUX_SEEK_HOLE)
    }

    private borrowing func seek(from offset: UInt64, _ whence: Int32) throws(SyscallError) -> UInt64 {
        let file = raw
        let position = try kernel("lseek", "\(offset)") { lseek(file, off_t(clamping: offset), whence) }
        return UInt64(clamping: position)
    }
}
