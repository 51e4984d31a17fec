internal import LinuxKernel
internal import MonitorProtocol

/// How well a container was, as far as it was asked: Docker's `State.Health`.
public struct HealthState: StoredDocument, Equatable, Sendable {
    /// `starting`, `healthy` or `unhealthy`.
    public var status = "starting"
    public var failingStreak = 0
    /// The last five answers, the newest last.
    public var log: [Answer] = []

    public init() {}

    public struct Answer: Codable, Equatable, Sendable {
        /// RFC 3339.
        public var start: String
        public var end: String
        /// 0 is well; -1 is that it took too long.
        public var exitCode: Int32
        /// What the probe said, 4096 bytes at most.
        public var output: String

        enum CodingKeys: String, CodingKey {
            case start = "Start"
            case end = "End"
            case exitCode = "ExitCode"
            case output = "Output"
        }
    }

    enum CodingKeys: String, CodingKey {
        case status = "Status"
        case failingStreak = "FailingStreak"
        case log = "Log"
    }

    static let keptAnswers = 5

    /// Takes an answer in. A container that has not been well yet may fail for as long as `plan` gives it to start.
    ///
    /// - Parameter age: How long the container ran when it was asked, in milliseconds.
    mutating func take(_ answer: Answer, _ plan: HealthPlan, age: Int64) {
        log.append(answer)
        if log.count > Self.keptAnswers { log.removeFirst(log.count - Self.keptAnswers) }
        if answer.exitCode == 0 {
            failingStreak = 0
            status = "healthy"
            return
        }
        if status == "starting", age < plan.startPeriod { return }
        if failingStreak < Int.max { failingStreak += 1 }
        if failingStreak >= plan.retries { status = "unhealthy" }
    }
}
