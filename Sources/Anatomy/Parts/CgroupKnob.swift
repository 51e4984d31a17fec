/// A file of a cgroup that is worth showing.
struct CgroupKnob: Sendable {
    enum Unit: Sendable { case bytes, count, microseconds, nanoseconds, text, pressure, events([String]) }
    enum Kind: String, Sendable { case limit, usage, pressure, setting }

    let controller: String
    let file: String
    let meaning: String
    let unit: Unit
    let kind: Kind
    /// What the file says that limits nothing.
    let noLimit: [String]

    init(
        _ controller: String, _ file: String, _ meaning: String, _ unit: Unit, _ kind: Kind, noLimit: [String] = []
    ) {
        self.controller = controller
        self.file = file
        self.meaning = meaning
        self.unit = unit
        self.kind = kind
        self.noLimit = noLimit
    }

    /// v1 has this number for "none": the largest multiple of a page.
    private static let unlimitedBytes = "9223372036854771712"

    static let legacy: [CgroupKnob] = [
        .init("memory", "memory.limit_in_bytes", "the most memory", .bytes, .limit, noLimit: [unlimitedBytes]),
        .init(
            "memory", "memory.memsw.limit_in_bytes", "the most memory and swap together", .bytes, .limit,
            noLimit: [unlimitedBytes]),
        .init("memory", "memory.usage_in_bytes", "memory in use, the cache of files included", .bytes, .usage),
        .init("memory", "memory.max_usage_in_bytes", "the most that was ever in use", .bytes, .usage),
        .init("memory", "memory.failcnt", "how often the limit was met", .count, .usage),
        .init("memory", "memory.oom_control", "killed for memory", .events(["oom_kill", "under_oom"]), .usage),
        .init("cpu", "cpu.shares", "share of the processors when they are contended (1024 is usual)", .count, .setting),
        .init("cpu", "cpu.cfs_quota_us", "processor time in each period", .microseconds, .limit, noLimit: ["-1"]),
        .init("cpu", "cpu.cfs_period_us", "the period", .microseconds, .setting),
        .init("cpu", "cpu.stat", "held back by the quota", .events(["nr_throttled", "throttled_time"]), .usage),
        .init("cpuacct", "cpuacct.usage", "processor time used", .nanoseconds, .usage),
        .init("cpuset", "cpuset.cpus", "processors that may be used", .text, .limit),
        .init("cpuset", "cpuset.mems", "memory nodes that may be used", .text, .limit),
        .init("pids", "pids.max", "the most processes and threads", .count, .limit, noLimit: ["max"]),
        .init("pids", "pids.current", "processes and threads", .count, .usage),
        .init("devices", "devices.list", "devices that may be used", .text, .limit),
        .init("freezer", "freezer.state", "whether it runs", .text, .setting),
    ]

    static let unified: [CgroupKnob] = [
        .init("memory", "memory.max", "the most memory", .bytes, .limit, noLimit: ["max"]),
        .init("memory", "memory.high", "above this it is slowed down", .bytes, .limit, noLimit: ["max"]),
        .init("memory", "memory.swap.max", "the most swap", .bytes, .limit, noLimit: ["max"]),
        .init("memory", "memory.current", "memory in use, the cache of files included", .bytes, .usage),
        .init("memory", "memory.peak", "the most that was ever in use", .bytes, .usage),
        .init("memory", "memory.events", "limit met, killed for memory", .events(["max", "oom", "oom_kill"]), .usage),
        .init("memory", "memory.pressure", "time lost waiting for memory", .pressure, .pressure),
        .init("cpu", "cpu.max", "processor time in each period, the period", .text, .limit),
        .init("cpu", "cpu.weight", "share of the processors when they are contended (100 is usual)", .count, .setting),
        .init(
            "cpu", "cpu.stat", "processor time, held back by the limit",
            .events(["usage_usec", "nr_throttled", "throttled_usec"]), .usage),
        .init("cpu", "cpu.pressure", "time lost waiting for a processor", .pressure, .pressure),
        .init("cpuset", "cpuset.cpus.effective", "processors that may be used", .text, .limit),
        .init("pids", "pids.max", "the most processes and threads", .count, .limit, noLimit: ["max"]),
        .init("pids", "pids.current", "processes and threads", .count, .usage),
        .init("io", "io.max", "limits of devices", .text, .limit),
        .init("io", "io.pressure", "time lost waiting for devices", .pressure, .pressure),
        .init("freezer", "cgroup.freeze", "whether it is held still (1)", .count, .setting),
    ]
}

extension CgroupKnob {
    /// What the text of the file says, for people.
    func shownValue(_ text: String) -> String {
        let value = text.split(separator: "\n").first.map(String.init) ?? ""
        if noLimit.contains(value) { return "no limit" }
        switch unit {
        case .bytes: return UInt64(value).map(shownSize) ?? value
        case .count, .text:
            let lines = text.split(separator: "\n").map(String.init)
            return lines.isEmpty ? "–" : lines.joined(separator: "; ")
        case .microseconds: return UInt64(value).map { "\(Self.decimal($0, 1000)) ms" } ?? value
        case .nanoseconds: return UInt64(value).map { "\(Self.decimal($0 / 1_000_000, 1000)) s" } ?? value
        case .pressure: return Self.pressure(text)
        case .events(let names):
            let fields = Self.fields(text)
            return names.compactMap { name in fields[name].map { "\(name) \($0)" } }.joined(separator: ", ")
        }
    }

    private static func decimal(_ number: UInt64, _ scale: UInt64) -> String {
        let rest = String(number % scale)
        let fraction = (String(repeating: "0", count: max(0, 3 - rest.count)) + rest).replacingTrailingZeros()
        return fraction.isEmpty ? "\(number / scale)" : "\(number / scale).\(fraction)"
    }

    /// `some avg10=0.12 avg60=… total=…` as `0.12 % of the last 10 s, 0 % of the last minute`.
    private static func pressure(_ text: String) -> String {
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("some ") }) else { return "–" }
        var values: [Substring: Substring] = [:]
        for word in line.split(separator: " ").dropFirst() {
            let parts = word.split(separator: "=")
            if parts.count == 2 { values[parts[0]] = parts[1] }
        }
        return "\(values["avg10"] ?? "?") % of the last 10 s, \(values["avg60"] ?? "?") % of the last minute"
    }

    static func fields(_ text: String) -> [String: String] {
        var result: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 2 { result[String(words[0])] = String(words[1]) }
        }
        return result
    }
}

extension String {
    fileprivate func replacingTrailingZeros() -> String {
        var text = self[...]
        while text.last == "0" { text.removeLast() }
        return String(text)
    }
}
