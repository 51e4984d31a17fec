internal import CLinux
internal import Glibc

/// How a process ended.
public enum ExitStatus: Equatable, Sendable, CustomStringConvertible {
    /// It called exit with this code, 0 to 255.
    case exited(Int32)
    /// A signal ended it.
    case signalled(Signal, coreDumped: Bool)

    /// The code that a shell reports: the exit code, or 128 plus the signal's number.
    public var shellCode: Int32 {
        switch self {
        case .exited(let code): code
        case .signalled(let signal, _): 128 + signal.rawValue
        }
    }

    /// Whether it ended by itself with code 0.
    public var isSuccess: Bool { self == .exited(0) }

    public var description: String {
        switch self {
        case .exited(let code): "exit status \(code)"
        case .signalled(let signal, let dumped): "ended by \(signal)\(dumped ? " (core dumped)" : "")"
        }
    }
}

/// A child that has ended, and how.
public struct EndedChild: Equatable, Sendable {
    /// The process, whose number is free again.
    public let pid: Int32
    /// How it ended.
    public let status: ExitStatus
}

/// The children of this process: waitid(2).
public enum Children {
    /// Waits until the child ends, takes its status and frees its pid.
    ///
    /// - Throws: `ECHILD` if it is no child of ours or already waited for.
    public static func wait(for pid: Int32) throws(SyscallError) -> ExitStatus {
        while true {
            if let ended = try wait(P_PID, id_t(pid: pid), "process \(pid)", WEXITED) { return ended.status }
        }
    }

    /// The child's status if it has ended already; it is then waited for.
    public static func poll(_ pid: Int32) throws(SyscallError) -> ExitStatus? {
        try wait(P_PID, id_t(pid: pid), "process \(pid)", WEXITED | WNOHANG)?.status
    }

    /// The child's status if it has ended, left to be waited for: until then the pid names nobody else.
    public static func peek(_ pid: Int32) throws(SyscallError) -> ExitStatus? {
        try wait(P_PID, id_t(pid: pid), "process \(pid)", WEXITED | WNOHANG | WNOWAIT)?.status
    }

    /// Any child that has ended, waited for, or `nil` while all run; for subreapers, to be called until `nil`.
    ///
    /// - Throws: `ECHILD` if there is no child.
    public static func reapAny() throws(SyscallError) -> EndedChild? {
        try wait(P_ALL, 0, "any child", WEXITED | WNOHANG)
    }

    private static func wait(
        _ type: idtype_t, _ id: id_t, _ subject: @autoclosure () -> String, _ options: CInt
    ) throws(SyscallError) -> EndedChild? {
        var result = clinux_wait_result()
        try kernel("waitid", subject()) { clinux_waitid(type, id, options, &result) }
        guard result.pid != 0 else { return nil }
        switch result.code {
        case CInt(CLD_EXITED): return EndedChild(pid: result.pid, status: .exited(result.status))
        case CInt(CLD_KILLED), CInt(CLD_DUMPED):
            guard let signal = Signal(rawValue: result.status) else { return nil }
            return EndedChild(
                pid: result.pid, status: .signalled(signal, coreDumped: result.code == CInt(CLD_DUMPED)))
        default: return nil
        }
    }
}

extension id_t {
    fileprivate init(pid: Int32) { self = UInt32(bitPattern: pid) }
}
