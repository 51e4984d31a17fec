public import OCISpec

/// Why a container's state cannot be had.
public enum StateError: Error, Equatable, CustomStringConvertible {
    /// Another container has this ID, or what a crash left of one.
    case exists(ContainerID)
    case notFound(ContainerID)
    /// Another command of the runtime works on this container and did not end in time.
    case busy(ContainerID)
    /// A directory that others could change is no place for states.
    case unsafeRoot(path: String, problem: String)
    /// The record cannot be read: a crash of another program's making, or no record of ours.
    case damaged(ContainerID, problem: String)

    public var description: String {
        switch self {
        case .exists(let id): "container with given ID already exists: \(id.text)"
        case .notFound(let id): "container does not exist: \(id.text)"
        case .busy(let id): "container \(id.text) is in use by another command"
        case .unsafeRoot(let path, let problem): "state root \(path): \(problem)"
        case .damaged(let id, let problem): "the record of container \(id.text) is damaged: \(problem)"
        }
    }
}
