/// A process as procfs shows it. Held by its directory: once the process is gone, every question answers `ESRCH`, even
/// if its pid has been given to another one.
///
/// Source: proc(5).
public struct ProcessInformation: ~Copyable, Sendable {
    /// Its number in the pid namespace of the procfs that is read.
    public let pid: Int32
    /// `/proc/PID`.
    public let directory: OwnedDescriptor

    /// Opens a process of the caller's pid namespace.
    ///
    /// - Throws: `ENOENT` if there is none.
    public init(pid: Int32) throws(SyscallError) {
        self.pid = pid
        directory = try OwnedDescriptor(open: "/proc/\(pid)", [.pathOnly, .directory])
    }

    /// Opens a process below a procfs that was mounted by us.
    ///
    /// - Parameter procfs: Its root; the pid is as that instance numbers it.
    public init(pid: Int32, procfs: borrowing OwnedDescriptor) throws(SyscallError) {
        self.pid = pid
        directory = try procfs.open("\(pid)", [.pathOnly, .directory, .noFollow])
    }

    /// State, parent, session and start time.
    public borrowing func stat() throws(SyscallError) -> ProcessStat {
        guard let stat = ProcessStat(parsing: try read("stat")) else { throw garbled("stat") }
        return stat
    }

    /// Ids, capabilities and confinement.
    public borrowing func status() throws(SyscallError) -> ProcessStatus {
        ProcessStatus(parsing: try read("status"))
    }

    /// The program's arguments as the process shows them; empty for zombies and kernel threads.
    public borrowing func commandLine() throws(SyscallError) -> [String] {
        var bytes = try read("cmdline")
        if bytes.last == 0 { bytes.removeLast() }
        guard !bytes.isEmpty else { return [] }
        return bytes.split(separator: 0, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The environment that the program was started with.
    ///
    /// - Throws: `EACCES` for processes of others.
    public borrowing func environment() throws(SyscallError) -> [String] {
        try read("environ").split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The path of the program, ending in ` (deleted)` if the file is gone.
    ///
    /// - Throws: `EACCES` for processes of others, `ENOENT` for kernel threads.
    public borrowing func executable() throws(SyscallError) -> String { try directory.readSymbolicLink("exe") }

    /// The cgroup of the process in each hierarchy.
    public borrowing func cgroups() throws(SyscallError) -> [CgroupMembership] {
        CgroupMembership.list(parsing: try read("cgroup"))
    }

    /// The mounts that the process sees.
    public borrowing func mounts() throws(SyscallError) -> MountTable {
        MountTable(parsing: try read("mountinfo"))
    }

    /// Device and inode of one of the process's namespaces: equal for two processes that share it.
    public borrowing func namespace(_ kind: NamespaceKind) throws(SyscallError) -> NamespaceIdentity {
        let status = try directory.open("ns/\(kind.fileName)", .pathOnly).status()
        return NamespaceIdentity(device: status.device, inode: status.inode)
    }

    /// Reads a file of the process's directory.
    ///
    /// - Throws: `ESRCH` if the process is gone.
    public borrowing func read(_ name: String) throws(SyscallError) -> [UInt8] {
        do {
            return try directory.open(name, .read).readAll(limit: 64 << 20)
        } catch {
            throw SyscallError(call: error.call, subject: "/proc/\(pid)/\(name)", code: error.code)
        }
    }

    private borrowing func garbled(_ name: String) -> SyscallError {
        SyscallError(call: "read", subject: "/proc/\(pid)/\(name)", code: .invalidArgument)
    }
}

extension ProcessStat {
    /// The line of the process that has this pid now, in three calls.
    ///
    /// - Throws: `ENOENT` or `ESRCH` if there is none.
    public init(of pid: Int32) throws(SyscallError) {
        let path = "/proc/\(decimal(pid))/stat"
        let line: [UInt8]
        do throws(SyscallError) {
            // 52 numbers and a name of at most 64 bytes, all in one answer.
            line = try OwnedDescriptor(open: path, .read).read(upTo: 2048)
        } catch {
            throw SyscallError(call: error.call, subject: path, code: error.code)
        }
        guard let stat = ProcessStat(parsing: line) else {
            throw SyscallError(call: "read", subject: path, code: .invalidArgument)
        }
        self = stat
    }
}

/// What distinguishes a namespace from every other one.
public struct NamespaceIdentity: Hashable, Sendable {
    /// The device number of the file system that the namespace's file lies on.
    public let device: UInt64
    /// The number in `/proc/PID/ns/KIND`'s link.
    public let inode: UInt64
}

/// One process and no other: its pid with the time at which it started.
public struct ProcessIdentity: Hashable, Sendable {
    /// Its number, which the kernel gives to another process after its end.
    public let pid: Int32
    /// In clock ticks since the machine started: field 22 of `/proc/PID/stat`.
    public let startTime: UInt64

    /// A process that was known before; whether it still runs is asked separately.
    public init(pid: Int32, startTime: UInt64) {
        self.pid = pid
        self.startTime = startTime
    }

    /// The process that has this pid now.
    ///
    /// - Throws: `ENOENT` or `ESRCH` if there is none.
    public init(of pid: Int32) throws(SyscallError) {
        self.init(pid: pid, startTime: try ProcessStat(of: pid).startTime)
    }

    /// The state of this very process, or `nil` if it is gone, its pid given to another one included.
    ///
    /// - Throws: What procfs answers other than that there is no such process.
    public func state() throws(SyscallError) -> ProcessState? {
        do throws(SyscallError) {
            let stat = try ProcessStat(of: pid)
            return stat.startTime == startTime ? stat.state : nil
        } catch  where error.code == .noSuchFile || error.code == .noSuchProcess {
            return nil
        }
    }

    /// Whether this very process exists and has not ended. A zombie has.
    public func isRunning() throws(SyscallError) -> Bool {
        switch try state() {
        case nil, .zombie?, .dead?: false
        default: true
        }
    }
}
