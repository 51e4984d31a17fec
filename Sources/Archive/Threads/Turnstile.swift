internal import CLinux

/// A lock with a condition: a few fields touched for an instant, and somebody who waits until they are as he needs them.
package final class Turnstile: Sendable {
    // The memory is the pthread library's own, which any thread may call with it.
    nonisolated(unsafe) private let raw: UnsafeMutablePointer<clinux_turnstile>

    package init() {
        raw = .allocate(capacity: 1)
        // It fails for lack of memory only, which Linux does not report here.
        precondition(clinux_turnstile_init(raw) == 0)
    }

    deinit {
        clinux_turnstile_destroy(raw)
        raw.deallocate()
    }

    /// Runs `body` while nobody else does.
    package func locked<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        clinux_turnstile_lock(raw)
        defer { clinux_turnstile_unlock(raw) }
        return try body()
    }

    /// Gives the lock up until somebody calls `wakeAll`, and takes it again. Only within `locked`; look again afterwards.
    package func wait() { clinux_turnstile_wait(raw) }

    /// Wakes all who wait.
    package func wakeAll() { clinux_turnstile_signal(raw) }
}
