internal import CLinux
internal import LinuxKernel

/// A process held by a pidfd: a signal reaches this one or none.
final class ProcessHandle {
    let pid: Int32
    private let descriptor: OwnedDescriptor

    /// - Returns: `nil` if no process has this number.
    init?(_ pid: Int32) throws(SyscallError) {
        self.pid = pid
        do throws(SyscallError) {
            descriptor = OwnedDescriptor(
                adopting: try kernel("pidfd_open", "process \(pid)") { clinux_pidfd_open(pid, 0) })
        } catch  where error.code == .noSuchProcess {
            return nil
        }
    }

    /// Opens this very process.
    ///
    /// - Returns: `nil` if it has ended.
    convenience init?(_ identity: ProcessIdentity) throws(SyscallError) {
        try self.init(identity.pid)
        // Opened first and checked then: from the opening on, the descriptor cannot come to mean another process.
        guard try identity.isRunning() else { return nil }
    }

    /// To be waited for among others, while this lives; readable once the process has ended.
    var raw: CInt { descriptor.raw }

    /// - Returns: Whether it was still there.
    @discardableResult
    func send(_ signal: Signal) throws(SyscallError) -> Bool {
        let raw = descriptor.raw
        do throws(SyscallError) {
            try kernel("pidfd_send_signal", "process \(pid) with \(signal)") {
                clinux_pidfd_send_signal(raw, signal.rawValue)
            }
            return true
        } catch  where error.code == .noSuchProcess {
            return false
        }
    }

    /// Waits for its end; it need not be a child of ours.
    ///
    /// - Returns: Whether it ended in time.
    func waitForEnd(_ timeout: Duration) throws(SyscallError) -> Bool {
        try !descriptor.wait(for: .readable, timeout: timeout).isEmpty
    }
}
