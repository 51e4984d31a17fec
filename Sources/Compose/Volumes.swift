internal import ComposeFile
internal import Engine

extension ComposeRunner {
    /// Volumes come about with the containers that name them.
    func makeVolumes(of services: [String]) throws(EngineError) {}

    func removeVolumes() throws(EngineError) {
        let own = project.volumes.values.filter { !$0.isExternal }.map(\.name).sorted()
        guard own.isEmpty else {
            throw EngineError(
                .unsupported, "volumes (\(own.joined(separator: ", "))) cannot be removed by this version")
        }
    }
}
