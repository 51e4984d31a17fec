/// One thing that `create` and `start` do for a container: which process makes which calls, and why.
package struct ExplainedStep: Equatable, Sendable {
    package enum Actor: String, Sendable {
        /// The process that makes the container.
        case runtime
        /// The container's first process, until it is the user's program.
        case container
    }

    package struct Call: Equatable, Sendable {
        package let name: String
        package let arguments: String

        package init(_ name: String, _ arguments: String = "") { (self.name, self.arguments) = (name, arguments) }
    }

    package let actor: Actor
    package let calls: [Call]
    package let reason: String
    /// Done only if something that cannot be known before is so: mostly that the image has such a path.
    package let condition: String?
}

/// Collects steps in their order.
struct ExplainedSteps {
    private(set) var all: [ExplainedStep] = []

    mutating func add(
        _ actor: ExplainedStep.Actor, _ calls: [ExplainedStep.Call], _ reason: String, when condition: String? = nil
    ) {
        guard !calls.isEmpty else { return }
        all.append(ExplainedStep(actor: actor, calls: calls, reason: reason, condition: condition))
    }
}
