internal import LinuxKernel
internal import MonitorProtocol
internal import OCISpec

extension BuildRoot {
    /// Gives the step its place in the networks of its configuration.
    ///
    /// Addresses belong to containers of the store, so for the time of the program there is one, named `build-…`.
    ///
    /// - Returns: `nil` where the step has the host's network, or one with nothing in it.
    func connect(_ plan: ContainerPlan, _ networks: [NetworkWish]) throws -> NetworkConnection? {
        let engine = session.engine
        var record = ContainerRecord(
            id: id, name: try ContainerName("build-\(id.short)"), created: .now, imageID: id, imageName: "",
            command: "a step of a build")
        guard case .network = plan.network.mode else { return try engine.connect(record, plan, Undo()) }
        guard let image = try session.firstImage ?? engine.store.images().first?.id else {
            throw EngineError(
                .unsupported, "a step has a network only where there is an image: use --network none for this build")
        }
        record.imageID = image
        let name = record.name
        // Nothing of the step's own: its environment may hold secrets, which the store must not.
        _ = try engine.store.add(record, ContainerConfiguration(), HostConfiguration(), networks) {
            $0 == 0 ? name : nil
        }
        do {
            return try engine.connect(record, plan, Undo())
        } catch {
            // The first error is the one to tell; the next build takes away what is left.
            try? disconnect(networks)
            throw error
        }
    }

    /// Takes the place in the networks away.
    func disconnect(_ networks: [NetworkWish]) throws {
        if !networks.isEmpty { try session.engine.forgetBuildStep(id) }
    }
}

extension Engine {
    /// Takes away the addresses of a build's step, and the container that they belonged to.
    func forgetBuildStep(_ id: Identifier) throws(EngineError) {
        guard try store.container(id) != nil else { return }
        try disconnect(id)
        try store.removeContainer(id)
    }
}
