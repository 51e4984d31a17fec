internal import LinuxKernel
internal import OCISpec

/// In which form `inspect` gives back what makes a container.
public enum RecreationForm: String, CaseIterable, Sendable {
    /// The command line.
    case run
    /// A compose file with one service.
    case compose
    /// A bundle's `config.json`.
    case oci
}

extension Engine {
    /// What makes this container again, in a form that can be given back: to a shell, to compose, to an OCI runtime.
    ///
    /// The bundle's root is `rootfs` beside the file: `brig export` writes what belongs there. It has a network namespace of
    /// its own without links where the container is in a network, as links are the engine's.
    ///
    /// - Throws: `EngineError` of kind `notFound`.
    public func recreation(of reference: String, as form: RecreationForm) throws(EngineError) -> String {
        switch form {
        case .run:
            let words = try description(of: reference).runWords
            return (["brig", "run"] + words.map(ContainerScript.quoted)).joined(separator: " ") + "\n"
        case .compose: return try description(of: reference).composeText
        case .oci:
            return try specification(of: reference, root: "rootfs").json.text(.indented("  ")) + "\n"
        }
    }

    private func description(of reference: String) throws(EngineError) -> ContainerDescription {
        let record = try store.container(reference)
        let (configuration, host) = try store.configurations(of: record.id)
        // Without its image, everything has to be said.
        let image = try store.image(record.imageID)?.configuration ?? ImageConfiguration()
        let facts = try HostFacts.read()
        return ContainerDescription(
            name: record.name.text, configuration: configuration, host: host, image: image,
            networks: try store.connections(of: record.id),
            defaultCgroupMode: facts.hasUnifiedCgroups ? "private" : "host", defaultHostname: record.id.short)
    }

    private func specification(of reference: String, root: String) throws(EngineError) -> RuntimeConfig {
        let record = try store.container(reference)
        do {
            let (configuration, host) = try store.configurations(of: record.id)
            let facts = try HostFacts.read()
            let mounts = try store.mounts(of: record.id)
            let plan = try ContainerPlan(id: record.id, configuration, host, facts, mounts: mounts)
            var sources: [String: String] = [:]
            for mount in mounts where mount.kind == .volume {
                sources[mount.destination] = locations.volumeData(VolumeName(unchecked: mount.source))
            }
            let user = try withFiles(of: reference) { root in
                try UserDatabase(
                    passwd: RootFiles.text("/etc/passwd", in: root), group: RootFiles.text("/etc/group", in: root)
                ).resolve(plan.user, adding: plan.groups)
            }
            let files = locations.container(record.id)
            // They are there once the container has been started.
            let generated = [
                ("/etc/resolv.conf", files.resolvConf), ("/etc/hostname", files.hostname), ("/etc/hosts", files.hosts),
            ].filter { exists($0.1) }
            var specification = try SpecificationBuilder(
                plan: plan, facts: facts, user: user, rootfs: root,
                generatedFiles: generated.map { (source: $0.1, destination: $0.0) }, seccomp: seccomp(for: plan),
                hostDevices: plan.privileged ? HostDevices.read() : [], devices: DevicePlan(plan), sources: sources,
                initProgram: plan.hasInit ? try initProgram() : nil
            ).specification()
            // The cgroup is this container's; another one gets its own by its name.
            specification.linux?.cgroupsPath = nil
            return specification
        } catch {
            throw .wrapping(error, while: "describe container \(record.name)")
        }
    }
}
