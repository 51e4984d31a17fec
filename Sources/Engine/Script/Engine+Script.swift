internal import LayerStore
internal import LinuxKernel
internal import OCISpec

extension Engine {
    /// A POSIX shell script that builds the same container by hand, with util-linux's commands.
    ///
    /// - Throws: `EngineError` of kind `notFound`.
    public func script(of reference: String) throws(EngineError) -> String {
        let description = try describe(reference, rootfs: "/") { files, _ in
            files.map { ($0.destination, $0.destination) }
        }
        let network: String? =
            switch description.plan.network.mode {
            case .none, .host: nil
            case .container(let other): "the network of container \(other)"
            case .network(let name): "network \(name)"
            }
        return ContainerScript(
            specification: description.specification, layers: description.layers, files: description.files,
            name: description.name, network: network
        ).text()
    }

    /// What a start would make of a container: its config.json, as far as it is decided before.
    ///
    /// - Parameters:
    ///   - rootfs: Where its root is to be; `nil` for where it will be.
    ///   - place: Where the generated files come from and go to.
    func describe(
        _ reference: String, rootfs: String?, networkNamespace: String? = nil,
        _ place: ([(destination: String, text: String)], ContainerLocations) -> [(source: String, destination: String)]
    ) throws(EngineError) -> StartDescription {
        let record = try store.container(reference)
        do {
            guard let image = try store.image(record.imageID) else {
                throw EngineError(.fault, "the image of container \(record.name) is gone")
            }
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
            let hosts = GeneratedFiles.hosts(plan, nil, ofHost: (try? readText("/etc/hosts")) ?? "")
            let resolv = GeneratedFiles.resolvConf(plan.network, ofHost: (try? readText("/etc/resolv.conf")) ?? "")
            let files: [(destination: String, text: String)] = [
                ("/etc/resolv.conf", resolv), ("/etc/hostname", "\(plan.hostname)\n"), ("/etc/hosts", hosts),
            ]
            let specification = try SpecificationBuilder(
                plan: plan, facts: facts, user: user, rootfs: rootfs ?? locations.container(record.id).rootfs,
                generatedFiles: place(files, locations.container(record.id)),
                seccomp: seccomp(for: plan), hostDevices: plan.privileged ? HostDevices.read() : [],
                networkNamespace: networkNamespace, devices: DevicePlan(plan), sources: sources,
                initProgram: plan.hasInit ? try initProgram() : nil
            ).specification()
            let trees = try layerStore
            let layers = try image.layers.map { trees.treePath(of: ChainID(try Digest("sha256:\($0.chainID)"))) }
            return StartDescription(
                specification: specification, plan: plan, layers: layers.reversed(), files: files,
                name: record.name.text)
        } catch {
            throw .wrapping(error, while: "describe container \(record.name)")
        }
    }
}

/// A container as its next start would make it.
struct StartDescription {
    let specification: RuntimeConfig
    let plan: ContainerPlan
    /// The directories of its image, the highest first.
    let layers: [String]
    /// Those that are written for it.
    let files: [(destination: String, text: String)]
    let name: String
}
