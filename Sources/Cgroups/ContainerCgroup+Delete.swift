import LinuxKernel

extension ContainerCgroup {
    /// Removes the cgroup with the cgroups below it, in every hierarchy.
    ///
    /// - Parameter patience: How long to try again in all: a process that has just ended may hold its cgroup a moment longer.
    /// - Throws: `CgroupError.stillInUse` if processes are left. The other hierarchies are done all the same.
    public func delete(patience: Duration = .seconds(2)) throws(CgroupError) {
        let deadline = MonotonicClock.now + patience
        var failure: CgroupError?
        // The last one made goes first.
        for directory in directories.reversed() {
            do throws(CgroupError) {
                try directory.delete(until: deadline)
            } catch {
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
    }
}

extension ContainerCgroup {
    /// Takes back what was made, after a failure: the cgroup, and those above it that were not there before.
    ///
    /// - Throws: As `delete(patience:)`.
    public func takeBack() throws(CgroupError) {
        try delete()
        for directory in directories.reversed() { directory.removeMadeAbove() }
    }
}

extension CgroupDirectory {
    func delete(until deadline: MonotonicClock.Instant) throws(CgroupError) {
        // Mostly all have ended and nothing is below it.
        var refusal = tryRemoving()
        var delay = Duration.milliseconds(1)
        while refusal == .busy {
            removeBelow()
            refusal = tryRemoving()
            guard refusal == .busy, MonotonicClock.now < deadline else { break }
            try pause(delay)
            delay = min(delay * 2, .milliseconds(100))
        }
        switch refusal {
        case nil: return
        case .some(.busy): throw .stillInUse(fullPath, processes: try processes(recursively: true))
        case .some(let code): throw .failed(SyscallError(call: "rmdir", subject: fullPath, code: code))
        }
    }

    /// - Returns: The kernel's refusal; `nil` if the directory is gone, whoever did it.
    private func tryRemoving() -> Errno? {
        do throws(SyscallError) {
            try mount.removeDirectory(path)
            return nil
        } catch {
            return error.code == .noSuchFile ? nil : error.code
        }
    }

    /// Removes what can be removed of the cgroups below; those of a container that made its own.
    private func removeBelow() {
        // What stays is met again when the directory itself is removed, which then fails.
        guard let own = try? descriptor.openBeneath(".", forReading: true) else { return }
        removeChildren(of: own, depth: 0)
    }

    private func removeChildren(of directory: borrowing OwnedDescriptor, depth: Int) {
        guard depth < CgroupDirectory.deepest, let entries = try? directory.entries() else { return }
        for entry in entries where entry.kind == .directory {
            if (try? directory.removeDirectory(entry.name)) != nil { continue }
            guard let child = try? directory.openBeneath(entry.name, forReading: true) else { continue }
            removeChildren(of: child, depth: depth + 1)
            try? directory.removeDirectory(entry.name)
        }
    }
}
