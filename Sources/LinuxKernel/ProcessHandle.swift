internal import CLinux

/// One process held by a pidfd: signals reach it and no other one, even if its number is given away.
public struct ProcessHandle: ~Copyable, Sendable {
    /// Which process this is, however often its number is used again.
    public let identity: ProcessIdentity
    /// A pidfd: readable once the process has ended.
    public let descriptor: OwnedDescriptor

    /// Takes hold of exactly this process.
    ///
    /// - Returns: `nil` if it is gone, its number given to another process included.
    /// - Throws: What the kernel answers other than that there is no such process.
    public init?(of identity: ProcessIdentity) throws(SyscallError) {
        do throws(SyscallError) {
            let opened = OwnedDescriptor(
                adopting: try kernel("pidfd_open", "process \(identity.pid)") { clinux_pidfd_open(identity.pid, 0) })
            // Asked after opening: from here on the number belongs to what the descriptor names.
            guard try identity.state() != nil else { return nil }
            descriptor = opened
        } catch  where error.code == .noSuchProcess {
            return nil
        }
        self.identity = identity
    }

    /// Sends a signal.
    ///
    /// - Returns: Whether the process was still there.
    /// - Throws: `EPERM`.
    @discardableResult
    public borrowing func send(_ signal: Signal) throws(SyscallError) -> Bool {
        let own = descriptor.raw
        do throws(SyscallError) {
            try kernel("pidfd_send_signal", "process \(identity.pid) with \(signal)") {
                clinux_pidfd_send_signal(own, signal.rawValue)
            }
            return true
        } catch  where error.code == .noSuchProcess {
            return false
        }
    }

    /// Waits for the process's end; `nil` waits for ever.
    ///
    /// - Returns: Whether it has ended.
    public borrowing func waitForEnd(timeout: Duration?) throws(SyscallError) -> Bool {
        try !descriptor.wait(for: .readable, timeout: timeout).isEmpty
    }
}
