internal import LinuxKernel
public import OCISpec

/// A container as those who group containers by labels see it.
public struct LabelledContainer: Equatable, Sendable {
    public let id: Identifier
    public let name: ContainerName
    public let labels: [String: String]
    /// The image as it was named, and its identifier with `sha256:` before it.
    public let image: String
    public let imageID: String
    public let command: String
    /// Seconds since 1970.
    public let created: Int64
    /// As in Docker: `created`, `running`, `exited` and others.
    public let status: String
    public let isRunning: Bool
    public let exitCode: Int32
    /// `starting`, `healthy`, `unhealthy`; `nil` without a health check.
    public let health: String?
    /// Docker's `State` object.
    public let state: JSONValue
}

extension Engine {
    /// The containers that have all of these labels, the oldest first.
    ///
    /// - Throws: `EngineError`.
    public func containers(labelled labels: [String: String]) throws(EngineError) -> [LabelledContainer] {
        var result: [LabelledContainer] = []
        for record in try store.containers() {
            do throws(EngineError) {
                if let container = try labelled(record, labels) { result.append(container) }
            } catch {
                // Another command may have removed it since the list was read.
                guard error.kind == .notFound else { throw error }
            }
        }
        return result.reversed()
    }

    /// Those of them that run although somebody has begun to end them. One whose removal was cut off before its last step is
    /// forgotten.
    ///
    /// - Throws: `EngineError`.
    public func endingContainers(labelled labels: [String: String]) throws(EngineError) -> [LabelledContainer] {
        var result: [LabelledContainer] = []
        for record in try store.containers() {
            let hasFiles = exists(locations.container(record.id).directory)
            guard record.wish == .stop || !hasFiles, let container = try labelled(record, labels) else { continue }
            if try forgetRemoved(record) { continue }
            if container.isRunning { result.append(container) }
        }
        return result
    }

    private func labelled(
        _ record: ContainerRecord, _ wanted: [String: String]
    ) throws(EngineError) -> LabelledContainer? {
        let labels = try store.configurations(of: record.id).container.labels
        guard wanted.allSatisfy({ labels[$0.key] == $0.value }) else { return nil }
        let state = try stateWithHealth(of: record)
        let document: JSONValue
        do {
            document = try JSONValue(encoding: state)
        } catch {
            throw .wrapping(error, while: "read the state of container \(record.name)")
        }
        var health: String?
        if case .object(let object) = document, case .object(let check)? = object["Health"],
            case .string(let status)? = check["Status"], status != "none"
        {
            health = status
        }
        return LabelledContainer(
            id: record.id, name: record.name, labels: labels, image: record.imageName,
            imageID: "sha256:\(record.imageID)", command: record.command, created: record.created.seconds,
            status: state.status, isRunning: state.running, exitCode: state.exitCode, health: health, state: document)
    }

    /// The identifier of a local image, with `sha256:` before it; `nil` if there is none of this name.
    public func imageIdentifier(_ name: String) throws(EngineError) -> String? {
        do throws(EngineError) {
            if HelloImage.isMeant(by: name) { try prepareHelloImage() }
            return "sha256:\(try store.image(name).id)"
        } catch {
            guard error.kind == .notFound else { throw error }
            return nil
        }
    }

    /// Where a project's files are, if it has any.
    public func projectPath(_ name: String) -> String { "\(locations.root)/compose/\(name)" }

    /// A directory for the files of a project, closed to everybody else; it is made if need be.
    public func projectDirectory(_ name: String) throws(EngineError) -> String {
        let path = projectPath(name)
        do {
            try HostDirectory.make(path, mode: 0o700)
        } catch {
            throw .wrapping(error, while: "make \(path)")
        }
        return path
    }

    /// Takes that directory away.
    public func removeProjectDirectory(_ name: String) throws(EngineError) {
        do {
            try HostDirectory.removeTree("\(locations.root)/compose/\(name)")
        } catch {
            throw .wrapping(error, while: "remove the files of project \(name)")
        }
    }
}

extension Engine {
    /// One container in that form.
    public func labelledContainer(_ reference: String) throws(EngineError) -> LabelledContainer {
        guard let container = try labelled(try store.container(reference), [:]) else {
            throw .noSuchContainer(reference)
        }
        return container
    }
}
