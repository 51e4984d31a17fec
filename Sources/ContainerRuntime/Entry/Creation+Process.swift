internal import Cgroups
internal import LinuxKernel
internal import OCISpec

extension Creation {
    /// Makes the container's first process, which goes on as `ContainerInit`.
    ///
    /// - Parameter ownEnd: Our end of the line: as long as the process has a copy, it cannot see that we have ended.
    func makeProcess(
        _ channel: consuming ChildChannel, closing ownEnd: Int32, _ startSocket: consuming UnixSocket?
    ) throws -> MadeProcess {
        guard let cgroup else { throw RuntimeError(.fault, "the container has no cgroup") }
        // With privilege the host's files are opened here, where a user namespace takes nothing away; without, the process
        // opens them in the user namespace that gives it the right to mount.
        let isPrivileged = !plan.isRootless
        let inChild = CgroupView(cgroup, hasOwnNamespace: plan.namespaces.all.contains(.cgroup))
        let unified = plan.isRootless ? nil : try cgroup.unifiedDirectory()
        var process = ContainerInit(
            plan: plan, confinement: confinement, channel: channel, startSocket: startSocket,
            consoleSocket: try UnixSocket.console(
                wanted: plan.process.terminal, path: request.consoleSocket, number: request.consoleDescriptor),
            streams: request.streams, procfs: try HostProcfs(),
            sources: isPrivileged ? try plan.prepareSources() : [], hostNodes: isPrivileged ? try plan.hostNodes() : [],
            rootSource: isPrivileged ? try RootSource(plan) : nil,
            sharedMounts: plan.namespaces.sharesMounts ? try SharedMounts() : nil, cgroup: cgroup, cgroupView: inChild,
            isInUnifiedCgroup: unified != nil, hooks: ContainerHooks(plan))
        let maker = ProcessMaker(
            new: plan.namespaces.atClone, joined: plan.namespaces.joinedByMaker, timeOffsets: plan.timeOffsets)
        let lock = directory?.lockNumber
        do throws(SyscallError) {
            // The maps of a process that is not dumpable belong to root. The process ends this once it has its own; there is
            // nothing of a container's in its sight before.
            if plan.mapsOwnUser { try ProcessAttribute.setDumpable(true) }
            defer { if plan.mapsOwnUser { try? ProcessAttribute.setDumpable(false) } }
            return try maker.make(in: unified) {
                // The lock on the state directory is this command's: a copy in a process that lives on would keep it.
                if let lock { closeDescriptor(lock) }
                closeDescriptor(ownEnd)
                process.run()
            }
        } catch {
            throw RuntimeError(.fault, "making the container's first process: \(error)\(Self.hint(error))")
        }
    }

    private static func hint(_ error: SyscallError) -> String {
        switch error.code {
        case .notPermitted: "; making namespaces needs root, or a user namespace in linux.namespaces"
        case .noSpace: "; a limit in /proc/sys/user is reached"
        default: ""
        }
    }

    /// Does for the process what only its maker can do, until it says that it is ready.
    func serve(
        _ made: borrowing MadeProcess, _ channel: borrowing ChildChannel
    ) throws(RuntimeError) {
        let pid = made.pid
        if plan.waitsForParent {
            try mapUsers(pid)
            try moveDevices(pid)
            try tell(.proceed, channel)
        }
        try applyLimits(.besideProcess)
        if let resctrl = plan.linux.intelRdt {
            let group = try ResctrlGroup(resctrl, id: plan.id)
            record.resctrlGroup = group.madePath
            try attempting("the container's record") { () throws(SyscallError) in try directory?.beginAgain(record) }
            try group.apply(resctrl, to: pid)
        }
        if let score = plan.process.oomScoreAdj { try OutOfMemoryScore.set(score, of: pid) }
        while true {
            let message = try attempting("the container's first process") { () throws(SyscallError) in
                try channel.hearChild()
            }
            switch message {
            case .mounted:
                try ContainerHooks(plan).runInParent(pid: pid)
                try tell(.proceed, channel)
            case .listener(let number):
                try deliverListener(number, made)
                try tell(.proceed, channel)
            case .failed(let error): throw error
            case .ready:
                try applyLimits(.whenReady)
                if !plan.limitsItself { try plan.process.applyLimits(to: pid) }
                return
            case nil: throw confinement.sudden(end: try? Children.wait(for: pid))
            }
        }
    }

