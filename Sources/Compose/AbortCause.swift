internal import Engine
internal import OCISpec

/// The container whose end ends the others, and what the command exits with for it.
///
/// What ends because of it does not count: that is this command's doing.
package struct AbortCause: Equatable, Sendable {
    /// How a container has ended.
    package struct End: Equatable, Sendable {
        package let code: Int32
        /// RFC 3339, in UTC.
        package let finished: String

        package init(code: Int32, finished: String) {
            self.code = code
            self.finished = finished
        }
    }

    /// That container's; `nil` as long as there is none.
    package private(set) var code: Int32?
    private let onExit: Bool
    private let onFailure: Bool

    package init(onExit: Bool, onFailure: Bool) {
        self.onExit = onExit
        self.onFailure = onFailure
    }

    /// - Parameter ends: Those that were seen at once: the one that ended first counts.
    /// - Returns: Whether the others must be ended now.
    package mutating func take(_ ends: [End]) -> Bool {
        guard code == nil, onExit || onFailure else { return false }
        // Digits that are left out at the end are zeros: without the Z, text and time have one order.
        code =
            ends.filter { onExit || $0.code != 0 }.map { (time: $0.finished.prefix { $0 != "Z" }, code: $0.code) }
            .min { $0.time < $1.time }?.code
        return code != nil
    }
}

extension LabelledContainer {
    /// When it ended: RFC 3339, in UTC.
    var finished: String {
        guard case .object(let object) = state, case .string(let text)? = object["FinishedAt"] else { return "" }
        return text
    }
}
