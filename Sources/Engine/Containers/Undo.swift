/// What takes back what was made so far, the latest first, unless all went well.
final class Undo {
    private var steps: [(what: String, action: () throws -> Void)] = []

    init() {}

    /// Remembers how to take back what has just been made.
    func add(_ what: String, _ action: @escaping () throws -> Void) { steps.append((what, action)) }

    /// Everything stays.
    func keepAll() { steps = [] }

    /// Takes everything back after `error`, and adds to it what could not be.
    func run(after error: EngineError) -> EngineError {
        var problems: [String] = []
        while let step = steps.popLast() {
            do { try step.action() } catch { problems.append("\(step.what): \(error)") }
        }
        guard !problems.isEmpty else { return error }
        return EngineError(error.kind, "\(error.message) (not undone: \(problems.joined(separator: "; ")))")
    }
}
