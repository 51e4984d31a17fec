internal import Archive
internal import LinuxKernel
internal import Synchronization

extension BuildCancellation {
    /// Cancels on ^C and on requests to end, from now on, until ``leaveSignals()`` or the end of this process. A write
    /// to a pipe that nobody reads is an error meanwhile, and no signal.
    ///
    /// To be called before any other thread is there: threads get their signal mask from those that start them.
    public func cancelOnSignals() throws {
        let signals: SignalSet = [.interrupt, .terminate, .hangUp, .quit]
        let before = try SignalMask.block([.interrupt, .terminate, .hangUp, .quit, .brokenPipe])
        let watch = SignalWatch(try SignalDescriptor(signals), before: before)
        try BackgroundThread.start { [self] in watch.run { cancel() } }
        SignalWatch.current.withLock { $0 = watch }
    }

    /// Signals do again what they did before the last `cancelOnSignals`, for a process that goes on after a build. To be
    /// called on the same thread.
    public static func leaveSignals() throws {
        guard let watch = SignalWatch.current.withLock({ $0.take() }) else { return }
        try watch.end()
    }
}

/// The thread that hears signals for a build.
///
/// Unchecked: the fields that change are touched under the turnstile's lock only.
private final class SignalWatch: @unchecked Sendable {
    static let current = Mutex<SignalWatch?>(nil)

    private let signals: SignalDescriptor
    private let before: SignalSet
    private let turnstile = Turnstile()
    private var isEnding = false
    private var hasEnded = false

    init(_ signals: consuming SignalDescriptor, before: SignalSet) {
        self.signals = signals
        self.before = before
    }

    func run(_ cancel: () -> Void) {
        while !turnstile.locked({ isEnding }) {
            do throws(SyscallError) {
                guard try signals.wait(.milliseconds(50)), !turnstile.locked({ isEnding }) else { continue }
                if try signals.next() != nil { cancel() }
            } catch {
                break
            }
        }
        turnstile.locked {
            hasEnded = true
            turnstile.wakeAll()
        }
    }

    /// A signal that comes meanwhile is not lost: it waits for the mask.
    func end() throws(SyscallError) {
        turnstile.locked {
            isEnding = true
            while !hasEnded { turnstile.wait() }
        }
        try SignalMask.set(before)
    }
}
