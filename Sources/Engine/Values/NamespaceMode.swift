/// Whose namespace a container is in: `--pid`, `--ipc`, `--uts` and `--cgroupns`.
enum NamespaceMode: Equatable, Sendable {
    /// One of its own.
    case own
    /// One of its own, which other containers may join.
    case shareable
    /// One of its own, with no `/dev/shm`.
    case bare
    case host
    /// Another container's, by its name or identifier.
    case container(String)

    /// The kinds that have an option.
    enum Kind: Sendable {
        case pid, ipc, uts, cgroup, user

        fileprivate var refusal: String {
            switch self {
            case .pid: "--pid: invalid PID mode"
            case .ipc: "--ipc: invalid IPC mode"
            case .uts: "--uts: invalid UTS mode"
            case .cgroup: "--cgroupns: invalid CGROUP mode"
            case .user: "--userns: invalid USER mode"
            }
        }
    }

    /// - Throws: `EngineError` of kind `invalidInput`, in Docker's words.
    init(_ text: String, _ kind: Kind) throws(EngineError) {
        let words = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        switch (words[0], words.count == 2 ? words[1] : nil, kind) {
        // There is no mapping of users, so all containers are in the host's user namespace.
        case ("", nil, .user), ("host", nil, .user): self = .host
        case ("", nil, _), ("private", nil, .pid), ("private", nil, .uts), ("private", nil, .ipc),
            ("private", nil, .cgroup):
            self = .own
        case ("host", nil, _): self = .host
        case ("shareable", nil, .ipc): self = .shareable
        case ("none", nil, .ipc): self = .bare
        case ("container", let name?, .pid), ("container", let name?, .ipc), ("container", let name?, .uts),
            ("container", let name?, .cgroup):
            guard !name.isEmpty else { throw EngineError(.invalidInput, kind.refusal) }
            self = .container(name)
        case ("private", nil, .user), ("container", _?, .user):
            throw EngineError(
                .unsupported, "\(kind.refusal): user namespaces for containers are not supported yet, only host")
        default: throw EngineError(.invalidInput, "\(kind.refusal): \(quotedForError(text))")
        }
    }

    /// Whether a namespace is made for the container.
    var isNew: Bool {
        switch self {
        case .own, .shareable, .bare: true
        case .host, .container: false
        }
    }
}
