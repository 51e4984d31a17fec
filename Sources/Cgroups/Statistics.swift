public import LinuxKernel

/// What a container has used: the kernel's counters, from v1 or v2, in the same units. A part is `nil` where the container
/// has no such controller, a number where this kernel does not count it.
public struct Statistics: Equatable, Sendable {
    /// `nil` without the controller.
    public var cpu: CPU?
    /// `nil` without the controller.
    public var memory: Memory?
    /// `nil` without the controller.
    public var pids: PIDs?
    /// `nil` without the controller.
    public var blockIO: BlockIO?
    /// One for each size of page.
    public var hugePages: [HugePages] = []
    /// One for each device.
    public var rdma: [RDMA] = []

    /// Nothing is counted.
    public init() {}
}

extension Statistics {
    /// Time on the processors.
    public struct CPU: Equatable, Sendable {
        /// Of all processes, those that have ended, too.
        public var usageNanoseconds: UInt64 = 0
        /// The part of it in user mode.
        public var userNanoseconds: UInt64 = 0
        /// The part of it in the kernel.
        public var systemNanoseconds: UInt64 = 0
        /// v1 alone; empty on v2.
        public var perCPU: [PerCPU] = []
        /// How often the quota was used up.
        public var throttling = Throttling()
        /// `cpu.pressure`; v2.
        public var pressure: Pressure?

        /// Nothing is counted.
        public init() {}

        /// Time on one processor; v1.
        public struct PerCPU: Equatable, Sendable {
            /// All of it.
            public var usageNanoseconds: UInt64
            /// The part of it in user mode.
            public var userNanoseconds: UInt64
            /// The part of it in the kernel.
            public var systemNanoseconds: UInt64
        }

        /// `cpu.stat` about the quota.
        public struct Throttling: Equatable, Sendable {
            /// Periods in which a process wanted to run.
            public var periods: UInt64 = 0
            /// Periods in which the quota was used up.
            public var throttledPeriods: UInt64 = 0
            /// How long processes waited for the next period, all together.
            public var throttledNanoseconds: UInt64 = 0
            /// Periods in which saved-up time was used.
            public var bursts: UInt64 = 0
            /// How much of it was used.
            public var burstNanoseconds: UInt64 = 0

            /// Nothing is counted.
            public init() {}
        }
    }

    /// Bytes.
    public struct Memory: Equatable, Sendable {
        /// Memory without swap.
        public var usage = Counter()
        /// Memory and swap together, as v1 counts them; on v2 the sum.
        public var withSwap: Counter?
        /// Swap alone, as v2 counts it; on v1 the difference.
        public var swap: Counter?
        /// Memory of the kernel for this cgroup; v1.
        public var kernel: Counter?
        /// Buffers of TCP sockets; v1.
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
        /// `memory.pressure`; v2.
        public var pressure: Pressure?

        /// Nothing is counted.
        public init() {}

        /// A line of `memory.stat`.
        public struct Detail: Equatable, Sendable {
            /// The kernel's name for it.
            public var name: String
            /// Bytes for most, events for some.
            public var value: UInt64
        }

        /// One kind of memory.
        public struct Counter: Equatable, Sendable {
            /// Bytes.
            public var current: UInt64 = 0
            /// The largest so far, where the kernel keeps it.
            public var peak: UInt64?
            /// Bytes.
            public var limit = Limit.unlimited
            /// How often the limit was hit.
            public var failures: UInt64 = 0

            /// Nothing is counted.
            public init() {}
        }

        /// The usage as `docker stats` shows it.
        public var working: UInt64 { usage.current >= inactiveFile ? usage.current - inactiveFile : usage.current }
    }

    /// Processes and threads.
    public struct PIDs: Equatable, Sendable {
        /// Processes and threads now.
        public var current: UInt64 = 0
        /// How many there may be.
        public var limit = Limit.unlimited
        /// How often the limit has kept a process from being made, where the kernel counts it.
        public var failures: UInt64?

        /// Nothing is counted.
        public init() {}
    }

    /// Input and output on block devices.
    public struct BlockIO: Equatable, Sendable {
        /// What was moved.
        public var bytes: [Entry] = []
        /// In how many requests.
        public var operations: [Entry] = []
        /// `io.pressure`; v2.
        public var pressure: Pressure?

        /// Nothing is counted.
        public init() {}

        /// The sum over all devices of the entries for an operation.
        public static func total(_ operation: Operation, of entries: [Entry]) -> UInt64 {
            entries.reduce(0) { $1.operation == operation ? $0.addingReportingOverflow($1.amount).partialValue : $0 }
        }

        /// Which requests are counted.
        public enum Operation: String, Sendable {
            case read = "Read"
            case write = "Write"
            case sync = "Sync"
            case async = "Async"
            case discard = "Discard"
            case total = "Total"
        }

        /// A count of one device and one kind of request.
        public struct Entry: Equatable, Sendable {
            /// The block device.
            public var device: DeviceNumber
            /// Which requests.
            public var operation: Operation
            /// Bytes or requests.
            public var amount: UInt64
        }
    }

    /// Huge pages of one size.
    public struct HugePages: Equatable, Sendable {
        /// As in the names of the kernel's files: `2MB`.
        public var pageSize: String
        /// Bytes.
        public var usage: UInt64
        /// v1 alone.
        public var peak: UInt64?
        /// How often one was refused.
        public var failures: UInt64
    }

    /// Use of one device for remote direct memory access.
    public struct RDMA: Equatable, Sendable {
        /// Its name, such as `mlx5_1`.
        public var device: String
        /// `hca_handle` in use.
        public var handles: Limit
        /// `hca_object` in use.
        public var objects: Limit
        /// The most of `hca_handle`.
        public var handleLimit: Limit
        /// The most of `hca_object`.
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

        /// Nobody has waited.
        public init() {}

        /// How much of the time somebody waited, in percent.
        public struct Share: Equatable, Sendable {
            /// Percent of the last 10, 60 and 300 seconds.
            public var average10: Double = 0
            /// Over the last minute.
            public var average60: Double = 0
            /// Over the last five minutes.
            public var average300: Double = 0
            /// Since the cgroup was made.
            public var totalMicroseconds: UInt64 = 0

            /// Nobody has waited.
            public init() {}
        }
    }
}
