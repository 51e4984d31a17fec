public import LinuxKernel

/// What a container has used: the kernel's counters, from v1 or v2, in the same units. A part is `nil` where the container
/// has no such controller, a number where this kernel does not count it.
public struct Statistics: Equatable, Sendable {
    public var cpu: CPU?
    public var memory: Memory?
    public var pids: PIDs?
    public var blockIO: BlockIO?
    public var hugePages: [HugePages] = []
    public var rdma: [RDMA] = []

    public init() {}
}

extension Statistics {
    public struct CPU: Equatable, Sendable {
        public var usageNanoseconds: UInt64 = 0
        public var userNanoseconds: UInt64 = 0
        public var systemNanoseconds: UInt64 = 0
        /// v1 alone; empty on v2.
        public var perCPU: [PerCPU] = []
        public var throttling = Throttling()
        public var pressure: Pressure?

        public init() {}

        public struct PerCPU: Equatable, Sendable {
            public var usageNanoseconds: UInt64
            public var userNanoseconds: UInt64
            public var systemNanoseconds: UInt64
        }

        public struct Throttling: Equatable, Sendable {
            public var periods: UInt64 = 0
            public var throttledPeriods: UInt64 = 0
            public var throttledNanoseconds: UInt64 = 0
            public var bursts: UInt64 = 0
            public var burstNanoseconds: UInt64 = 0

            public init() {}
        }
    }

    /// Bytes.
    public struct Memory: Equatable, Sendable {
        public var usage = Counter()
        /// Memory and swap together, as v1 counts them; on v2 the sum.
        public var withSwap: Counter?
        /// Swap alone, as v2 counts it; on v1 the difference.
        public var swap: Counter?
        public var kernel: Counter?
        public var kernelTCP: Counter?
        /// Private pages of processes.
        public var anonymous: UInt64 = 0
        /// The page cache.
        public var file: UInt64 = 0
        /// Page cache that nobody has looked at for long: what Docker leaves out of a container's usage.
        public var inactiveFile: UInt64 = 0
        /// How often the kernel has killed a process of the container for want of memory.
        public var outOfMemoryKills: UInt64?
        /// `memory.stat`, in the kernel's order and under its names, which differ between v1 and v2.
        public var details: [Detail] = []
        public var pressure: Pressure?

        public init() {}

        public struct Detail: Equatable, Sendable {
            public var name: String
            public var value: UInt64
        }

        public struct Counter: Equatable, Sendable {
            public var current: UInt64 = 0
            /// The largest so far, where the kernel keeps it.
            public var peak: UInt64?
            public var limit = Limit.unlimited
            /// How often the limit was hit.
            public var failures: UInt64 = 0

            public init() {}
        }

        /// The usage as `docker stats` shows it.
        public var working: UInt64 { usage.current >= inactiveFile ? usage.current - inactiveFile : usage.current }
    }

    public struct PIDs: Equatable, Sendable {
        public var current: UInt64 = 0
        public var limit = Limit.unlimited
        /// How often the limit has kept a process from being made, where the kernel counts it.
        public var failures: UInt64?

        public init() {}
    }

    public struct BlockIO: Equatable, Sendable {
        public var bytes: [Entry] = []
        public var operations: [Entry] = []
        public var pressure: Pressure?

        public init() {}

        /// The sum over all devices of the entries for an operation.
        public static func total(_ operation: Operation, of entries: [Entry]) -> UInt64 {
            entries.reduce(0) { $1.operation == operation ? $0.addingReportingOverflow($1.amount).partialValue : $0 }
        }

        public enum Operation: String, Sendable {
            case read = "Read"
            case write = "Write"
            case sync = "Sync"
            case async = "Async"
            case discard = "Discard"
            case total = "Total"
        }

        public struct Entry: Equatable, Sendable {
            public var device: DeviceNumber
            public var operation: Operation
            public var amount: UInt64
        }
    }

    public struct HugePages: Equatable, Sendable {
        public var pageSize: String
        /// Bytes.
        public var usage: UInt64
        /// v1 alone.
        public var peak: UInt64?
        public var failures: UInt64
    }

    public struct RDMA: Equatable, Sendable {
        public var device: String
        public var handles: Limit
        public var objects: Limit
        public var handleLimit: Limit
        public var objectLimit: Limit
    }

    /// How long tasks have waited for a resource: v2 alone.
    ///
    /// Source: the kernel's accounting/psi.rst.
    public struct Pressure: Equatable, Sendable {
        /// Some waited.
        public var some = Share()
        /// All waited.
        public var full = Share()

        public init() {}

        public struct Share: Equatable, Sendable {
            /// Percent of the last 10, 60 and 300 seconds.
            public var average10: Double = 0
            public var average60: Double = 0
            public var average300: Double = 0
            public var totalMicroseconds: UInt64 = 0

            public init() {}
        }
    }
}
