internal import Archive
package import LinuxKernel
internal import MonitorProtocol
internal import OCISpec

/// A program that a step of a build runs.
package struct BuildRun: Sendable {
    package var arguments: [String] = []
    /// What the program takes the machine's name for.
    package var hostname = "brigbuild"
    /// The whole environment but `HOSTNAME` and `HOME`, which every container gets.
    package var environment: [String] = []
    package var workingDirectory = "/"
    package var user = ""
    /// Network, limits and privileges, as for `run`.
    package var host = HostConfiguration()
    /// Lines for `/etc/hosts`.
    package var addedHosts: [(name: String, address: String)] = []

    package init() {}
}

/// What is mounted into a step's file system while its program runs.
package final class BuildMount: @unchecked Sendable {
    package enum Kind {
        /// What the descriptor names.
        case tree
        /// Bytes in a file that is in memory only.
        case secret([UInt8], uid: UInt32, gid: UInt32, mode: UInt32)
        /// The same for a program.
        case script([UInt8])
        /// Options of a tmpfs.
        case tmpfs(String)
        /// The directory that the descriptor names, to be written to: what is written is gone with the step.
        case scratch
    }

    package let destination: String
    package let isReadOnly: Bool
    package let kind: Kind
    /// Opened with `O_PATH` by whoever resolved it, in the tree that it belongs to: no path leads there again. Never
    /// changed after this is made.
    fileprivate let tree: OwnedDescriptor?
    /// Whatever must live as long as the mount, such as a lock.
    private let keeping: AnyObject?

    package init(
        tree: consuming OwnedDescriptor, at destination: String, readOnly: Bool, keeping: AnyObject? = nil
    ) {
        self.tree = consume tree
        self.destination = destination
        isReadOnly = readOnly
        kind = .tree
        self.keeping = keeping
    }

    /// A directory that may be written to, and is not changed by that.
    package init(scratchOver tree: consuming OwnedDescriptor, at destination: String) {
        self.tree = consume tree
        self.destination = destination
        isReadOnly = false
        kind = .scratch
        keeping = nil
    }

    package init(_ kind: Kind, at destination: String) {
        tree = nil
        self.destination = destination
        isReadOnly = false
        self.kind = kind
        keeping = nil
    }
}

extension BuildRoot {
    /// Runs a program in the file system, behind the same checks as a container of `run`.
    ///
    /// - Parameter output: Told what the program puts out, as it comes, from this thread.
    /// - Returns: What it ended with.
    /// - Throws: `EngineError` if it could not be started, or the build was cancelled.
    package func run(
        _ run: BuildRun, _ mounts: [BuildMount], output: (ArraySlice<UInt8>) -> Void
    ) throws -> Int32 {
        let engine = session.engine
        var host = run.host
        host.logConfig.type = "none"
        host.autoRemove = false
        let facts = try HostFacts.read()
        var configuration = ContainerConfiguration()
        configuration.cmd = run.arguments
        configuration.env = run.environment
        configuration.workingDir = run.workingDirectory
        configuration.user = run.user
        let isShared = host.networkMode == "host" || host.networkMode.hasPrefix("container:")
        configuration.hostname = isShared ? "" : run.hostname
        for mount in mounts {
            if case .tmpfs(let options) = mount.kind { host.tmpfs[mount.destination] = options }
        }
        try HostDirectory.make("\(files.run)/mounts", mode: 0o700)
        for (number, mount) in mounts.enumerated() {
            guard let source = try attach(mount, number) else { continue }
            host.binds.append("\(source):\(mount.destination)\(mount.isReadOnly ? ":ro" : "")")
        }
        let networks = try engine.networksForCreation(
            ContainerRequest(configuration: configuration, host: host), &configuration, &host)
        let plan = try ContainerPlan(id: id, configuration, host, facts, mounts: try ContainerMount.list(host))
        let destinations = plan.mounts.map(\.destination)
        try rememberStubs(
            for: destinations + [
                "/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/proc", "/sys", "/dev",
            ])
        let connection = try connect(plan, networks)
        let result = Result { try start(plan, facts, connection, run, output) }
        // The kernel takes the links away with the namespace; addresses are the store's.
        if case .failure = result { try? disconnect(networks) } else { try disconnect(networks) }
        return try result.get()
    }

    private func start(
        _ plan: ContainerPlan, _ facts: HostFacts, _ connection: NetworkConnection?, _ run: BuildRun,
        _ output: (ArraySlice<UInt8>) -> Void
    ) throws -> Int32 {
        let engine = session.engine
        let generated = try GeneratedFiles.write(plan, connection, to: files)
        try addHosts(run.addedHosts, gateway: GeneratedFiles.hostAddress(plan, connection).map { "\($0)" })
        var specification = try SpecificationBuilder(
            plan: plan, facts: facts, user: engine.resolve(plan.user, in: files), rootfs: files.rootfs,
            generatedFiles: generated, seccomp: engine.seccomp(for: plan),
            hostDevices: plan.privileged ? HostDevices.read() : [], networkNamespace: connection?.namespacePath
        ).specification()
        // What a program sees is what the file says: the name of the host is in no image.
        if !run.environment.contains(where: { $0.hasPrefix("HOSTNAME=") }) {
            specification.process?.env.removeAll { $0.hasPrefix("HOSTNAME=") }
        }
        try ConfinementProfile.prepare(
            for: specification.process?.apparmorProfile, runRoot: engine.locations.runRoot)
        try HostDirectory.write(specification.json.bytes(), to: files.specification, mode: 0o600)
        let code = try start(output)
        // Until it had started, only this process may have held the network namespace.
        withExtendedLifetime(connection) {}
        return code
    }

