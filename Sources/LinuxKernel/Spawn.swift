internal import CLinux
internal import Glibc

/// What a child of Brig starts with. Nothing is inherited that is not named here.
///
/// Started by posix_spawn(3): the child shares memory until exec, so this costs the same in a large process, and it is
/// safe where other threads run.
public struct Spawn: Sendable {
    /// The program's absolute path: `PATH` is never searched.
    public var program: String
    /// The arguments, the program's name first.
    public var arguments: [String]
    /// The whole environment, as `NAME=value`.
    public var environment: [String]
    /// The working directory; that of the caller if `nil`.
    public var workingDirectory: String?
    /// Whether the child becomes leader of a session of its own.
    public var newSession: Bool
    /// Signals that the child starts with blocked.
    public var blockedSignals: SignalSet

    /// A child without any environment in `/`, unless something else is said.
    public init(
        program: String, arguments: [String], environment: [String] = [], workingDirectory: String? = "/",
        newSession: Bool = false, blockedSignals: SignalSet = .none
    ) {
        self.program = program
        self.arguments = arguments
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.newSession = newSession
        self.blockedSignals = blockedSignals
    }

    /// Starts the child.
    ///
    /// - Parameter descriptors: Which descriptor (raw, living until this returns) the child sees under which number.
    ///   Numbers 0 to 2 that are not named are `/dev/null` there.
    /// - Throws: `EINVAL` for a relative program; the answer of execve(2) or chdir(2) in the child, such as `ENOENT` or
    ///   `EACCES`.
    public func start(_ descriptors: [(raw: CInt, number: CInt)] = []) throws(SyscallError) -> ChildProcess {
        guard program.hasPrefix("/") else {
            throw SyscallError(call: "posix_spawn", subject: program, code: .invalidArgument)
        }
        var actions = posix_spawn_file_actions_t()
        try check(posix_spawn_file_actions_init(&actions))
        defer { posix_spawn_file_actions_destroy(&actions) }
        // A source that stands on another's number would be overwritten before its turn: move all of them away first.
        var sources: [CInt] = []
        defer { for source in sources { _ = Glibc.close(source) } }
        let firstFree = (descriptors.map(\.number).max() ?? 2) + 1
        for entry in descriptors {
            sources.append(
                try kernel("fcntl", "F_DUPFD_CLOEXEC \(entry.raw)") {
                    clinux_fcntl(entry.raw, F_DUPFD_CLOEXEC, Int(max(3, firstFree)))
                })
        }
        for (source, entry) in zip(sources, descriptors) {
            try check(posix_spawn_file_actions_adddup2(&actions, source, entry.number))
        }
        for number: CInt in 0...2 where !descriptors.contains(where: { $0.number == number }) {
            try check(
                posix_spawn_file_actions_addopen(&actions, number, "/dev/null", number == 0 ? O_RDONLY : O_RDWR, 0))
        }
        // Whatever this process inherited itself, not closed on exec, ends here.
        for number in 3..<max(3, firstFree) where !descriptors.contains(where: { $0.number == number }) {
            try check(posix_spawn_file_actions_addclose(&actions, number))
        }
        try check(posix_spawn_file_actions_addclosefrom_np(&actions, max(3, firstFree)))
        if let workingDirectory {
            try check(posix_spawn_file_actions_addchdir_np(&actions, workingDirectory))
        }
        return try start(&actions)
    }

    private func start(_ actions: inout posix_spawn_file_actions_t) throws(SyscallError) -> ChildProcess {
        var attributes = posix_spawnattr_t()
        try check(posix_spawnattr_init(&attributes))
        defer { posix_spawnattr_destroy(&attributes) }
        var blocked = sigset_t()
        var byDefault = sigset_t()
        sigemptyset(&blocked)
        sigfillset(&byDefault)
        for signal in Signal.all where blockedSignals.contains(signal) { sigaddset(&blocked, signal.rawValue) }
        try check(posix_spawnattr_setsigmask(&attributes, &blocked))
        try check(posix_spawnattr_setsigdefault(&attributes, &byDefault))
        let flags =
            CInt(POSIX_SPAWN_SETSIGMASK) | CInt(POSIX_SPAWN_SETSIGDEF) | (newSession ? CLINUX_POSIX_SPAWN_SETSID : 0)
        try check(posix_spawnattr_setflags(&attributes, Int16(truncatingIfNeeded: flags)))

        var pid: pid_t = -1
        let answer = withCStrings(arguments) { argv in
            withCStrings(environment) { envp in posix_spawn(&pid, program, &actions, &attributes, argv, envp) }
        }
        try check(answer)
        do throws(SyscallError) {
            // Until somebody waits, the pid cannot name another process.
            return ChildProcess(
                pid: pid,
                descriptor: OwnedDescriptor(
                    adopting: try kernel("pidfd_open", "process \(pid)") { clinux_pidfd_open(pid, 0) }))
        } catch {
            // Nobody could end or wait for it: it does not stay.
            _ = Glibc.kill(pid, Signal.kill.rawValue)
            _ = try? Children.wait(for: pid)  // The first error is the one to report.
            throw error
        }
    }

    private func check(_ answer: CInt) throws(SyscallError) {
        guard answer == 0 else {
            throw SyscallError(call: "posix_spawn", subject: program, code: Errno(rawValue: answer))
        }
    }
}

/// Hands out `strings` as C has them, ended by a null pointer, for the time of the call.
package func withCStrings<Result>(
    _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    var bytes: [CChar] = []
    var offsets: [Int] = []
    for string in strings {
        offsets.append(bytes.count)
        bytes.append(contentsOf: string.utf8.lazy.map { CChar(bitPattern: $0) })
        bytes.append(0)
    }
    return bytes.withUnsafeMutableBufferPointer { buffer in
        let base = buffer.baseAddress
        let pointers: [UnsafeMutablePointer<CChar>?] = offsets.map { offset in base.map { $0 + offset } } + [nil]
        return body(pointers)
    }
}

/// A child not yet waited for.
///
/// Letting it go leaves it running and not waited for; whoever means that calls `release()`.
public struct ChildProcess: ~Copyable, Sendable {
    /// The child's number, which stays its own until it was waited for.
    public let pid: Int32
    /// A pidfd: readable once the child has ended.
    public let descriptor: OwnedDescriptor

    package init(pid: Int32, descriptor: consuming OwnedDescriptor) {
        self.pid = pid
        self.descriptor = descriptor
    }

    /// Waits for the end.
    public consuming func wait() throws(SyscallError) -> ExitStatus { try Children.wait(for: pid) }

    /// Waits for the end, at most `timeout`; `nil` means that it still runs.
    public borrowing func wait(timeout: Duration) throws(SyscallError) -> ExitStatus? {
        guard try !descriptor.wait(for: .readable, timeout: timeout).isEmpty else { return nil }
        return try Children.wait(for: pid)
    }

    /// Sends a signal to exactly this child.
    ///
    /// - Throws: `ESRCH` once it has been waited for.
    public borrowing func send(_ signal: Signal) throws(SyscallError) {
        let own = descriptor.raw
        try kernel("pidfd_send_signal", "process \(pid) with \(signal)") {
            clinux_pidfd_send_signal(own, signal.rawValue)
        }
    }

    /// Gives the child up: somebody else waits for it, or it outlives this process.
    public consuming func release() -> Int32 { pid }
}
