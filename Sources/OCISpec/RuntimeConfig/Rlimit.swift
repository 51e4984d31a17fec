extension RuntimeConfig.Process {
    /// A limit for setrlimit(2).
    public struct Rlimit: Equatable, Sendable {
        /// What is limited: getrlimit(2).
        public var type: Resource
        /// `UInt64.max` is no limit.
        public var hard: UInt64
        /// `UInt64.max` is no limit.
        public var soft: UInt64

        public init(type: Resource, hard: UInt64, soft: UInt64) {
            self.type = type
            self.hard = hard
            self.soft = soft
        }
    }
}

extension RuntimeConfig.Process.Rlimit: FieldValue {
    public init(json: JSONValue) throws(SpecError) {
        let fields = try FieldReader(json)
        type = try fields.required("type")
        hard = try fields.required("hard")
        soft = try fields.required("soft")
    }

    public var json: JSONValue {
        var fields = FieldWriter()
        fields.put("type", type)
        fields.put("hard", hard)
        fields.put("soft", soft)
        return fields.json
    }
}

extension RuntimeConfig.Process.Rlimit {
    /// Linux knows these sixteen, getrlimit(2).
    public enum Resource: String, CaseIterable, Sendable, NamedValue {
        case addressSpace = "RLIMIT_AS"
        case core = "RLIMIT_CORE"
        case cpu = "RLIMIT_CPU"
        case data = "RLIMIT_DATA"
        case fileSize = "RLIMIT_FSIZE"
        case locks = "RLIMIT_LOCKS"
        case lockedMemory = "RLIMIT_MEMLOCK"
        case messageQueues = "RLIMIT_MSGQUEUE"
        case nice = "RLIMIT_NICE"
        case openFiles = "RLIMIT_NOFILE"
        case processes = "RLIMIT_NPROC"
        case residentSet = "RLIMIT_RSS"
        case realtimePriority = "RLIMIT_RTPRIO"
        case realtimeTime = "RLIMIT_RTTIME"
        case pendingSignals = "RLIMIT_SIGPENDING"
        case stack = "RLIMIT_STACK"
    }
}