    private func tell(_ message: ParentMessage, _ channel: borrowing ChildChannel) throws(RuntimeError) {
        do throws(SyscallError) {
            try channel.tell(message)
        } catch {
            // The process has ended; if it could say why, that is what counts.
            if case .failed(let reason)? = try? channel.hearChild() { throw reason }
            throw RuntimeError("the container's first process", error)
        }
    }

    private func mapUsers(_ pid: Int32) throws(RuntimeError) {
        guard plan.namespaces.new.contains(.user) else { return }
        let (uid, gid) = (plan.linux.uidMappings, plan.linux.gidMappings)
        if plan.isRootless {
            try IDMap.writeUnprivileged(uid, gid, of: pid)
        } else {
            try attempting("linux.uidMappings and gidMappings") { () throws(SyscallError) in
                try IDMap.write(uid, gid, of: pid)
            }
        }
    }

    private func moveDevices(_ pid: Int32) throws(RuntimeError) {
        guard !plan.linux.netDevices.isEmpty else { return }
        let namespace = try attempting("linux.netDevices") { () throws(SyscallError) in
            try NamespaceDescriptor(.network, path: "/proc/\(pid)/ns/net").intoDescriptor()
        }
        for device in plan.linux.netDevices {
            try NetworkSetUp.move(device.key, named: device.value.name, to: namespace)
        }
    }

    /// When limits are set.
    enum LimitStage {
        /// Devices, while nobody is in the cgroup. Their rules are written one by one, and in between even the nodes that
        /// the container's first process makes for itself would be refused.
        case beforeProcess
        /// Most of them, while the process is busy.
        case besideProcess
        /// Memory comes last: what the runtime's own code touched on the way counts until exec.
        case whenReady
    }

    func applyLimits(_ stage: LimitStage) throws(RuntimeError) {
        guard let cgroup else { return }
        // Devices are restricted even if the bundle says nothing of them.
        let all = try attempting("linux.resources") { () throws(CgroupError) in
            try Limits(plan.linux.resources, devices: cgroupUse == .none ? .none : .ofContainer)
        }
        var limits = Limits()
        switch stage {
        case .beforeProcess: limits.devices = all.devices
        case .besideProcess:
            limits = all
            (limits.devices, limits.memory) = (nil, Limits.Memory())
        case .whenReady: limits.memory = all.memory
        }
        let gaps = try attempting("linux.resources") { () throws(CgroupError) in
            try cgroup.apply(limits, cgroupUse.enforcement, isEmpty: stage == .beforeProcess)
        }
        for gap in gaps { log.warning("\(gap)") }
    }

    private func deliverListener(_ number: Int32, _ made: borrowing MadeProcess) throws(RuntimeError) {
        let hooks = ContainerHooks(plan)
        try SeccompListener(plan.linux.seccomp, hooks.containerState(.creating, pid: made.pid))
            .deliver(number, of: made.pidfd, pid: made.pid)
    }
}

extension Creation {
    /// Makes the process known: to the state directory, the pid file and who asked for a pidfd.
    func publish(_ made: borrowing MadeProcess) throws(RuntimeError) {
        let pid = made.pid
        try attempting("the container's record") { () throws(SyscallError) in
            record.process = try ProcessIdentity(of: pid)
            record.isCreating = false
            try directory?.write(record)
        }
        if let path = request.pidFile {
            try attempting("pid file \(path)") { () throws(SyscallError) in try replaceFile(path, "\(pid)") }
        }
        if let path = request.pidfdSocket {
            try attempting("pidfd socket \(path)") { () throws(SyscallError) in
                try UnixSocket.connect(to: path).send(Array("pidfd".utf8), descriptor: made.pidfd)
            }
        }
    }

    /// Takes back what was made, in reverse order, and says so where that fails.
    func undo() {
        var wasMade = false
        if let child = child.take() {
            wasMade = true
            try? send(.kill, to: child.pidfd)
            _ = try? Children.wait(for: child.pid)
            // What a hook has left behind there.
            try? cgroup?.kill(.kill)
        }
        do {
            try cgroup?.takeBack()
        } catch {
            log.warning("undoing create of \(plan.id.text): \(error); brig-runtime delete --force \(plan.id.text)")
            return
        }
        do {
            try directory.take()?.remove()
        } catch {
            log.warning("undoing create of \(plan.id.text): \(error)")
        }
        // runtime.md, "Lifecycle": after a failed hook it goes on with the end, step 13 included.
        if wasMade {
            let hooks = ContainerHooks(plan)
            HookRunner.runAll(.poststop, hooks.hooks.poststop, state: hooks.containerState(.stopped, pid: nil).json) {
                log.warning($0.description)
            }
        }
    }
}
