import CLinux
public import LinuxKernel

extension ContainerCgroup {
    /// The freezer: v1's if it is mounted, else v2's.
    private var freezer: Freezer? { directory(of: .freezer).map { Freezer($0) } }

    /// Whether the container's processes run; thawed where there is no freezer.
    public func freezerState() throws(CgroupError) -> FreezerState { try freezer?.state() ?? .thawed }

    /// Stops all processes and waits until they have stopped.
    ///
    /// - Throws: `CgroupError.cannotFreeze` without a freezer, and from inside; `.freezeTimedOut`, with the processes running
    ///   again.
    public func freeze() throws(CgroupError) {
        guard let freezer, try !holdsCaller() else { throw .cannotFreeze }
        try freezer.freeze()
    }

    /// Lets the processes go on.
    public func thaw() throws(CgroupError) {
        guard let freezer else { throw .cannotFreeze }
        try freezer.thaw()
    }

    /// Sends a signal to every process in the cgroup and below it.
    ///
    /// With `SIGKILL` all end, frozen ones and those that are forked meanwhile included: v2's kernel does it in one step
    /// (`cgroup.kill`, Linux 5.14). Elsewhere, and with other signals, the processes are frozen for the time, so that none
    /// slips through by forking. A frozen container gets other signals when it is thawed, but for v2, where those that end
    /// a process do so at once. A caller that is in the cgroup itself gets the signal, too, and freezes nothing.
    ///
    /// - Throws: `CgroupError.failed`, such as with `EPERM` for a process of another user.
    public func kill(_ signal: Signal) throws(CgroupError) {
        guard let group = directory(of: .freezer) ?? directories.first else { return }
        if signal == .kill, group.hierarchy.version == .v2, try group.writeIfPresent("cgroup.kill", "1") { return }
        let isFrozenByUs = try freezeUnlessFrozen()
        do throws(CgroupError) {
            try send(signal, group, once: signal != .kill || isFrozenByUs)
        } catch {
            // What the caller must hear is why the signal was not sent.
            if isFrozenByUs { try? thaw() }
            throw error
        }
        // v1's frozen processes do not even die, so SIGKILL ends the frost, whoever began it.
        if isFrozenByUs || (signal == .kill && group.hierarchy.version == .v1) { try freezer?.thaw() }
    }

    /// Whether the calling process is in the cgroup itself: then nobody would be left to end the frost.
    private func holdsCaller() throws(CgroupError) -> Bool {
        try processes().contains(CallerIdentity.pid)
    }

    /// - Returns: Whether this call has stopped the processes.
    private func freezeUnlessFrozen() throws(CgroupError) -> Bool {
        guard let freezer, try freezer.state() == .thawed, try !holdsCaller() else { return false }
        do throws(CgroupError) {
            try freezer.freeze()
            return true
        } catch {
            // A process that waits for a dead disk cannot be frozen; it is to get its signal all the same.
            return false
        }
    }

    private func send(_ signal: Signal, _ group: CgroupDirectory, once: Bool) throws(CgroupError) {
        // While processes run, each round finds those that were forked during the last.
        for _ in 0..<(once ? 1 : 32) {
            guard try group.send(signal), !once else { return }
            try pause(.milliseconds(1))
        }
    }
}

extension CgroupDirectory {
    /// Signals each process of the cgroup that is still in it.
    ///
    /// - Returns: Whether there was any.
    fileprivate func send(_ signal: Signal) throws(CgroupError) -> Bool {
        var rest = try processes(recursively: true)[...]
        let isAny = !rest.isEmpty
        // A part at a time, for each takes a descriptor.
        while !rest.isEmpty {
            try send(signal, to: rest.prefix(256))
            rest = rest.dropFirst(256)
        }
        return isAny
    }

    private func send(_ signal: Signal, to candidates: ArraySlice<Int32>) throws(CgroupError) {
        var opened: [(process: Int32, descriptor: Int32)] = []
        defer { for one in opened { _ = OwnedDescriptor(adopting: one.descriptor) } }
        do throws(SyscallError) {
            for process in candidates {
                do throws(SyscallError) {
                    opened.append(
                        (process, try kernel("pidfd_open", "process \(process)") { clinux_pidfd_open(process, 0) }))
                } catch  where error.code == .noSuchProcess {
                    continue
                }
            }
        } catch {
            throw .failed(error)
        }
        // An id may have been given to a stranger before it was opened: the descriptor is of one who is in the cgroup now.
        let present = Set(try processes(recursively: true))
        do throws(SyscallError) {
            for one in opened where present.contains(one.process) {
                do throws(SyscallError) {
                    try kernel("pidfd_send_signal", "process \(one.process) with \(signal)") {
                        clinux_pidfd_send_signal(one.descriptor, signal.rawValue)
                    }
                } catch  where error.code == .noSuchProcess {
                    continue
                }
            }
        } catch {
            throw .failed(error)
        }
    }
}
