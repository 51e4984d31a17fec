import LinuxKernel

extension ContainerCgroup {
    /// Moves a process with all its threads into the cgroup, in every hierarchy.
    ///
    /// - Parameters:
    ///   - process: Its id as this process sees it.
    ///   - exceptUnified: It was cloned into the v2 directory.
    /// - Throws: `CgroupError.refused`.
    public func add(_ process: Int32, exceptUnified: Bool = false) throws(CgroupError) {
        let text = String(process)
        for directory in directories where !(exceptUnified && directory.hierarchy.version == .v2) {
            try directory.write("cgroup.procs", text)
        }
    }

    /// Moves the calling process, which must have one thread, into the cgroup.
    ///
    /// Cheaper than having another process do it: the kernel stops nobody else's fork, exec or exit for the time.
    ///
    /// - Parameter exceptUnified: It was cloned into the v2 directory.
    public func addCallingProcess(exceptUnified: Bool = false) throws(CgroupError) {
        for directory in directories {
            switch directory.hierarchy.version {
            case .v1: try directory.write("tasks", "0")
            case .v2: if !exceptUnified { try directory.write("cgroup.procs", "0") }
            }
        }
    }

    /// The ids of the processes in the cgroup, and in those below it.
    ///
    /// Taken from the hierarchy that is surest to hold them: the freezer's, else v2's, else any.
    public func processes(recursively: Bool = true) throws(CgroupError) -> [Int32] {
        guard let directory = directory(of: .freezer) ?? directory(of: .devices) ?? directories.first else { return [] }
        return try directory.processes(recursively: recursively)
    }
}

extension CgroupDirectory {
    /// Process ids, each once, in ascending order.
    func processes(recursively: Bool) throws(CgroupError) -> [Int32] {
        var result: Set<Int32> = []
        do throws(SyscallError) {
            let root = try descriptor.openBeneath(".", forReading: true)
            // A threaded v2 cgroup refuses to list processes; those of a threaded child are listed by the domain above.
            let isThreaded = try collect(root, "cgroup.procs", &result) == nil
            if isThreaded { try collect(root, "cgroup.threads", &result) }
            if recursively {
                try collectBelow(root, isThreaded ? "cgroup.threads" : "cgroup.procs", depth: 0, &result)
            }
        } catch  where error.code == .noSuchFile || error.code == .noDevice {
            // Gone: then it holds none.
            return []
        } catch {
            throw .failed(SyscallError(call: error.call, subject: fullPath("cgroup.procs"), code: error.code))
        }
        return result.sorted()
    }

    private func collectBelow(
        _ directory: borrowing OwnedDescriptor, _ file: String, depth: Int, _ result: inout Set<Int32>
    ) throws(SyscallError) {
        // A container may nest cgroups as deep as it likes; each level holds a descriptor here.
        guard depth < CgroupDirectory.deepest else { return }
        for entry in try directory.entries() where entry.kind == .directory {
            do throws(SyscallError) {
                let child = try directory.openBeneath(entry.name, forReading: true)
                try collect(child, file, &result)
                try collectBelow(child, file, depth: depth + 1, &result)
            } catch  where error.code == .noSuchFile || error.code == .noDevice {
                continue
            }
        }
    }

    /// How many levels below a container's cgroup are looked at.
    static let deepest = 256

    /// - Returns: `nil` if the kernel does not list them in this file.
    @discardableResult
    private func collect(
        _ directory: borrowing OwnedDescriptor, _ file: String, _ result: inout Set<Int32>
    ) throws(SyscallError) -> Void? {
        do throws(SyscallError) {
            let bytes = try directory.open(file, [.read, .noFollow]).readAll(limit: 64 << 20)
            for line in bytes.split(separator: UInt8(ascii: "\n")) {
                // A process of another pid namespace shows as 0.
                if let process = Int32(String(decoding: line, as: UTF8.self)), process > 0 { result.insert(process) }
            }
            return ()
        } catch  where error.code == .notSupported {
            return nil
        }
    }
}