    /// - Parameter gateway: What stands for `host-gateway`; without a network such a name is left out, as `run` does.
    private func addHosts(_ hosts: [(name: String, address: String)], gateway: String?) throws {
        guard !hosts.isEmpty else { return }
        let lines = hosts.compactMap { host in
            let address = host.address == "host-gateway" ? gateway : host.address
            return address.map { "\($0)\t\(host.name)\n" }
        }.joined()
        try HostDirectory.write((try readText(files.hosts) + lines).utf8, to: files.hosts, mode: 0o644)
    }

    /// Makes what a mount shows visible in a place of the engine's own, where no container can change the way to it.
    ///
    /// - Returns: The place; `nil` for what is mounted from nowhere.
    private func attach(_ mount: BuildMount, _ number: Int) throws -> String? {
        let place = "\(files.run)/mounts/\(number)"
        switch mount.kind {
        case .tmpfs: return nil
        case .secret(let bytes, let uid, let gid, let mode):
            return try inMemory("secrets", number, bytes, (uid, gid, mode), [.noSetUID, .noDevices, .noExec])
        case .script(let bytes):
            return try inMemory("scripts", number, bytes, (0, 0, 0o755), [.noSetUID, .noDevices])
        case .scratch:
            guard let isDirectory = try mount.isDirectory, let copy = try mount.copy(subject: mount.destination) else {
                return nil
            }
            guard isDirectory else {
                throw EngineError(.unsupported, "a single file cannot be mounted rw: mount the directory that it is in")
            }
            let (lower, writable) = ("\(files.run)/mounts/\(number)-below", "\(files.directory)/scratch-\(number)")
            for path in [place, lower, "\(writable)/upper", "\(writable)/work"] {
                try HostDirectory.make(path, mode: 0o755)
            }
            try copy.attach(to: OwnedDescriptor(open: lower, .pathOnly), subject: lower)
            try OverlayMount(lower: [lower], upper: ("\(writable)/upper", "\(writable)/work")).attach(
                to: OwnedDescriptor(open: place, [.pathOnly, .directory]), subject: place)
            return place
        case .tree:
            guard let isDirectory = try mount.isDirectory, let copy = try mount.copy(subject: mount.destination) else {
                return nil
            }
            if isDirectory {
                try HostDirectory.make(place, mode: 0o700)
            } else {
                _ = try OwnedDescriptor(open: place, [.write, .create, .exclusive, .noFollow])
            }
            try copy.attach(to: OwnedDescriptor(open: place, .pathOnly), subject: place)
            return place
        }
    }

    /// Writes a file to a file system in memory that only the engine can reach.
    private func inMemory(
        _ name: String, _ number: Int, _ bytes: [UInt8], _ owner: (uid: UInt32, gid: UInt32, mode: UInt32),
        _ attributes: MountAttributes
    ) throws -> String {
        let memory = "\(files.run)/\(name)"
        if !exists(memory) {
            try HostDirectory.make(memory, mode: 0o700)
            let mount = try DetachedMount.fileSystem(
                "tmpfs", source: "tmpfs", options: ["mode=0700"], attributes: attributes)
            try mount.attach(to: OwnedDescriptor(open: memory, [.pathOnly, .directory]), subject: memory)
        }
        let path = "\(memory)/\(number)"
        let file = try OwnedDescriptor(open: path, [.write, .create, .exclusive, .noFollow], mode: 0o600)
        try file.write(bytes)
        try file.setOwner(uid: owner.uid, gid: owner.gid)
        try file.setPermissions(owner.mode)
        return path
    }

    private func start(_ output: (ArraySlice<UInt8>) -> Void) throws -> Int32 {
        let engine = session.engine
        let arguments = [
            engine.runtime, "--root", engine.locations.runtimeState, "run", "--bundle", files.run, id.text,
        ]
        // Not in this terminal's process group: what ^C means is decided here.
        let spawn = Spawn(program: engine.runtime, arguments: arguments, newSession: true)
        let pipe = try Pipe()
        let child = try spawn.start([(pipe.writeEnd.raw, 1), (pipe.writeEnd.raw, 2)])
        let reader = pipe.keepReadEnd()
        var isEnding = false
        // The pipe ends when nobody has its other end any more: the runtime and all processes of the container.
        while true {
            let ready = try reader.wait(for: .readable, timeout: .milliseconds(200))
            if session.isCancelled, !isEnding {
                isEnding = true
                try engine.deleteRuntimeState(of: id)
            }
            guard !ready.isEmpty else { continue }
            let bytes = try reader.read(upTo: 65_536)
            if bytes.isEmpty { break }
            output(bytes[...])
        }
        let status = try child.wait()
        try engine.deleteRuntimeState(of: id)
        try session.checkCancelled()
        return status.shellCode
    }
}

extension BuildMount {
    fileprivate var isDirectory: Bool? {
        get throws(SyscallError) {
            switch tree {
            case .some(let tree): try tree.status().isDirectory
            case .none: nil
            }
        }
    }

    fileprivate func copy(subject: String) throws(SyscallError) -> DetachedMount? {
        switch tree {
        case .some(let tree): return try DetachedMount.copy(of: tree, recursive: false, subject: subject)
        case .none: return nil
        }
    }
}
