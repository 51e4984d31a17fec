/// The configuration of a container, `config.json` of a bundle: runtime-spec 1.3, config.md.
///
/// The types mirror the document: a field has the name it has there, `nil` or empty means absent. Names from a closed
/// list are enumerations; whether values are allowed together is what ``validate()`` tells.
public struct RuntimeConfig: Equatable, Sendable {
    /// The version of the specification that the document follows, in SemVer 2.0.0.
    public var ociVersion: String
    /// Required by the time of `start`.
    public var process: Process?
    /// Required on Linux.
    public var root: Root?
    /// Of the container's UTS namespace.
    public var hostname: String?
    /// NIS' name of its domain, of the same namespace.
    public var domainname: String?
    /// In the order in which they are made.
    public var mounts: [Mount]
    /// Programs to run on the container's way.
    public var hooks: Hooks?
    /// Arbitrary text for other programs; never chooses behaviour of the runtime.
    public var annotations: OrderedMap<String>
    /// What only Linux has.
    public var linux: Linux?

    public init(
        ociVersion: String, process: Process? = nil, root: Root? = nil, hostname: String? = nil,
        domainname: String? = nil, mounts: [Mount] = [], hooks: Hooks? = nil, annotations: OrderedMap<String> = [:],
        linux: Linux? = nil
    ) {
        self.ociVersion = ociVersion
        self.process = process
        self.root = root
        self.hostname = hostname
        self.domainname = domainname
        self.mounts = mounts
        self.hooks = hooks
        self.annotations = annotations
        self.linux = linux
    }
}

extension RuntimeConfig: FieldValue {
    public init(json: JSONValue) throws(SpecError) {
        let fields = try FieldReader(json)
        ociVersion = try fields.required("ociVersion")
        process = try fields.optional("process")
        root = try fields.optional("root")
        hostname = try fields.text("hostname")
        domainname = try fields.text("domainname")
        mounts = try fields.list("mounts")
        hooks = try fields.optional("hooks")
        annotations = try fields.map("annotations")
        linux = try fields.optional("linux")
    }

    public var json: JSONValue {
        var fields = FieldWriter()
        fields.put("ociVersion", ociVersion)
        fields.optional("process", process)
        fields.optional("root", root)
        fields.optional("hostname", hostname)
        fields.optional("domainname", domainname)
        fields.list("mounts", mounts)
        fields.optional("hooks", hooks)
        fields.map("annotations", annotations)
        fields.optional("linux", linux)
        return fields.json
    }
}

extension RuntimeConfig {
    /// In bytes. A usual configuration has some thirty thousand; the kernel takes arguments and variables of a few
    /// million.
    public static let sizeLimit = 16 << 20

    /// Parses and decodes a document; ``validate()`` is still to be called.
    public init(
        parsing bytes: UnsafeBufferPointer<UInt8>, sizeLimit: Int = Self.sizeLimit
    ) throws(SpecError) {
        try self.init(json: JSONValue(parsing: bytes, sizeLimit: sizeLimit))
    }
}

extension RuntimeConfig {
    /// The root filesystem.
    public struct Root: Equatable, Sendable {
        /// Absolute, or relative to the bundle.
        public var path: String
        /// The root mount is read-only; mounts below it are what they say.
        public var readonly: Bool

        public init(path: String, readonly: Bool = false) {
            self.path = path
            self.readonly = readonly
        }
    }
}

extension RuntimeConfig.Root: FieldValue {
    public init(json: JSONValue) throws(SpecError) {
        let fields = try FieldReader(json)
        path = try fields.required("path")
        readonly = try fields.flag("readonly")
    }

    public var json: JSONValue {
        var fields = FieldWriter()
        fields.put("path", path)
        fields.flag("readonly", readonly)
        return fields.json
    }
}
