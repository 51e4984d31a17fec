internal import Cgroups
internal import LinuxKernel
internal import MonitorProtocol

/// Why a container ended, in words, for those who do not know exit codes by heart.
enum ExitReason {
    /// Empty where the exit code is all there is to tell.
    static func text(_ record: ExitRecord) -> String {
        var parts: [String] = []
        if record.oomKilled {
            parts.append(record.outOfMemory?.text ?? "out of memory: a process was killed")
        }
        if let number = record.signal {
            parts.append("ended by signal \(number)" + (Signal(rawValue: number).map { " (\($0))" } ?? ""))
        }
        return parts.joined(separator: "; ")
    }
}

extension Engine {
    /// Whether the kernel has killed a process of a container that runs for want of memory.
    func hasLostProcesses(_ id: Identifier) -> Bool {
        do {
            return (try cgroup(of: id, on: try CgroupHost.detect()).outOfMemoryKills() ?? 0) > 0
        } catch {
            // It has just ended, or there is no such controller: then nothing is known of a kill.
            return false
        }
    }
}
