public import LinuxKernel

/// Tells when the kernel kills a process of a container for want of memory.
///
/// Source: the kernel's admin-guide/cgroup-v1/memory.rst, "OOM Control", and admin-guide/cgroup-v2.rst, `memory.events`.
public struct OutOfMemoryWatch: ~Copyable, Sendable {
    /// Becomes ready for `interest` when something has happened: to be waited for among others.
    public let descriptor: OwnedDescriptor
    /// What to poll for.
    public let interest: PollEvents

    private let group: CgroupDirectory
    private var known: UInt64

    init(_ group: CgroupDirectory) throws(CgroupError) {
        let known = try group.outOfMemoryKills()
        let descriptor = try OutOfMemoryWatch.open(group)
        self.known = known
        self.descriptor = descriptor
        interest = group.hierarchy.version == .v1 ? .readable : .exceptional
        self.group = group
    }

    private static func open(_ group: CgroupDirectory) throws(CgroupError) -> OwnedDescriptor {
        do throws(SyscallError) {
            switch group.hierarchy.version {
            case .v1:
                // The kernel adds to the counter on each event, and when the cgroup goes.
                let counter = try EventCounter(nonBlocking: true)
                let control = try group.descriptor.open("memory.oom_control", [.read, .noFollow])
                let registration = try group.descriptor.open("cgroup.event_control", [.write, .noFollow])
                try registration.write("\(counter.descriptor.raw) \(control.raw)")
                return try counter.descriptor.duplicate()
            case .v2:
                let events = try group.descriptor.open("memory.events", [.read, .noFollow])
                // Until it has been read once, the file counts as changed.
                _ = try events.read(upTo: 4096)
                return events
            }
        } catch {
            throw .failed(SyscallError(call: error.call, subject: group.fullPath, code: error.code))
        }
    }

    /// How many have been killed since the last call; to be called when the descriptor is ready. None if the cgroup is gone.
    public mutating func newKills() throws(CgroupError) -> UInt64 {
        do throws(SyscallError) {
            // Reading is what makes the descriptor wait for the next event.
            if interest == .readable {
                do throws(SyscallError) { _ = try descriptor.read(upTo: 8) } catch  where error.code == .again {}
            } else {
                try descriptor.seek(to: 0)
                do throws(SyscallError) {
                    _ = try descriptor.read(upTo: 4096)
                } catch  where error.code == .noDevice {
                    return 0
                }
            }
        } catch {
            throw .failed(error)
        }
        let now = try group.outOfMemoryKills()
        defer { known = max(known, now) }
        return now > known ? now - known : 0
    }
}

extension CgroupDirectory {
    /// How often a process of this cgroup was killed for want of memory; 0 once the cgroup is gone.
    func outOfMemoryKills() throws(CgroupError) -> UInt64 {
        try numbers(hierarchy.version == .v1 ? "memory.oom_control" : "memory.events")["oom_kill"] ?? 0
    }
}

extension ContainerCgroup {
    /// - Returns: `nil` without a memory controller.
    public func watchOutOfMemory() throws(CgroupError) -> OutOfMemoryWatch? {
        guard let group = directory(of: .memory) else { return nil }
        return try OutOfMemoryWatch(group)
    }
}
