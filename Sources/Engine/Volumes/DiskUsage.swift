internal import LinuxKernel

/// How much of the disk a tree takes.
enum DiskUsage {
    /// Bytes of all blocks, each file once, whatever the names it has. What cannot be looked at counts nothing.
    static func bytes(below path: String) -> Int64 {
        guard let directory = try? OwnedDescriptor(open: path, [.read, .directory, .noFollow]) else { return 0 }
        var seen: Set<FileID> = []
        return bytes(in: directory, depth: 0, &seen)
    }

    private struct FileID: Hashable {
        let device: UInt64
        let inode: UInt64
    }

    private static func bytes(
        in directory: borrowing OwnedDescriptor, depth: Int, _ seen: inout Set<FileID>
    ) -> Int64 {
        guard depth < 1000, let entries = try? directory.entries() else { return 0 }
        var total: Int64 = 0
        for entry in entries {
            guard let status = try? directory.status(of: entry.name) else { continue }
            if status.isDirectory {
                if let below = try? directory.open(entry.name, [.read, .directory, .noFollow]) {
                    total += bytes(in: below, depth: depth + 1, &seen)
                }
                continue
            }
            if status.linkCount > 1 {
                guard seen.insert(FileID(device: status.device, inode: status.inode)).inserted else { continue }
            }
            total += Int64(clamping: status.size)
        }
        return total
    }
}
