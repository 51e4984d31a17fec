import CommandLineUI
import ContainerRuntime
import Engine
import OCISpec

/// `brig run --explain`: each step of a start with its calls, their arguments and the reason, and none of them done.
enum RunExplanation {
    /// Makes the container, which checks and completes all that was asked for, explains its start, and removes it again.
    static func show(_ options: ContainerOptions, asJSON: Bool) throws {
        let engine = try Globals.engine()
        try checkImage(options, engine)
        let identity = try engine.create(options.request)
        let preview: StartPreview
        do {
            preview = try engine.preview(of: identity.id.text)
        } catch {
            try engine.remove(identity.id.text)
            throw error
        }
        try engine.remove(identity.id.text)
        let steps: [ExplainedStep]
        do {
            steps = try StartExplanation.steps(
                try ContainerID(preview.id), preview.specification, bundle: preview.bundle)
        } catch {
            throw CommandExit(CommandExit.engine, "\(error)")
        }
        Output.write(asJSON ? json(preview, steps).text(.indented("  ")) + "\n" : text(preview, steps))
    }

    /// Nothing is fetched for what is not going to happen.
    private static func checkImage(_ options: ContainerOptions, _ engine: Engine) throws {
        do throws(EngineError) {
            try engine.requireImage(options.image)
        } catch {
            guard error.kind == .notFound else { throw error }
            throw CommandExit(
                CommandExit.engine,
                "\(error.message), and --explain asks no registry: get it with brig pull \(ShownText.printable(options.image))"
            )
        }
    }

    private static func text(_ preview: StartPreview, _ steps: [ExplainedStep]) -> String {
        var lines = ["brig"]
        for step in preview.steps { lines += shown([(step.call, step.arguments)], step.reason, nil) }
        var actor: ExplainedStep.Actor?
        for step in steps {
            if step.actor != actor {
                lines.append(step.actor == .runtime ? "the runtime, in the monitor" : "the container's first process")
            }
            actor = step.actor
            lines += shown(step.calls.map { ($0.name, $0.arguments) }, step.reason, step.condition)
        }
        return lines.map { ShownText.printable($0) + "\n" }.joined()
    }

    private static func shown(_ calls: [(String, String)], _ reason: String, _ condition: String?) -> [String] {
        calls.map { "  \($0.0)(\($0.1))" } + ["      \(reason)\(condition.map { "; only if \($0)" } ?? "")"]
    }

    private static func json(_ preview: StartPreview, _ steps: [ExplainedStep]) -> JSONValue {
        func value(_ actor: String, _ calls: [(String, String)], _ reason: String, _ condition: String?) -> JSONValue {
            [
                "actor": .string(actor),
                "calls": .array(calls.map { ["name": .string($0.0), "arguments": .string($0.1)] }),
                "reason": .string(reason), "condition": condition.map { .string($0) } ?? .null,
            ]
        }
        return .array(
            preview.steps.map { value("engine", [($0.call, $0.arguments)], $0.reason, nil) }
                + steps.map { step in
                    value(
                        step.actor.rawValue, step.calls.map { ($0.name, $0.arguments) }, step.reason, step.condition)
                })
    }
}
