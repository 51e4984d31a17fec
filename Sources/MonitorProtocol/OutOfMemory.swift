/// What the kernel tells of a container in which it killed processes for want of memory. What it does not tell is `nil`.
public struct OutOfMemory: Equatable, Sendable {
    /// How many processes it killed.
    public var kills: UInt64
    /// In bytes; `nil` if the container itself has no limit, so that the host or a group above it had no more.
    public var limit: UInt64?
    /// The most that the container ever had, in bytes.
    public var peak: UInt64?
    /// The process that was killed last, as the kernel's log names it.
    public var process: String?
    /// Its number on the host.
    public var pid: Int32?

    public init(
        kills: UInt64, limit: UInt64? = nil, peak: UInt64? = nil, process: String? = nil, pid: Int32? = nil
    ) {
        self.kills = kills
        self.limit = limit
        self.peak = peak
        self.process = process
        self.pid = pid
    }

    /// One line for people.
    public var text: String {
        let last = process.map { name in name + (pid.map { " (\($0))" } ?? "") }
        let what =
            kills > 1
            ? "\(kills) processes were killed" + (last.map { ", the last was \($0)" } ?? "")
            : (last.map { "process \($0)" } ?? "a process") + " was killed"
        let most = limit.map { "limit \(Self.size($0))" } ?? "no limit of the container's own"
        return "out of memory: \(what): \(most)" + (peak.map { ", peak \(Self.size($0))" } ?? "")
    }

    /// Bytes in a unit that suits them, with two digits behind the point at most.
    private static func size(_ bytes: UInt64) -> String {
        for (shift, unit) in [(UInt64(30), "GiB"), (20, "MiB"), (10, "KiB")] where bytes >> shift > 0 {
            let hundredths = ((bytes >> (shift - 10)) * 100) >> 10
            let (whole, rest) = hundredths.quotientAndRemainder(dividingBy: 100)
            if rest == 0 { return "\(whole)\(unit)" }
            return rest % 10 == 0 ? "\(whole).\(rest / 10)\(unit)" : "\(whole).\(rest < 10 ? "0" : "")\(rest)\(unit)"
        }
        return "\(bytes)B"
    }
}

extension OutOfMemory {
    /// Members of the exit record, with a comma before each.
    var members: String {
        var text = ",\"oomKills\":\(Int64(clamping: kills))"
        if let limit { text += ",\"memoryLimit\":\(Int64(clamping: limit))" }
        if let peak { text += ",\"memoryPeak\":\(Int64(clamping: peak))" }
        if let process { text += ",\"oomProcess\":\(String(decoding: quotedJSON(Array(process.utf8)), as: UTF8.self))" }
        if let pid { text += ",\"oomPid\":\(pid)" }
        return text
    }

    /// `nil` where the record has no such members.
    init?(_ object: FlatObject) throws(MalformedObject) {
        guard let kills: UInt64 = try object.optionalInteger("oomKills") else { return nil }
        self.init(
            kills: kills, limit: try object.optionalInteger("memoryLimit"),
            peak: try object.optionalInteger("memoryPeak"),
            process: (try? object.text("oomProcess")).map { String(decoding: $0, as: UTF8.self) },
            pid: try object.optionalInteger("oomPid"))
    }
}
