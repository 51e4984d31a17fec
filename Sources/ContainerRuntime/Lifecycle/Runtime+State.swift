package import OCISpec

extension Runtime {
    /// The container as it is now, without waiting for commands that work on it.
    ///
    /// - Throws: `RuntimeError` of kind `notFound`, also while nothing is recorded of it.
    package func snapshot(_ id: ContainerID) throws -> ContainerSnapshot {
        let directory = try root.open(id)
        guard let snapshot = try directory.snapshot(locked: false) else { throw StateError.notFound(id) }
        return snapshot
    }

    /// All containers as they are now, sorted by ID. One that cannot be read is left out with a warning.
    package func list() throws -> [ContainerSnapshot] {
        var snapshots: [ContainerSnapshot] = []
        for id in try root.identifiers() {
            do {
                snapshots.append(try snapshot(id))
            } catch StateError.notFound {
                // Deleted meanwhile, or made only now.
                continue
            } catch {
                log.warning("container \(id) is left out: \(error)")
            }
        }
        return snapshots
    }
}

extension Runtime {
    /// The version of the runtime-spec that is implemented.
    package static let specVersion = "1.3.0"
}
