internal import LinuxKernel
internal import MonitorProtocol
public import OCISpec

extension Engine {
    /// All about a container, in Docker's form.
    public func inspect(_ reference: String) throws(EngineError) -> ContainerInspection {
        let record = try store.container(reference)
        let (configuration, host) = try store.configurations(of: record.id)
        let files = locations.container(record.id)
        let command = configuration.command
        let layers = try store.image(record.imageID)?.layers ?? []
        var appArmor = ""
        if let facts = try? HostFacts.read(), facts.hasAppArmor {  // Only for show.
            appArmor = host.privileged ? "unconfined" : SpecificationBuilder.defaultAppArmorProfile
            appArmor = (try? SecurityOptions(host.securityOpt))?.appArmorProfile ?? appArmor
        }
        return ContainerInspection(
            id: record.id.text, created: record.created.description, path: command.first ?? "",
            args: Array(command.dropFirst()), state: try stateWithHealth(of: record), image: "sha256:\(record.imageID)",
            resolvConfPath: files.resolvConf, hostnamePath: files.hostname, hostsPath: files.hosts,
            logPath: host.logConfig.type == "json-file" ? files.log : "", name: "/\(record.name)",
            restartCount: record.restartCount,
            driver: "overlay2", platform: "linux", mountLabel: "", processLabel: "", appArmorProfile: appArmor,
            execIDs: nil, hostConfig: host,
            graphDriver: .init(
                data: [
                    "LowerDir": layers.reversed().map { "\(locations.layers)/\($0.chainID)" }.joined(separator: ":"),
                    "MergedDir": files.rootfs, "UpperDir": files.upper, "WorkDir": files.work,
                ], name: "overlay2"),
            mounts: try store.mounts(of: record.id).filter { $0.kind != .tmpfs || host.tmpfs[$0.destination] == nil }
                .map { mountPoint($0, configuration) }, config: configuration,
            networkSettings: try networkSettings(of: record, configuration, host))
    }

    /// Docker shows those of `--tmpfs` among the options alone, those of `--mount` here, too.
    private func mountPoint(
        _ mount: ContainerMount, _ configuration: ContainerConfiguration
    ) -> ContainerInspection.MountPoint {
        let volume = mount.kind == .volume ? VolumeName(unchecked: mount.source) : nil
        // Docker's mark for every volume that was asked for by name or by --mount, whether the host labels files or not.
        let isImplied = configuration.volumes[mount.destination] != nil && Identifier(mount.source) != nil
        let mode = mount.mode.isEmpty && volume != nil && !isImplied ? "z" : mount.mode
        return ContainerInspection.MountPoint(
            type: mount.kind.rawValue, name: volume?.text, source: volume.map(locations.volumeData) ?? mount.source,
            destination: mount.destination, driver: volume == nil ? nil : "local", mode: mode,
            rw: !mount.isReadOnly, propagation: volume == nil ? mount.propagation : "")
    }

    /// All about a container or, if there is none of that name, an image, or else a volume.
    ///
    /// - Throws: `EngineError` of kind `notFound` if there is neither.
    /// - Parameter complete: With what JSON leaves out where it is not set: for templates, which may name it.
    public func inspectObject(_ reference: String, complete: Bool = false) throws(EngineError) -> JSONValue {
        do {
            do {
                return try inspect(reference).json(complete: complete)
            } catch let error as EngineError where error.kind == .notFound {
                do {
                    return try JSONValue(encoding: try inspectImage(reference), complete: complete)
                } catch let error as EngineError where error.kind == .notFound {
                    do {
                        return try JSONValue(encoding: try inspectNetwork(reference), complete: complete)
                    } catch let error as EngineError where error.kind == .notFound {
                        return try JSONValue(encoding: try inspectVolume(reference), complete: complete)
                    }
                }
            }
        } catch let error as EngineError where error.kind == .notFound {
            throw EngineError(.notFound, "no such object: \(quotedForError(reference))")
        } catch {
            throw .wrapping(error, while: "inspect \(quotedForError(reference))")
        }
    }
}
