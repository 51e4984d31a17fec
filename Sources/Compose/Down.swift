internal import ComposeFile
package import Engine

/// What `down` is told.
package struct DownOptions: Sendable {
    package var services: [String] = []
    package var removesVolumes = false
    package var removesOrphans = false
    /// `local` or `all`.
    package var images: String?
    package var stopSeconds: Int?

    package init() {}
}

extension ComposeRunner {
    /// Ends and removes what `up` has made.
    package func down(_ options: DownOptions) throws(EngineError) {
        let all = try existing()
        let known = Set(project.services.keys).union(project.inactive.keys)
        let chosen = all.filter { container in
            options.services.isEmpty
                ? known.contains(container.service) || options.removesOrphans || known.isEmpty
                : options.services.contains(container.service)
        }
        try takeDown(chosen, seconds: options.stopSeconds, volumes: options.removesVolumes)
        guard options.services.isEmpty else { return }
        let left = all.count - chosen.count
        if left > 0 {
            tell(
                "Project \(project.name)",
                "warning: \(left) containers of services that the files no longer have are left; remove them with "
                    + "--remove-orphans", true)
        } else {
            try removeNetworks(try Self.networks(engine, of: project.name))
        }
        if options.removesVolumes { try removeVolumes() }
        if let which = options.images { try removeImages(all: which == "all") }
        if left == 0, rehearsal == nil { try engine.removeProjectDirectory(project.name) }
    }

    private func removeImages(all: Bool) throws(EngineError) {
        var seen: Set<String> = []
        for name in project.order {
            guard let service = project.services[name], all || service.image == nil else { continue }
            let image = project.imageName(service)
            guard seen.insert(image).inserted else { continue }
            if rehearsal != nil {
                if try engine.imageIdentifier(image) != nil { _ = only("remove image", image) }
                continue
            }
            do throws(EngineError) {
                _ = try engine.removeImage(image)
                tell("Image \(image)", "Removed", true)
            } catch {
                switch error.kind {
                case .notFound: continue
                case .conflict: tell("Image \(image)", "still in use", true)
                default: throw error
                }
            }
        }
    }
}
