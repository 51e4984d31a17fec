internal import Capabilities
internal import Cgroups
internal import LinuxKernel
package import OCISpec
internal import Seccomp

extension Runtime {
    /// Makes a container from a bundle: everything up to the moment before its program is executed.
    ///
    /// - Returns: Its first process, which waits for `start`.
    /// - Throws: One line that says what was tried; nothing that was made remains.
    package func create(_ id: ContainerID, _ request: CreateRequest) throws -> ContainerProcess {
        try create(id, request, LoadedBundle(request.bundle))
    }

    /// As `create(_:_:)`, from a bundle that the caller has read already.
    package func create(
        _ id: ContainerID, _ request: CreateRequest, _ bundle: LoadedBundle
    ) throws -> ContainerProcess {
        try ProtectedExecutable.demand()
        // Whoever opened them: nothing that was not asked for reaches a hook or the container (CVE-2024-21626).
        try closeOnExec(from: 3 + request.preserveDescriptors)
        var config = bundle.config
        try Readiness.add(to: &config, request.notifySocket, root, id)
        let plan = try CreationPlan(
            id: id, config: config, bundle: bundle.path, noPivot: request.noPivot,
            newKeyring: !request.noNewKeyring)
        let confinement = try confinement(
            of: plan.process, config.linux?.seccomp, mayChangeGroups: plan.mayChangeGroups,
            mayLackCapabilities: !plan.usesUserNamespace)
        if plan.namespaces.sharesMounts { try SharedMounts.permit(confinement.capabilities) }
        let directory = try root.reserve(id)
        let creation = Creation(
            plan: plan, request: request, confinement: confinement, cgroupUse: cgroupUse, log: log,
            directory: directory)
        do {
            return try creation.run(configBytes: bundle.configBytes)
        } catch {
            creation.undo()
            throw error
        }
    }
}

/// One run of `create`: what has been made so far, and how it is taken back.
final class Creation {
    let plan: CreationPlan
    let request: CreateRequest
    let confinement: Confinement
    let cgroupUse: CgroupUse
    let log: Log
    var directory: ContainerDirectory?
    var cgroup: ContainerCgroup?
    var child: MadeProcess?
    var record: ContainerRecord

    init(
        plan: CreationPlan, request: CreateRequest, confinement: Confinement, cgroupUse: CgroupUse, log: Log,
        directory: consuming ContainerDirectory
    ) {
        (self.plan, self.request, self.confinement, self.log) = (plan, request, confinement, log)
        self.cgroupUse = cgroupUse
        self.directory = consume directory
        record = ContainerRecord(
            id: plan.id, ociVersion: plan.config.ociVersion, bundle: plan.bundle, rootfs: plan.rootPath,
            annotations: plan.config.annotations, ownsPidNamespace: plan.namespaces.new.contains(.pid))
    }
}

extension Creation {
    func run(configBytes: [UInt8]) throws -> ContainerProcess {
        let host = try CgroupHost.detect()
        if cgroupUse == .none {
            cgroup = ContainerCgroup.none(on: host)
            try directory?.begin(record)
        } else {
            let path = try cgroupPath()
            // What a crash from here on leaves is found by this: an empty cgroup, and then all that runs in it.
            (record.cgroups, record.cgroupsArePlanned) = (host.placement(of: path), true)
            try directory?.begin(record)
            try makeCgroup(path, host)
        }
        try directory?.prepareReadiness(request.notifySocket)
        try directory?.keep(configBytes: configBytes)

        let line = try ChildChannel.pair()
        let made = try makeProcess(
            ChildChannel(socket: line.first), closing: line.second.descriptor.raw,
            request.startsItself ? nil : try listenForStart())
        child = MadeProcess(pid: made.pid, pidfd: try made.pidfd.duplicate())
        let channel = ChildChannel(socket: line.second)
        try serve(made, channel)
        try publish(made)
        return ContainerProcess(
            made, channel, config: plan.config, memoryDirectory: cgroup?.path(of: .memory), container: handOver())
    }

    /// From now on a failure of the caller's is not ours to undo.
    private func handOver() -> MadeContainer? {
        guard let directory = directory.take() else { return nil }
        // If it cannot be unlocked, closing it does that.
        guard (try? directory.unlock()) != nil else { return nil }
        return MadeContainer(directory, record, cgroup)
    }

    private func cgroupPath() throws(RuntimeError) -> CgroupPath {
        try attempting("linux.cgroupsPath") { () throws(CgroupError) in
            try CgroupPath(plan.linux.cgroupsPath.flatMap { $0.isEmpty ? nil : $0 } ?? "/\(plan.id.text)")
        }
    }

    private func makeCgroup(_ path: CgroupPath, _ host: CgroupHost) throws {
        let made = try attempting("cgroup \(path)") { () throws(CgroupError) in
            let needs = try Limits(plan.linux.resources, devices: .none).controllers
            return try ContainerCgroup.create(path, on: host, needs: needs, cgroupUse.enforcement)
        }
        cgroup = made
        for gap in made.unenforced { log.warning("\(gap)") }
        let planned = record.cgroups
        (record.cgroups, record.cgroupsArePlanned) = (made.placement, false)
        if made.placement == planned { try directory?.confirm() } else { try directory?.beginAgain(record) }
        try applyLimits(.beforeProcess)
    }

    private func listenForStart() throws -> UnixSocket {
        try attempting("listening for start") { () throws(SyscallError) in
            switch directory {
            case .some(let directory):
                try UnixSocket.listen(
                    in: directory.descriptor, name: ContainerDirectory.startSocketName, kind: .packets)
            case .none: throw SyscallError(call: "listen", subject: "start.sock", code: .noSuchFile)
            }
        }
    }
}
