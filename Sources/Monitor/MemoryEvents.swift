internal import LinuxKernel

/// How often the kernel killed a process of a cgroup for want of memory.
///
/// Both `memory.events` (v2) and `memory.oom_control` (v1, Linux 4.13) have a line `oom_kill N`.
enum MemoryEvents {
    /// Reads the counter; 0 if the cgroup is gone.
    static func kills(_ file: borrowing OwnedDescriptor) -> UInt64 {
        // A count that cannot be had is no evidence of a kill.
        guard (try? file.seek(to: 0)) != nil, let text = try? file.readAll(limit: 4096) else { return 0 }
        return kills(in: String(decoding: text, as: UTF8.self))
    }

    static func kills(in text: String) -> UInt64 {
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 2, words[0] == "oom_kill" { return UInt64(words[1]) ?? 0 }
        }
        return 0
    }
}
