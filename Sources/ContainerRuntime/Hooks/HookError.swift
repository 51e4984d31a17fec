/// When a hook runs: the names of runtime-spec, config.md, "POSIX-platform Hooks".
package enum HookKind: String, Sendable {
    case prestart, createRuntime, createContainer, startContainer, poststart, poststop
}

/// A hook that could not be run, failed or took too long.
package struct HookError: Error, Equatable, CustomStringConvertible {
    package enum Problem: Equatable, Sendable {
        /// The program could not be started: the kernel's answer.
        case notStarted(String)
        /// How it ended, in words.
        case failed(String)
        /// Its timeout, in seconds, was over; it was killed.
        case timedOut(Int)
    }

    package let kind: HookKind
    /// Its place among the hooks of this kind, from 0.
    package let index: Int
    package let path: String
    package let problem: Problem
    /// What it wrote to standard output and standard error, cut after some kilobytes.
    package let output: String

    package var description: String {
        let reason =
            switch problem {
            case .notStarted(let answer): answer
            case .failed(let end): end
            case .timedOut(let seconds):
                "it did not end within \(seconds) second\(seconds == 1 ? "" : "s") and was killed"
            }
        return "\(kind.rawValue) hook #\(index) (\(path)): \(reason)" + (output.isEmpty ? "" : ", output: \(output)")
    }
}
