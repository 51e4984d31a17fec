internal import Archive
internal import LinuxKernel

extension Engine {
    /// Packs the file that a container's log has left last, for its monitor.
    public func packLog(of reference: String) throws(EngineError) {
        let id = try store.container(reference).id
        do {
            try LogChain(path: locations.container(id).log).pack()
        } catch {
            throw .wrapping(error, while: "pack the log of container \(id.short)")
        }
    }
}

extension LogChain {
    /// Packs all files but the newest that are not packed yet.
    ///
    /// They keep their names as long as somebody holds the lock of the last one, which therefore is packed last.
    func pack() throws {
        let (parent, log) = HostDirectory.split(path)
        let directory = try OwnedDescriptor(open: parent, [.read, .directory])
        let last = log + ".1"
        guard exists("\(parent)/\(last)") else { return }
        let lock = try FileLock(try directory.open(last, [.read, .noFollow, .nonBlocking]))
        // Whoever had it before may have packed it, and the log has been rotated since.
        guard let inode = try? directory.status(of: last).inode, try inode == lock.descriptor.status().inode else {
            return
        }
        var count = 1
        while exists("\(path).\(count + 1)") || exists("\(path).\(count + 1).gz") { count += 1 }
        for number in stride(from: count, through: 1, by: -1) where exists("\(path).\(number)") {
            try Self.pack("\(log).\(number)", in: directory)
        }
        withExtendedLifetime(lock) {}
    }

    /// The packed file gets the time of the other, by which readers know it, and its name when it is whole.
    private static func pack(_ name: String, in directory: borrowing OwnedDescriptor) throws {
        let temporary = name + ".new"
        do {
            let file = try directory.open(name, [.read, .noFollow, .nonBlocking])
            let time = try file.times().modified
            let packed = try directory.open(temporary, [.write, .create, .truncate, .noFollow], mode: 0o640)
            let source = try GzippedSource(DescriptorSource(file))
            var part = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = try part.withUnsafeMutableBytes { try source.read(into: $0) }
                if count == 0 { break }
                try packed.write(part.prefix(count))
            }
            try packed.setTimes(accessed: time, modified: time)
            try directory.rename(temporary, to: name + ".gz")
        } catch {
            // The file stays as it is. That a piece is left is no further error.
            try? directory.removeFile(temporary)
            throw error
        }
        try directory.removeFile(name)
    }
}
