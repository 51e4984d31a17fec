internal import Cgroups
internal import LinuxKernel

/// What a container has used, at one moment.
public struct ContainerStatistics: Equatable, Sendable {
    public let id: Identifier
    public let name: String
    /// Whether it runs; else all counts are 0.
    public var isRunning = false
    /// Milliseconds of the clock that never goes back, when this was read.
    public var moment: Int64 = 0
    /// Nanoseconds of processor time.
    public var processorTime: UInt64 = 0
    /// Bytes, without cache that nobody has used for long.
    public var memory: UInt64 = 0
    /// Bytes; the host's memory where there is no smaller limit.
    public var memoryLimit: UInt64 = 0
    public var anonymous: UInt64 = 0
    public var file: UInt64 = 0
    public var kernel: UInt64 = 0
    public var swap: UInt64 = 0
    /// Percent of the last ten seconds in which some process waited; `nil` where the kernel does not count it.
    public var processorPressure: Double?
    public var memoryPressure: Double?
    public var diskPressure: Double?
    /// Bytes over all interfaces but the loopback.
    public var received: UInt64 = 0
    public var sent: UInt64 = 0
    /// Bytes.
    public var read: UInt64 = 0
    public var written: UInt64 = 0
    public var processes: UInt64 = 0

    /// Percent of one processor between `earlier` and now: two busy processors are 200.
    public func processorShare(since earlier: ContainerStatistics?) -> Double {
        guard let earlier, moment > earlier.moment, processorTime > earlier.processorTime else { return 0 }
        return Double(processorTime - earlier.processorTime) / (Double(moment - earlier.moment) * 1e6) * 100
    }

    /// Percent.
    public var memoryShare: Double { memoryLimit == 0 ? 0 : Double(memory) / Double(memoryLimit) * 100 }
}

extension Engine {
    /// What containers use.
    ///
    /// - Parameters:
    ///   - references: Which; none is all that run.
    ///   - all: Those that do not run as well, if none is named.
    /// - Throws: `EngineError`; `notFound` for a name that nobody has.
    public func statistics(_ references: [String], all: Bool = false) throws(EngineError) -> [ContainerStatistics] {
        let records =
            try references.isEmpty
            ? store.containers() : references.map { text throws(EngineError) in try store.container(text) }
        let host: CgroupHost
        let total: UInt64
        do {
            host = try CgroupHost.detect()
            total = UInt64(clamping: Self.totalMemory(try readText("/proc/meminfo")))
        } catch {
            throw .wrapping(error, while: "look at this host")
        }
        var result: [ContainerStatistics] = []
        for record in records {
            var entry = ContainerStatistics(id: record.id, name: record.name.text)
            if case .running(let process?) = try observe(record) {
                do {
                    try read(&entry, record, process, host, total)
                } catch {
                    // It has ended meanwhile.
                    if case .running = try observe(record) {
                        throw .wrapping(error, while: "read what container \(record.name) uses")
                    }
                }
            } else if references.isEmpty, !all {
                continue
            }
            result.append(entry)
        }
        return result
    }

    /// The cgroup of a container, where it was made.
    func cgroup(of id: Identifier, on host: CgroupHost) throws -> ContainerCgroup {
        let parent = try store.configurations(of: id).host.cgroupParent
        let path = "\(parent.isEmpty ? "/brig" : normalized("/" + parent) ?? "/brig")/\(id.text)"
        return try ContainerCgroup.open(CgroupPlacement(host.hierarchies.map { ($0.label, path) }), on: host)
    }

    private func read(
        _ entry: inout ContainerStatistics, _ record: ContainerRecord, _ process: ProcessIdentity, _ host: CgroupHost,
        _ total: UInt64
    ) throws {
        let used = try cgroup(of: record.id, on: host).statistics()
        entry.isRunning = true
        entry.moment = MonotonicClock.milliseconds
        entry.processorTime = used.cpu?.usageNanoseconds ?? 0
        entry.processorPressure = used.cpu?.pressure?.some.average10
        if let memory = used.memory {
            entry.memory = memory.working
            entry.memoryLimit = min(total, memory.usage.limit.amount ?? total)
            (entry.anonymous, entry.file) = (memory.anonymous, memory.file)
            entry.kernel = memory.kernel?.current ?? 0
            entry.swap = memory.swap?.current ?? 0
            entry.memoryPressure = memory.pressure?.some.average10
        }
        if let disks = used.blockIO {
            entry.read = Statistics.BlockIO.total(.read, of: disks.bytes)
            entry.written = Statistics.BlockIO.total(.write, of: disks.bytes)
            entry.diskPressure = disks.pressure?.some.average10
        }
        entry.processes = used.pids?.current ?? 0
        let traffic = NetworkTraffic(parsing: (try? readText("/proc/\(process.pid)/net/dev")) ?? "")
        (entry.received, entry.sent) = (traffic.received, traffic.sent)
    }
}

/// What `/proc/PID/net/dev` counts. Source: proc(5).
struct NetworkTraffic: Equatable, Sendable {
    var received: UInt64 = 0
    var sent: UInt64 = 0

    init(parsing text: String) {
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, parts[0].filter({ $0 != " " }) != "lo" else { continue }
            let numbers = parts[1].split(separator: " ").map { UInt64($0) }
            guard numbers.count >= 9, let received = numbers[0], let sent = numbers[8] else { continue }
            self.received = self.received.addingReportingOverflow(received).partialValue
            self.sent = self.sent.addingReportingOverflow(sent).partialValue
        }
    }
}
