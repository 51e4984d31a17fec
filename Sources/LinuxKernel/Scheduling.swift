internal import CLinux
internal import Glibc

/// A list of processors or memory nodes as the kernel writes them, such as `0-3,7`. Source: cpuset(7), "List format".
public struct IndexList: Equatable, Sendable {
    /// One bit for each index, the lowest first.
    public let words: [UInt64]

    /// Reads a list; `nil` if it is not one, is empty, or names an index above 8191, more than any kernel has.
    public init?(_ text: String) {
        var words: [UInt64] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
            guard let first = ends.first.flatMap({ UInt16($0) }), let last = ends.last.flatMap({ UInt16($0) }),
                first <= last, last < 8192
            else { return nil }
            while words.count <= Int(last) / 64 { words.append(0) }
            for index in first...last { words[Int(index) / 64] |= 1 << UInt64(index % 64) }
        }
        self.words = words
    }
}

/// How the kernel shares out its time and memory to the calling process.
public enum Scheduling {
    /// Restricts this process to some processors. Source: sched_setaffinity(2).
    ///
    /// - Throws: `EINVAL` if none of them may be used.
    public static func setAffinity(_ processors: IndexList) throws(SyscallError) {
        let bytes = processors.words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
        try kernel("sched_setaffinity", "processors") { clinux_sched_setaffinity(0, bytes.count, bytes) }
    }

    /// Sets policy, priority and flags as sched_setattr(2) takes them.
    ///
    /// - Throws: `EPERM` without CAP_SYS_NICE, `EINVAL`, `EBUSY` if a deadline cannot be kept.
    public static func set(
        policy: UInt32, flags: UInt64, nice: Int32, priority: UInt32, runtime: UInt64, deadline: UInt64, period: UInt64
    ) throws(SyscallError) {
        var attributes = clinux_sched_attr()
        attributes.sched_policy = policy
        attributes.sched_flags = flags
        attributes.sched_nice = nice
        attributes.sched_priority = priority
        attributes.sched_runtime = runtime
        attributes.sched_deadline = deadline
        attributes.sched_period = period
        try kernel("sched_setattr", "policy \(policy)") { clinux_sched_setattr(0, &attributes, 0) }
    }

    /// Sets the I/O class (1 real-time, 2 best effort, 3 idle) and the level in it (0 to 7). Source: ioprio_set(2).
    public static func setIOPriority(ioClass: UInt8, level: UInt8) throws(SyscallError) {
        try kernel("ioprio_set", "class \(ioClass) level \(level)") {
            clinux_ioprio_set(1, 0, CInt(ioClass) << 13 | CInt(level))
        }
    }

    /// Sets where memory of this process comes from. Source: set_mempolicy(2).
    ///
    /// - Parameter mode: A mode with its flags.
    public static func setMemoryPolicy(mode: Int32, nodes: IndexList?) throws(SyscallError) {
        let words = nodes?.words.map { UInt(truncatingIfNeeded: $0) } ?? []
        // The kernel takes one bit less than it is told.
        let bits = words.isEmpty ? 0 : UInt(words.count * 64 + 1)
        try kernel("set_mempolicy", "mode \(mode)") { clinux_set_mempolicy(mode, words.isEmpty ? nil : words, bits) }
    }

    /// Sets the execution domain. Source: personality(2).
    public static func setPersonality(_ persona: UInt) throws(SyscallError) {
        try kernel("personality", "\(persona)") { clinux_personality(persona) }
    }
}
