internal import CLinux
internal import Glibc

/// A set of signals in the kernel's form: one bit a signal, the lowest for signal 1.
public struct SignalSet: Equatable, Sendable, ExpressibleByArrayLiteral {
    /// The kernel's word, as in the `SigBlk` line of `/proc/PID/status`.
    public var bits: UInt64

    /// Bit n is signal n + 1, as the kernel has it.
    public init(bits: UInt64) { self.bits = bits }
    public init(arrayLiteral signals: Signal...) { bits = signals.reduce(0) { $0 | SignalSet.bit($1) } }

    /// Every signal; the kernel leaves `SIGKILL` and `SIGSTOP` out by itself.
    public static let all = SignalSet(bits: .max)
    /// No signal.
    public static let none = SignalSet(bits: 0)

    /// Whether the signal is in the set.
    public func contains(_ signal: Signal) -> Bool { bits & SignalSet.bit(signal) != 0 }

    private static func bit(_ signal: Signal) -> UInt64 { 1 << UInt64(signal.rawValue - 1) }
}

/// The signals that the calling thread does not take for now: rt_sigprocmask(2).
public enum SignalMask {
    /// Blocks `signals` beside those blocked already, and returns what was blocked before.
    @discardableResult
    public static func block(_ signals: SignalSet) throws(SyscallError) -> SignalSet {
        try change(SIG_BLOCK, signals)
    }

    /// Takes `signals` again, and returns what was blocked before.
    @discardableResult
    public static func unblock(_ signals: SignalSet) throws(SyscallError) -> SignalSet {
        try change(SIG_UNBLOCK, signals)
    }

    /// Blocks exactly `signals`, and returns what was blocked before.
    @discardableResult
    public static func set(_ signals: SignalSet) throws(SyscallError) -> SignalSet {
        try change(SIG_SETMASK, signals)
    }

    private static func change(_ how: CInt, _ signals: SignalSet) throws(SyscallError) -> SignalSet {
        var set = signals.bits
        var old: UInt64 = 0
        try kernel("rt_sigprocmask", "signals") { clinux_sigprocmask(how, &set, &old) }
        return SignalSet(bits: old)
    }
}

extension Signal {
    /// Restores the kernel's own action on this signal for the whole process.
    public func useDefaultAction() throws(SyscallError) {
        let number = rawValue
        try kernel("sigaction", name) { clinux_signal_default(number) }
    }

    /// Ignores this signal in the whole process, and across exec.
    public func ignore() throws(SyscallError) {
        let number = rawValue
        try kernel("sigaction", name) { clinux_signal_ignore(number) }
    }

    /// Sends this signal to one process, or to a group where `pid` is below zero (kill(2)).
    public func send(to pid: Int32) throws(SyscallError) {
        let number = rawValue
        try kernel("kill", "\(pid) with \(name)") { Glibc.kill(pid, number) }
    }
}

/// A descriptor from which blocked signals are read instead of being delivered: signalfd(2).
public struct SignalDescriptor: ~Copyable, Sendable {
    package let descriptor: OwnedDescriptor

    /// - Parameter signals: What to report; the caller has blocked them.
    public init(_ signals: SignalSet) throws(SyscallError) {
        let opened = try kernel("signalfd", "signals") { clinux_signalfd(-1, signals.bits, O_CLOEXEC | O_NONBLOCK) }
        descriptor = OwnedDescriptor(adopting: opened)
    }

    /// The next signal with its sender, or `nil` if none waits.
    public borrowing func next() throws(SyscallError) -> ReceivedSignal? {
        var info = signalfd_siginfo()
        let from = descriptor.raw
        let count: Int
        do throws(SyscallError) {
            count = try kernel("read", "signalfd") { Glibc.read(from, &info, MemoryLayout.size(ofValue: info)) }
        } catch  where error.code == .again {
            return nil
        }
        guard count == MemoryLayout.size(ofValue: info), let signal = Signal(rawValue: Int32(clamping: info.ssi_signo))
        else { return nil }
        return ReceivedSignal(signal: signal, sender: Int32(bitPattern: info.ssi_pid))
    }

    /// Waits for `poll` and friends.
    public borrowing func wait(_ timeout: Duration?) throws(SyscallError) -> Bool {
        try !pollReady([(descriptor.raw, .readable)], timeout).isEmpty
    }
}

/// A signal as a `SignalDescriptor` reports it.
public struct ReceivedSignal: Equatable, Sendable {
    /// Which signal it was.
    public let signal: Signal
    /// The sending process as this pid namespace numbers it; 0 for the kernel or a process outside.
    public let sender: Int32
}
