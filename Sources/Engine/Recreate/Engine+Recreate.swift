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
        var specification = try describe(reference, rootfs: root) { _, files in
            // They are there once the container has been started.
            [
                (source: files.resolvConf, destination: "/etc/resolv.conf"),
                (source: files.hostname, destination: "/etc/hostname"),
                (source: files.hosts, destination: "/etc/hosts"),
            ].filter { exists($0.source) }
        }.specification
        // The cgroup is this container's; another one gets its own by its name.
        specification.linux?.cgroupsPath = nil
        return specification
    }
}
