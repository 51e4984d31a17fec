extension RuntimeConfig.Linux {
    /// A device node to make in the container.
    public struct Device: Equatable, Sendable {
        /// In the container.
        public var path: String
        /// Of the node.
        public var type: Kind
        /// The driver; not for a pipe.
        public var major: Int64
        /// The device of that driver; not for a pipe.
        public var minor: Int64
        /// Permission bits; some writers add the file type, which counts for nothing.
        public var fileMode: UInt32?
        /// The owner in the container; 0 if absent.
        public var uid: UInt32?
        /// The group in the container; 0 if absent.
        public var gid: UInt32?

        public init(
            path: String, type: Kind, major: Int64 = 0, minor: Int64 = 0, fileMode: UInt32? = nil, uid: UInt32? = nil,
            gid: UInt32? = nil
        ) {
            self.path = path
            self.type = type
            self.major = major
            self.minor = minor
            self.fileMode = fileMode
            self.uid = uid
            self.gid = gid
        }
    }
}

extension RuntimeConfig.Linux.Device: FieldValue {
    public init(json: JSONValue) throws(SpecError) {
        let fields = try FieldReader(json)
        path = try fields.required("path")
        type = try fields.required("type")
        // A FIFO has no numbers.
        major = type == .fifo ? 0 : try fields.required("major")
        minor = type == .fifo ? 0 : try fields.required("minor")
        fileMode = try fields.optional("fileMode")
        uid = try fields.optional("uid")
        gid = try fields.optional("gid")
    }

    public var json: JSONValue {
        var fields = FieldWriter()
        fields.put("path", path)
        fields.put("type", type)
        if type != .fifo {
            fields.put("major", major)
            fields.put("minor", minor)
        }
        fields.optional("fileMode", fileMode)
        fields.optional("uid", uid)
        fields.optional("gid", gid)
        return fields.json
    }
}

extension RuntimeConfig.Linux.Device {
    /// mknod's letters.
    public enum Kind: String, CaseIterable, Sendable, NamedValue {
        case character = "c"
        case block = "b"
        /// Another name for `character`.
        case unbufferedCharacter = "u"
        case fifo = "p"
    }
}
