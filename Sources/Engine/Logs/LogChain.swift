internal import LinuxKernel

/// One file of a log, held open: it can be read to its end, whatever becomes of its name.
final class LogFile {
    let descriptor: OwnedDescriptor
    let inode: UInt64
    let size: Int64

    init(_ descriptor: consuming OwnedDescriptor) throws(SyscallError) {
        let status = try descriptor.status()
        inode = status.inode
        size = status.size
        self.descriptor = descriptor
    }
}

/// The files of a log that is rotated by renaming: `log`, then `log.1` and so on, each older than the one before.
struct LogChain {
    let path: String

    /// All files, the oldest first.
    ///
    /// Opened from the newest on: a rotation meanwhile shows one of them twice, which is noticed, and hides none. One number
    /// may be free: the newest's between a rotation and the next line, any other's between two renamings.
    func open() throws(SyscallError) -> [LogFile] {
        var files: [LogFile] = []
        var number = 0
        var free = 0
        while free < 2 {
            if let file = try open(number) {
                if !files.contains(where: { $0.inode == file.inode }) { files.append(file) }
                free = 0
            } else {
                free += 1
            }
            number += 1
        }
        return files.reversed()
    }

    private func open(_ number: Int) throws(SyscallError) -> LogFile? {
        do throws(SyscallError) {
            let name = number == 0 ? path : "\(path).\(number)"
            return try LogFile(try OwnedDescriptor(open: name, [.read, .noFollow, .nonBlocking]))
        } catch  where error.code == .noSuchFile {
            return nil
        }
    }

    /// What follows `file`, or `nil` while it is the newest. If it has been removed, everything that is left follows.
    func successor(of file: LogFile) throws(SyscallError) -> LogFile? {
        let files = try open()
        guard let index = files.firstIndex(where: { $0.inode == file.inode }) else { return files.first }
        return index + 1 < files.count ? files[index + 1] : nil
    }
}

extension LogFile {
    /// Where the last `count` lines begin, and how many they are if the file has fewer.
    func start(ofLast count: Int) throws(SyscallError) -> (offset: Int64, lines: Int) {
        guard count > 0 else { return (size, 0) }
        var lines = 0
        var end = size
        while end > 0 {
            let length = min(65_536, end)
            try descriptor.seek(to: end - length)
            let block = try readExactly(Int(length))
            for index in block.indices.reversed() where block[index] == UInt8(ascii: "\n") {
                let next = end - length + Int64(index) + 1
                // A line feed at the very end is that of the last line.
                if next == size { continue }
                lines += 1
                if lines == count { return (next, count) }
            }
            end -= length
        }
        return (0, size > 0 ? lines + 1 : 0)
    }

    private func readExactly(_ count: Int) throws(SyscallError) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            let part = try descriptor.read(upTo: count - bytes.count)
            if part.isEmpty { break }
            bytes += part
        }
        return bytes
    }
}
