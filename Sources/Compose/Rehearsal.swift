internal import ComposeFile
internal import Engine

extension ComposeRunner {
    /// Says what an `up` would do, in the order of the services.
    ///
    /// What would make it fail before it begins is an error here, too.
    func rehearse(_ order: [String], _ options: UpOptions) throws(EngineError) -> [Existing] {
        let plan = try plan(options)
        _ = try makeNetworks(of: order)
        try makeVolumes(of: order)
        if options.removesOrphans { end(plan.orphans) }
        for part in plan.parts {
            end(part.removals.filter { part.replaced[$0.number]?.id != $0.id })
            for number in part.creations {
                let name = containerName(part.service, number)
                _ = only(part.replaced[number] == nil ? "create" : "recreate", name)
                if options.starts { _ = only("start", name) }
            }
            if options.starts {
                for container in part.starts { _ = only("start", container.name) }
                for container in part.restarts { _ = only("restart", container.name) }
            }
            for container in part.kept { _ = only("keep", container.name) }
        }
        return []
    }

    private func end(_ containers: [Existing]) {
        for container in containers {
            if container.isRunning { _ = only("stop", container.name) }
            _ = only("remove", container.name)
        }
    }
}
