internal import LinuxKernel
internal import MonitorProtocol

extension OutOfMemory {
    /// What can still be found out about a container in which processes were killed, before its cgroup goes.
    ///
    /// - Parameters:
    ///   - kills: How many.
    ///   - file: The open file of its memory cgroup that counts them.
    ///   - id: The container's, which is a part of the cgroup's path.
    static func ask(kills: UInt64, _ file: borrowing OwnedDescriptor, of id: String) -> OutOfMemory {
        var result = OutOfMemory(kills: kills)
        // What cannot be read is left out: the kill itself is known.
        if let path = try? readSymbolicLink("/proc/self/fd/\(file.raw)"), let slash = path.lastIndex(of: "/") {
            let directory = path[..<slash]
            func number(_ names: [String]) -> UInt64? {
                for name in names {
                    if let text = try? readText("\(directory)/\(name)", limit: 64) {
                        return UInt64(text.prefix { $0 != "\n" })
                    }
                }
                return nil
            }
            // v2 says "max" for no limit, v1 a number that no machine reaches.
            result.limit = number(["memory.max", "memory.limit_in_bytes"]).flatMap { $0 < 1 << 60 ? $0 : nil }
            result.peak = number(["memory.peak", "memory.max_usage_in_bytes"])
        }
        if let victim = KernelLog.lastVictim(in: id) { (result.process, result.pid) = (victim.name, victim.pid) }
        return result
    }
}

/// The kernel's log, for what it alone tells: whom it killed.
enum KernelLog {
    /// The process that was killed last in the cgroup of a container.
    ///
    /// Source: Linux 4.20's line `oom-kill:constraint=…,task_memcg=PATH,task=NAME,pid=N,uid=N`.
    static func lastVictim(in id: String) -> (name: String, pid: Int32)? {
        guard let log = try? OwnedDescriptor(open: "/dev/kmsg", [.read, .nonBlocking]) else { return nil }
        var found: (name: String, pid: Int32)?
        // One record a read, from the oldest on. As many as the largest log holds.
        for _ in 0..<200_000 {
            do throws(SyscallError) {
                let record = try log.read(upTo: 8192)
                if record.isEmpty { break }
                if let victim = victim(String(decoding: record, as: UTF8.self), in: id) { found = victim }
            } catch {
                // EPIPE: records were overwritten before they were read; the next read goes on behind them.
                if error.code != .brokenPipe { break }
            }
        }
        return found
    }

    /// Reads one record: `PRIORITY,NUMBER,TIME,FLAGS;TEXT`. A name may hold commas, so it is read from both ends.
    static func victim(_ record: String, in id: String) -> (name: String, pid: Int32)? {
        let line = record.prefix { $0 != "\n" }
        guard let semicolon = line.firstIndex(of: ";") else { return nil }
        let text = line[line.index(after: semicolon)...]
        guard text.hasPrefix("oom-kill:") else { return nil }
        let fields = text.split(separator: ",", omittingEmptySubsequences: false)
        func value(_ field: Substring, _ key: String) -> Substring? {
            field.hasPrefix(key) ? field.dropFirst(key.utf8.count) : nil
        }
        guard let start = fields.firstIndex(where: { $0.hasPrefix("task=") }), fields.count - start >= 3,
            let group = fields[..<start].last.flatMap({ value($0, "task_memcg=") }),
            group.split(separator: "/").contains(id[...]),
            let pid = value(fields[fields.count - 2], "pid=").flatMap({ Int32($0) })
        else { return nil }
        let name = fields[start..<fields.count - 2].joined(separator: ",").dropFirst("task=".utf8.count)
        return (String(name), pid)
    }
}
