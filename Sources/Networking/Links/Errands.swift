package import LinuxKernel
internal import Synchronization

/// Errands of this process that may not have ended.
package enum Errands {
    private static let running = Mutex<[Errand]>([])

    /// Remembers one, so that its memory is given back when it has ended and there is another one.
    package static func keep(_ errand: consuming Errand) {
        let new = errand
        running.withLock { running in
            running.removeAll { $0.hasEnded() }
            running.append(new)
        }
    }
}
