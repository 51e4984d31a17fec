internal import LinuxKernel

/// How often, and after how long, something that failed for the moment is tried again.
public struct Backoff: Sendable {
    /// Failures in a row, without a byte of progress between them, before giving up.
    public var attempts = 6
    /// Before the second try; doubles from try to try.
    public var first = Duration.milliseconds(400)
    /// No wait is longer.
    public var longest = Duration.seconds(15)
    /// How long the registry may make one request wait in all by status 429 or 503 before that is an error.
    public var patience = Duration.seconds(60)

    public init() {}

    /// The wait after `failures` failures in a row: half of it by chance, so that many clients do not come together.
    func delay(after failures: Int) -> Duration {
        var delay = first
        for _ in 1..<max(2, min(failures, 32)) where delay < longest { delay *= 2 }
        delay = min(delay, longest)
        return delay / 2 + delay * Double.random(in: 0...0.5)
    }
}

extension Backoff {
    /// A token server is asked before anything else can be shown to the user.
    static var forTokens: Backoff {
        var backoff = Backoff()
        backoff.attempts = 4
        return backoff
    }

    /// Runs `body` until it succeeds, fails for good, or has failed for the moment too often.
    func run<Value>(_ body: () async throws -> Value) async throws -> Value {
        var failures = 0
        var waited = Duration.zero
        while true {
            do {
                return try await body()
            } catch let error as RegistryError {
                failures += 1
                guard let pause = pause(after: error, failures: failures, waited: waited) else { throw error }
                if error.retryAt != nil { waited += pause }
                try await Task.sleep(for: pause)
            }
        }
    }

    /// How long to wait before the next try; nil if there is to be none.
    func pause(after error: RegistryError, failures: Int, waited: Duration) -> Duration? {
        guard failures < attempts else { return nil }
        if let time = error.retryAt {
            // A second more than it says: clocks differ, and a server counts in whole ones.
            let pause = Duration.seconds(max(0, time - WallClock.nanoseconds / 1_000_000_000)) + .seconds(1)
            return waited + pause <= patience ? pause : nil
        }
        return error.isTransient || error.kind == .rateLimited ? delay(after: failures) : nil
    }
}
