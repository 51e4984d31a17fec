internal import CLinux
internal import Glibc

extension TreeDirectory {
    /// One name in a directory of a foreign tree.
    package struct Entry {
        /// The bytes with a final zero, as calls take them.
        package let name: [CChar]
        /// Whether it is a directory; where the file system does not say so in listings, the file was asked.
        package let isDirectory: Bool

        /// The bytes without the zero.
        package var bytes: [UInt8] { name.dropLast().map { UInt8(bitPattern: $0) } }
    }

    /// What this directory holds, without `.` and `..`, in the order of the names' bytes.
    ///
    /// - Throws: As getdents64(2).
    package borrowing func names() throws(SyscallError) -> [Entry] {
        let directory = raw
        try kernel("lseek", "directory") { lseek(directory, 0, SEEK_SET) }
        var entries: [Entry] = []
        let size = 32_768
        let buffer = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 8)
        defer { buffer.deallocate() }
        while true {
            let used = try kernel("getdents64", "directory") { clinux_getdents64(directory, buffer, size) }
            if used == 0 { break }
            var at = 0
            // struct linux_dirent64: inode u64, offset i64, record length u16, type u8, name with a final zero.
            while at + 19 < used {
                let length = Int(buffer.loadUnaligned(fromByteOffset: at + 16, as: UInt16.self))
                guard length > 19, at + length <= used else { break }
                let type = buffer.load(fromByteOffset: at + 18, as: UInt8.self)
                let field = UnsafeRawBufferPointer(start: buffer + at + 19, count: length - 19)
                at += length
                let name = field.prefix { $0 != 0 }.map { CChar(bitPattern: $0) } + [0]
                if name == [0x2e, 0] || name == [0x2e, 0x2e, 0] { continue }
                let isDirectory = type == 0 ? try status(of: name).isDirectory : type == 4
                entries.append(Entry(name: name, isDirectory: isDirectory))
            }
        }
        return entries.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
    }
}
