public import LinuxKernel

/// What a container may use. An absent value leaves things as they are.
///
/// The meaning is that of the runtime-spec's `linux.resources`, which is that of cgroup v1; on v2 the values are
/// translated as other runtimes do.
public struct Limits: Equatable, Sendable {
    public var memory = Memory()
    public var cpu = CPU()
    /// The largest number of tasks.
    public var pids: Limit?
    public var blockIO = BlockIO()
    public var hugePages: [HugePages] = []
    public var network = Network()
    public var rdma: [RDMA] = []
    /// Which devices may be used; `nil` leaves the rules as they are.
    public var devices: DeviceRules?
    /// Files of cgroup v2, such as `memory.high`, with what is written to them.
    public var unified: [UnifiedSetting] = []

    public init() {}
}

extension Limits {
    /// All amounts in bytes.
    public struct Memory: Equatable, Sendable {
        public var limit: Limit?
        /// Kept from reclaim while the host is short of memory: v1's soft limit, v2's `memory.low`.
        public var reservation: Limit?
        /// Memory and swap together, as on v1.
        public var swap: Limit?
        /// Ignored: the kernel gave the limit up in Linux 5.16.
        public var kernel: Limit?
        /// Ignored, as by other runtimes.
        public var kernelTCP: Limit?
        /// 0 to 100; v1 alone.
        public var swappiness: UInt64?
        /// v1 alone.
        public var disableOOMKiller: Bool?
        /// v1 alone, where it is the default.
        public var useHierarchy: Bool?
        /// Refuse a limit below what is in use instead of letting v2's kernel kill for it.
        public var checkBeforeUpdate: Bool?

        public init() {}
    }

    public struct CPU: Equatable, Sendable {
        /// The weight against others on v1's scale: 2 to 262144, 1024 by default.
        public var shares: UInt64?
        /// Microseconds of CPU time for each period.
        public var quotaMicroseconds: Limit?
        /// What may be used above the quota, if saved before.
        public var burstMicroseconds: UInt64?
        public var periodMicroseconds: UInt64?
        /// v1 alone.
        public var realtimeRuntimeMicroseconds: Int64?
        /// v1 alone.
        public var realtimePeriodMicroseconds: UInt64?
        /// Such as `0-3,7`.
        public var cpus: String?
        /// Memory nodes, such as `0-1`.
        public var mems: String?
        /// Run only when nobody else wants to: 1; 0 is the default.
        public var idle: Int64?

        public init() {}
    }

    public struct BlockIO: Equatable, Sendable {
        /// 10 to 1000.
        public var weight: UInt16?
        /// 10 to 1000; v1 alone.
        public var leafWeight: UInt16?
        public var deviceWeights: [DeviceWeight] = []
        public var throttles: [Throttle] = []

        public struct DeviceWeight: Equatable, Sendable {
            public var device: DeviceNumber
            public var weight: UInt16?
            /// v1 alone.
            public var leafWeight: UInt16?

            public init(_ device: DeviceNumber, weight: UInt16?, leafWeight: UInt16? = nil) {
                self.device = device
                self.weight = weight
                self.leafWeight = leafWeight
            }
        }

        /// A rate that one device may not exceed; 0 takes a limit away.
        public struct Throttle: Equatable, Sendable {
            public enum Kind: Sendable { case readBytes, writeBytes, readOperations, writeOperations }

            public var kind: Kind
            public var device: DeviceNumber
            public var perSecond: UInt64

            public init(_ kind: Kind, _ device: DeviceNumber, perSecond: UInt64) {
                self.kind = kind
                self.device = device
                self.perSecond = perSecond
            }
        }

        public init() {}
    }

    public struct HugePages: Equatable, Sendable {
        /// As in the names of the kernel's files: `64KB`, `2MB`, `1GB`.
        public var pageSize: String
        /// Bytes.
        public var limit: UInt64

        public init(pageSize: String, limit: UInt64) {
            self.pageSize = pageSize
            self.limit = limit
        }
    }

    /// v1 alone.
    public struct Network: Equatable, Sendable {
        public var classID: UInt32?
        public var priorities: [Priority] = []

        public struct Priority: Equatable, Sendable {
            public var interface: String
            public var priority: UInt32

            public init(interface: String, priority: UInt32) {
                self.interface = interface
                self.priority = priority
            }
        }

        public init() {}
    }

    public struct RDMA: Equatable, Sendable {
        public var device: String
        public var handles: UInt32?
        public var objects: UInt32?

        public init(device: String, handles: UInt32?, objects: UInt32?) {
            self.device = device
            self.handles = handles
            self.objects = objects
        }
    }

    /// One file of cgroup v2.
    public struct UnifiedSetting: Equatable, Sendable {
        public let file: String
        /// Each line is written by itself.
        public let value: String

        /// - Throws: `CgroupError.invalidLimit` unless `file` is a plain name such as `memory.high`; the files that move,
        ///   kill or freeze processes are not limits and are refused, too.
        public init(file: String, value: String) throws(CgroupError) {
            func refuse(_ reason: String) -> CgroupError {
                .invalidLimit(name: "unified", value: file, reason: reason)
            }
            guard file.utf8.count <= 255, file.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "/") })
            else { throw refuse("must be a file name without slashes") }
            guard let dot = file.firstIndex(of: "."), dot != file.startIndex, file.last != "." else {
                throw refuse("must be of the form CONTROLLER.PARAMETER")
            }
            if file.hasPrefix("cgroup."), !UnifiedSetting.ownFiles.contains(file) {
                throw refuse("is not a limit")
            }
            self.file = file
            self.value = value
        }

        private static let ownFiles: Set<String> = [
            "cgroup.max.depth", "cgroup.max.descendants", "cgroup.pressure",
        ]

        /// The part before the first dot.
        var controllerName: Substring { file.prefix { $0 != "." } }
    }
}
