internal import Archive
internal import LinuxKernel

/// One file of a log, held open: it can be read to its end, whatever becomes of its name.
final class LogFile {
    private(set) var descriptor: OwnedDescriptor
    private(set) var size: Int64
    /// Packed with gzip, and not unpacked yet.
    private(set) var isPacked: Bool
    let inode: UInt64
    private let wasPacked: Bool

    init(_ descriptor: consuming OwnedDescriptor, isPacked: Bool = false) throws(SyscallError) {
        let status = try descriptor.status()
        inode = status.inode
        size = status.size
        (self.isPacked, wasPacked) = (isPacked, isPacked)
        packedTime = isPacked ? try descriptor.times().modified : nil
        self.descriptor = descriptor
    }

    /// When what is packed in it was written to last.
    private let packedTime: FileTime?

    /// Whether both are the same part of a log, which may have been packed meanwhile: the packed file has its time.
    func isSame(as other: LogFile) -> Bool {
        if inode == other.inode { return true }
        guard wasPacked != other.wasPacked else { return false }
        return modified == other.modified
    }

    private var modified: FileTime? { packedTime ?? (try? descriptor.times().modified) }

    /// Unpacks the file, if it is packed, into memory. Of a damaged one, as a crash leaves it, there is what comes before.
    func prepare() throws {
        guard isPacked else { return }
        let plain = try OwnedDescriptor(memoryFile: "log")
        let source = try DecompressedSource(DescriptorSource(try descriptor.duplicate()))
        var part = [UInt8](repeating: 0, count: 65_536)
        while let count = try? part.withUnsafeMutableBytes({ try source.read(into: $0) }), count > 0 {
            try plain.write(part.prefix(count))
        }
        size = try plain.status().size
        try plain.seek(to: 0)
        isPacked = false
        descriptor = plain
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
                if !files.contains(where: { $0.isSame(as: file) }) { files.append(file) }
                free = 0
            } else {
                free += 1
            }
            number += 1
        }
        return files.reversed()
    }

    private func open(_ number: Int) throws(SyscallError) -> LogFile? {
        guard number > 0 else { return try open(path) }
        let name = "\(path).\(number)"
        if let file = try open(name) { return file }
        return try open(name + ".gz", isPacked: true)
    }

    private func open(_ name: String, isPacked: Bool = false) throws(SyscallError) -> LogFile? {
        do throws(SyscallError) {
            return try LogFile(try OwnedDescriptor(open: name, [.read, .noFollow, .nonBlocking]), isPacked: isPacked)
        } catch  where error.code == .noSuchFile {
            return nil
        }
    }

    /// What follows `file`, or `nil` while it is the newest. If it has been removed, everything that is left follows.
    func successor(of file: LogFile) throws(SyscallError) -> LogFile? {
        let files = try open()
        guard let index = files.firstIndex(where: { $0.isSame(as: file) }) else { return files.first }
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
