import Anatomy
import CommandLineUI
import OCISpec

/// What happens to a packet or a name, step by step.
struct Explanation {
    struct Step {
        var text: String
        /// The rule that decides here, by the name that its list gives it.
        var rule: String?
        var evidence: [Evidence] = []
    }

    var question: String
    private(set) var steps: [Step] = []
    /// How it ends, in one line.
    var end = ""
    /// Whether something on the way is not followed, which could decide otherwise.
    var isOpen = false

    init(_ question: String) { self.question = question }

    mutating func add(_ text: String, rule: String? = nil, _ evidence: Evidence...) {
        steps.append(Step(text: text, rule: rule, evidence: evidence))
    }

    var text: String {
        var lines = [shown(question)]
        for (number, step) in steps.enumerated() {
            lines.append("\(number + 1). \(shown(step.text))")
            if let rule = step.rule { lines.append("   decided by   \(shown(rule))") }
            for item in step.evidence { lines.append("   [\(shown(item.file)): \(shown(item.value))]") }
        }
        lines.append("→ \(shown(end))")
        return lines.map { $0 + "\n" }.joined()
    }

    var json: JSONValue {
        [
            "question": .string(question), "end": .string(end),
            "steps": .array(
                steps.map {
                    [
                        "text": .string($0.text), "rule": $0.rule.map { .string($0) } ?? .null,
                        "evidence": .array($0.evidence.map(\.json)),
                    ]
                }),
        ]
    }
}
