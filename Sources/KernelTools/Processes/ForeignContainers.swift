internal import Anatomy
internal import LinuxKernel

extension ToolContext {
    /// Brig's containers, and those that Docker's, Podman's and containerd's own processes look after, as `docker:web`.
    ///
    /// - Parameter own: Brig's, where they are known already.
    func containers(_ processes: ProcessList, own: [NamedProcess]? = nil) -> [NamedProcess] {
        let own = own ?? containers()
        let known = Set(own.map(\.pid))
        let seen = processes.pids.lazy.compactMap { pid in
            processes.stats[pid].map { (pid: pid, parent: $0.parent, name: $0.name) }
        }
        let others = SupervisedContainer.list(seen).filter { !known.contains($0.pid) }
        return own + others.map { NamedProcess(pid: $0.pid, monitor: $0.supervisor, name: $0.shownName) }
    }
}
