internal import LinuxKernel
internal import OCISpec

/// Namespaces of other containers, held open until the container that enters them has been started.
///
/// The runtime is given a path of this process's own descriptors: between the look at the other container and the start
/// another process may get the number of its first one, but a descriptor stays what it is.
final class JoinedNamespaces {
    private final class Held {
        let descriptor: OwnedDescriptor
        init(_ descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }
    }

    private var held: [Held] = []
    /// By kind, the path of each.
    private(set) var paths: [RuntimeConfig.Linux.Namespace.Kind: String] = [:]
    /// Of the container whose IPC namespace is joined, where its shared memory is.
    fileprivate(set) var sharedMemory: String?

    init() {}

    /// Opens a namespace of a running process.
    ///
    /// - Throws: `EngineError` of kind `conflict` if the process has ended.
    func join(
        _ kind: RuntimeConfig.Linux.Namespace.Kind, of process: ProcessIdentity, name: ContainerName
    ) throws(EngineError) {
        let file = kind == .network ? "net" : kind == .mount ? "mnt" : kind.rawValue
        do {
            let descriptor = try OwnedDescriptor(open: "/proc/\(process.pid)/ns/\(file)", .read)
            // Still the same process, so what was opened is its own.
            guard try process.isRunning() else {
                throw EngineError(.conflict, "cannot join namespace of a non running container: \(name)")
            }
            paths[kind] = "/proc/\(CallerIdentity.pid)/fd/\(descriptor.raw)"
            held.append(Held(descriptor))
        } catch {
            throw .wrapping(error, while: "join the \(kind.rawValue) namespace of container \(name)")
        }
    }
}

extension Engine {
    /// The modes with other containers by identifier, as Docker keeps them: a name may be given to another one later.
    ///
    /// - Throws: `EngineError`: `notFound`; `conflict` for an IPC namespace that is not to be shared.
    func resolveModes(_ host: HostConfiguration) throws(EngineError) -> HostConfiguration {
        var host = host
        for (member, kind) in [
            (\HostConfiguration.pidMode, NamespaceMode.Kind.pid), (\.ipcMode, .ipc), (\.utsMode, .uts),
            (\.cgroupnsMode, .cgroup),
        ] {
            guard case .container(let name) = try NamespaceMode(host[keyPath: member], kind) else { continue }
            let other = try store.container(name)
            if kind == .ipc { try checkSharing(of: other) }
            host[keyPath: member] = "container:\(other.id)"
        }
        return host
    }

    private func checkSharing(of other: ContainerRecord) throws(EngineError) {
        let mode = try NamespaceMode(try store.configurations(of: other.id).host.ipcMode, .ipc)
        switch mode {
        case .own, .bare:
            throw EngineError(
                .conflict,
                "cannot join IPC of container \(other.name): it is not shareable (start it with --ipc=shareable)")
        case .shareable, .host, .container: break
        }
    }

    /// Opens the namespaces of other containers that a plan asks for.
    ///
    /// - Throws: `EngineError`: `conflict` if a container does not run.
    func joinedNamespaces(of plan: ContainerPlan) throws(EngineError) -> JoinedNamespaces {
        let joined = JoinedNamespaces()
        for (kind, mode) in [
            (RuntimeConfig.Linux.Namespace.Kind.pid, plan.pidMode), (.ipc, plan.ipcMode), (.uts, plan.utsMode),
            (.cgroup, plan.cgroupMode),
        ] {
            guard case .container(let reference) = mode else { continue }
            let other = try store.container(reference)
            guard case .running(let process?) = try observe(other) else {
                throw EngineError(
                    .conflict,
                    "cannot join the \(kind.rawValue) namespace of container \(other.name): it is not running")
            }
            try joined.join(kind, of: process, name: other.name)
            if kind == .ipc {
                try checkSharing(of: other)
                joined.sharedMemory = try sharedMemory(of: other, depth: 0)
            }
        }
        return joined
    }

    /// Where the `/dev/shm` is that goes with a container's IPC namespace.
    private func sharedMemory(of record: ContainerRecord, depth: Int) throws(EngineError) -> String? {
        switch try NamespaceMode(try store.configurations(of: record.id).host.ipcMode, .ipc) {
        case .host: return "/dev/shm"
        case .shareable: return locations.container(record.id).sharedMemory
        case .container(let name) where depth < 16:
            return try sharedMemory(of: try store.container(name), depth: depth + 1)
        case .container, .own, .bare: return nil
        }
    }
}
