public import LinuxKernel

/// What a container may use. An absent value leaves things as they are.
///
/// The meaning is that of the runtime-spec's `linux.resources`, which is that of cgroup v1; on v2 the values are
/// translated as other runtimes do.
public struct Limits: Equatable, Sendable {
    /// Controller `memory`.
    public var memory = Memory()
    /// Controllers `cpu` and `cpuset`.
    public var cpu = CPU()
    /// The largest number of tasks.
    public var pids: Limit?
    /// Controller `blkio` on v1, `io` on v2.
    public var blockIO = BlockIO()
    /// Controller `hugetlb`, one for each size of page.
    public var hugePages: [HugePages] = []
    /// Controllers `net_cls` and `net_prio`: v1 only.
    public var network = Network()
    /// Controller `rdma`, one for each device.
    public var rdma: [RDMA] = []
    /// Which devices may be used; `nil` leaves the rules as they are.
    public var devices: DeviceRules?
    /// Files of cgroup v2, such as `memory.high`, with what is written to them.
    public var unified: [UnifiedSetting] = []

    /// Limits nothing.
    public init() {}
}

extension Limits {
    /// All amounts in bytes.
    public struct Memory: Equatable, Sendable {
        /// Bytes.
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

        /// Limits nothing.
        public init() {}
    }

    /// Time on the processors, and which of them. `nil` leaves a setting as it is.
    public struct CPU: Equatable, Sendable {
        /// The weight against others on v1's scale: 2 to 262144, 1024 by default.
        public var shares: UInt64?
        /// Microseconds of CPU time for each period.
        public var quotaMicroseconds: Limit?
        /// What may be used above the quota, if saved before.
        public var burstMicroseconds: UInt64?
        /// Length of the period of the quota.
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

        /// Limits nothing.
        public init() {}
    }

    /// Input and output on block devices. `nil` leaves a setting as it is.
    public struct BlockIO: Equatable, Sendable {
        /// 10 to 1000.
        public var weight: UInt16?
        /// 10 to 1000; v1 alone.
        public var leafWeight: UInt16?
        /// Weights on single devices.
        public var deviceWeights: [DeviceWeight] = []
        /// Upper limits on single devices.
        public var throttles: [Throttle] = []

        /// A share of one device.
        public struct DeviceWeight: Equatable, Sendable {
            /// The block device.
            public var device: DeviceNumber
            /// 10 to 1000.
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
            /// What a rate counts, and in which direction.
            public enum Kind: Sendable { case readBytes, writeBytes, readOperations, writeOperations }

            /// What is counted.
            public var kind: Kind
            /// The block device.
            public var device: DeviceNumber
            /// Bytes or operations a second; 0 takes the limit away.
            public var perSecond: UInt64

            public init(_ kind: Kind, _ device: DeviceNumber, perSecond: UInt64) {
                self.kind = kind
                self.device = device
                self.perSecond = perSecond
            }
        }

        public init() {}
    }

    /// The most of huge pages of one size.
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
        /// The class that traffic control sees on the cgroup's packets; v1.
        public var classID: UInt32?
        /// Priorities on single interfaces; v1.
        public var priorities: [Priority] = []

        /// The priority of what is sent through one interface.
        public struct Priority: Equatable, Sendable {
            /// Its name in the network namespace of the writer.
            public var interface: String
            /// A higher number goes first.
            public var priority: UInt32

            public init(interface: String, priority: UInt32) {
                self.interface = interface
                self.priority = priority
            }
        }

        public init() {}
    }

    /// The most of a device for remote direct memory access.
    public struct RDMA: Equatable, Sendable {
        /// Its name, such as `mlx5_1`.
        public var device: String
        /// `hca_handle`; `nil` is not set.
        public var handles: UInt32?
        /// `hca_object`; `nil` is not set.
        public var objects: UInt32?

        public init(device: String, handles: UInt32?, objects: UInt32?) {
            self.device = device
            self.handles = handles
            self.objects = objects
        }
    }

    /// One file of cgroup v2.
    public struct UnifiedSetting: Equatable, Sendable {
        /// One component, such as `memory.high`.
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
