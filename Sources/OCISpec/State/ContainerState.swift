/// The state of a container as `state` prints it and hooks get it on standard input: runtime-spec 1.3, runtime.md.
public struct ContainerState: Equatable, Sendable {
    /// Of the specification that this document follows.
    public var ociVersion: String
    /// Unique on the host, for this runtime's root.
    public var id: String
    /// Where the container is on its way.
    public var status: Status
    /// Of the first process; given while the container is created or running.
    public var pid: Int32?
    /// Absolute.
    public var bundle: String
    /// Those of the config.
    public var annotations: OrderedMap<String>

    public init(
        ociVersion: String, id: String, status: Status, pid: Int32? = nil, bundle: String,
        annotations: OrderedMap<String> = [:]
    ) {
        self.ociVersion = ociVersion
        self.id = id
        self.status = status
        self.pid = pid
        self.bundle = bundle
        self.annotations = annotations
    }
}

extension ContainerState: FieldValue {
    public init(json: JSONValue) throws(SpecError) {
        let fields = try FieldReader(json)
        ociVersion = try fields.required("ociVersion")
        id = try fields.required("id")
        status = try fields.required("status")
        pid = try fields.optional("pid")
        bundle = try fields.required("bundle")
        annotations = try fields.map("annotations")
    }

    public var json: JSONValue {
        var fields = FieldWriter()
        fields.put("ociVersion", ociVersion)
        fields.put("id", id)
        fields.put("status", status)
        fields.optional("pid", pid)
        fields.put("bundle", bundle)
        fields.map("annotations", annotations)
        return fields.json
    }
}

extension ContainerState {
    /// runtime.md, "State", and `paused`, which runc has besides.
    public enum Status: String, CaseIterable, Sendable, NamedValue {
        case creating
        case created
        case running
        case stopped
        /// An addition of runc, for a container whose cgroup is frozen.
        case paused
    }
}

/// What the listener for the seccomp action `notify` gets, together with the descriptors: config-linux.md.
public struct ContainerProcessState: Equatable, Sendable {
    /// The descriptor that seccomp(2) returned for the listener.
    public static let seccompDescriptor = "seccompFd"

    /// Of the specification that this document follows.
    public var ociVersion: String
    /// The meaning of each descriptor, in their order; ``seccompDescriptor`` is the only one so far.
    public var fds: [String]
    /// As the runtime sees it.
    public var pid: Int32
    /// `listenerMetadata` of the configuration.
    public var metadata: String?
    /// Of the container whose process it is.
    public var state: ContainerState

    public init(ociVersion: String, fds: [String] = [], pid: Int32, metadata: String? = nil, state: ContainerState) {
        self.ociVersion = ociVersion
        self.fds = fds
        self.pid = pid
        self.metadata = metadata
        self.state = state
    }
}

extension ContainerProcessState: FieldValue {
    public init(json: JSONValue) throws(SpecError) {
        let fields = try FieldReader(json)
        ociVersion = try fields.required("ociVersion")
        fds = try fields.list("fds")
        pid = try fields.required("pid")
        metadata = try fields.text("metadata")
        state = try fields.required("state")
    }

    public var json: JSONValue {
        var fields = FieldWriter()
        fields.put("ociVersion", ociVersion)
        fields.list("fds", fds)
        fields.put("pid", pid)
        fields.optional("metadata", metadata)
        fields.put("state", state)
        return fields.json
    }
}
