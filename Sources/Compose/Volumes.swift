internal import ComposeFile
internal import Engine

extension ComposeRunner {
    /// Makes the volumes that these services use and that are not there.
    func makeVolumes(of services: [String]) throws(EngineError) {
        let used = Set(
            services.flatMap { name in
                (project.services[name]?.mounts ?? []).filter { $0.kind == .volume }.compactMap(\.source)
            })
        guard !used.isEmpty else { return }
        let present = Dictionary(try engine.volumes().map { ($0.name, $0) }) { one, _ in one }
        for key in used.sorted() {
            guard let volume = project.volumes[key] else { continue }
            if let driver = volume.driver, driver != "local" {
                throw EngineError(.unsupported, "volume \(key): the driver \(driver) is not supported, only local")
            }
            if let present = present[volume.name] {
                guard volume.isExternal || present.options ?? [:] == volume.driverOptions else {
                    throw EngineError(
                        .conflict,
                        "volume \(volume.name) is there already, with other options than its driver_opts: remove it first"
                    )
                }
                continue
            }
            guard !volume.isExternal else {
                throw EngineError(
                    .notFound, "volume \(volume.name) is external and not there: make it with `brig volume create`")
            }
            if only("create volume", volume.name) { continue }
            tell("Volume \(volume.name)", "Creating", false)
            _ = try engine.createVolume(
                volume.name,
                labels: volume.labels.merging([
                    Label.project: project.name, Label.volume: key, Label.version: brigVersion,
                ]) { _, own in own }, options: volume.driverOptions)
            tell("Volume \(volume.name)", "Created", true)
        }
    }

    /// Removes the volumes that this project has made, with all that is in them.
    func removeVolumes() throws(EngineError) {
        for volume in try engine.volumes() where volume.labels?[Label.project] == project.name {
            if only("remove volume", volume.name) { continue }
            tell("Volume \(volume.name)", "Removing", false)
            do throws(EngineError) {
                try engine.removeVolume(volume.name, force: true)
                tell("Volume \(volume.name)", "Removed", true)
            } catch {
                guard error.kind == .conflict else { throw error }
                tell("Volume \(volume.name)", "still in use", true)
            }
        }
    }
}
