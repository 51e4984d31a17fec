internal import LinuxKernel

/// The processes that procfs shows, read once.
struct ProcessList {
    /// By pid.
    let stats: [Int32: ProcessStat]
    let pids: [Int32]

    /// Reads them all. A process that ends meanwhile is left out.
    ///
    /// - Throws: If `/proc` cannot be listed.
    static func current() throws(SyscallError) -> ProcessList {
        var stats: [Int32: ProcessStat] = [:]
        for pid in try pids() {
            if let stat = try? ProcessStat(of: pid) { stats[pid] = stat }
        }
        return ProcessList(stats: stats, pids: stats.keys.sorted())
    }

    static func pids() throws(SyscallError) -> [Int32] {
        try OwnedDescriptor(open: "/proc", [.read, .directory]).entries().compactMap { Int32($0.name) }.sorted()
    }

    /// The command line with spaces between the words, or the name of a process that has none.
    func command(_ pid: Int32) -> String {
        let words = (try? ProcessInformation(pid: pid).commandLine()) ?? []
        return words.isEmpty ? stats[pid]?.name ?? "" : words.joined(separator: " ")
    }
}
