internal import ContainerRuntime

/// What `ps` prints of the output of the host's ps: the title and the lines of the container's processes.
package enum ProcessTable {
    /// - Returns: `nil` if the title has no column `PID`: then no line can be told to be the container's.
    package static func filter(_ output: String, _ pids: [Int32]) -> String? {
        let lines = output.split(separator: "\n", omittingEmptySubsequences: true)
        guard let title = lines.first,
            let column = title.split(whereSeparator: \.isWhitespace).firstIndex(of: "PID")
        else { return nil }
        let wanted = Set(pids)
        var result = "\(title)\n"
        for line in lines.dropFirst() {
            let fields = line.split(whereSeparator: \.isWhitespace)
            guard column < fields.count, let pid = Int32(fields[column]), wanted.contains(pid) else { continue }
            result += "\(line)\n"
        }
        return result
    }

    /// The table for hosts without ps.
    package static func plain(_ processes: [(pid: Int32, parent: Int32, user: String, command: String)]) -> String {
        let rows = processes.map { [$0.user, "\($0.pid)", "\($0.parent)", printable($0.command, instead: "?")] }
        return textTable([["UID", "PID", "PPID", "CMD"]] + rows)
    }
}
