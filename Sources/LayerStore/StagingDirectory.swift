internal import LinuxKernel

/// A directory that becomes a layer, or is removed when its owner lets go of it.
///
/// It is locked while it is in use; one that is not was left behind by a crash, and may be removed by anybody.
final class StagingDirectory {
    private let parent: String
    private let name: String
    private let lock: FileLock
    /// The directory, open for reading.
    let descriptor: OwnedDescriptor
    private var isPublished = false

    static let prefix = ".new-"

    init(in parent: String) throws(SyscallError) {
        self.parent = parent
        while true {
            let name = Self.prefix + String(UInt64.random(in: 0 ... .max), radix: 16)
            let store = try OwnedDescriptor(open: parent, [.read, .directory])
            try store.makeDirectory(name, mode: 0o700)
            let lock = try FileLock(store.open(name, [.read, .directory, .noFollow]))
            // Between the two somebody may have taken it for left behind.
            guard try lock.descriptor.status().linkCount > 0 else { continue }
            self.name = name
            descriptor = try lock.descriptor.duplicate()
            self.lock = lock
            return
        }
    }

    deinit {
        guard !isPublished else { return }
        // What cannot be removed now is removed by whoever clears up after crashes.
        guard let store = try? OwnedDescriptor(open: parent, [.read, .directory]) else { return }
        try? TreeDirectory(store).removeTree(name)
    }

    /// Gives it its final name, which nobody has.
    func publish(as finalName: String) throws(SyscallError) {
        let store = try OwnedDescriptor(open: parent, [.read, .directory])
        try store.rename(name, into: store, as: finalName, .noReplace)
        isPublished = true
    }
}
