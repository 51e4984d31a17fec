internal import CLinux
package import LinuxKernel

/// Threads kept for calls that block, apart from the pool that tasks share.
package enum BackgroundThread {
    /// Runs `body` on a new thread, which takes no signals and ends with it.
    ///
    /// - Throws: `EAGAIN` if there can be no further thread.
    package static func start(_ body: @escaping @Sendable () -> Void) throws(SyscallError) {
        let retained = Unmanaged.passRetained(Work(body))
        let failed = clinux_thread_detached(
            { context in
                guard let context else { return nil }
                Unmanaged<Work>.fromOpaque(context).takeRetainedValue().body()
                return nil
            }, retained.toOpaque())
        if failed != 0 {
            retained.release()
            throw SyscallError(call: "pthread_create", subject: "background thread", code: Errno(rawValue: failed))
        }
    }

    private final class Work: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
}
