internal import LinuxKernel

extension Engine {
    /// Bytes of the files in a container's writable layer. A file with several names counts once for each.
    func size(of files: ContainerLocations) -> Int64 {
        // A container that was never started has no such layer; what goes away meanwhile does not count.
        guard let root = try? OwnedDescriptor(open: files.upper, [.read, .directory]) else { return 0 }
        return Self.size(of: TreeDirectory(root), depth: 0)
    }

    private static func size(of directory: borrowing TreeDirectory, depth: Int) -> Int64 {
        // Deeper ones are not held open all at a time.
        guard depth < 200, let names = try? directory.names() else { return 0 }
        var total: Int64 = 0
        for entry in names {
            if entry.isDirectory {
                if let inner = try? directory.openDirectory(entry.name) {
                    total = total.clampedAdding(size(of: inner, depth: depth + 1))
                }
            } else if let status = try? directory.status(of: entry.name), status.isRegularFile {
                total = total.clampedAdding(status.size)
            }
        }
        return total
    }
}
