/// Holds a lesson: shows each step, has it done, and looks whether the kernel agrees.
public struct Lecture {
    /// Where the text goes.
    private let write: (String) -> Void
    /// The reader's next line, without its newline; `nil` at the end of input.
    private let ask: ((String) -> String?)?
    private let isColoured: Bool

    /// - Parameters:
    ///   - ask: Shows a prompt and reads a line; `nil` where nobody is there to answer, so that all steps are done unasked.
    public init(isColoured: Bool, write: @escaping (String) -> Void, ask: ((String) -> String?)? = nil) {
        self.isColoured = isColoured
        self.write = write
        self.ask = ask
    }

    /// How a lesson ended.
    public enum Result: Equatable, Sendable {
        case held
        /// The kernel did not say what it should: in this many steps.
        case failed(steps: Int)
        case left
    }

    /// Holds one lesson in a session of its own, and cleans up whatever happens.
    ///
    /// - Throws: What the session throws while it is made.
    public func hold(_ lesson: Lesson, program: String, runtime: String) throws -> Result {
        write("\(bold(lesson.title))   (\(lesson.name))\n\n\(wrapped(lesson.idea, indent: ""))\n")
        let session = try LabSession(program: program, runtime: runtime)
        defer { session.close() }
        let result = try hold(lesson.steps, in: session)
        session.endProcesses()
        if let cleanUp = lesson.cleanUp {
            let outcome = try session.run(cleanUp)
            // A reader who leaves early may not have made what is to be taken away.
            if !outcome.succeeded && result == .held {
                write("  the clean-up failed: \(outcome.output)\n")
                return .failed(steps: 1)
            }
        }
        write(result == .held ? "\nNothing of it is left.\n" : "\n")
        return result
    }

    private func hold(_ steps: [Step], in session: LabSession) throws -> Result {
        var failed = 0
        for (number, step) in steps.enumerated() {
            let heading = step.kind == .with ? "\(number + 1)." : "\(number + 1). (Without)"
            write("\n\(bold(heading)) \(wrapped(step.text, indent: "   ", from: heading.count + 1))\n\n")
            for line in step.command.split(separator: "\n") { write("     $ \(line)\n") }
            guard let outcome = try perform(step, in: session) else { return .left }
            for line in outcome.output.split(separator: "\n").prefix(40) { write("     \(printable(line))\n") }
            var holds = true
            for proof in step.proofs {
                let finding = proof.check(outcome, session.variables, KernelEvidence())
                holds = holds && finding.holds
                write("   \(finding.holds ? mark("ok", "32") : mark("NOT SO", "31")) \(printable(finding.text[...]))\n")
            }
            if !holds { failed += 1 }
        }
        return failed == 0 ? .held : .failed(steps: failed)
    }

    /// Has the step done: by the lab at once, or when the reader says so, who may try things of their own before.
    private func perform(_ step: Step, in session: LabSession) throws -> Outcome? {
        guard let ask else { return try session.run(step.command) }
        while true {
            guard let line = ask("   [Enter: do it   a command: try it   q: leave] "), line != "q" else { return nil }
            if line.isEmpty { return try session.run(step.command) }
            let own = try session.run(line)
            for line in own.output.split(separator: "\n") { write("     \(printable(line))\n") }
        }
    }

    private func bold(_ text: String) -> String { isColoured ? "\u{1b}[1m\(text)\u{1b}[0m" : text }

    private func mark(_ text: String, _ colour: String) -> String {
        isColoured ? "\u{1b}[\(colour)m\(text)\u{1b}[0m" : text
    }

    /// What commands print goes to a terminal, so nothing in it may speak to that.
    private func printable(_ text: Substring) -> String {
        String(
            String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
    }

    private func wrapped(_ text: String, indent: String, from start: Int = 0) -> String {
        var result = ""
        var column = start
        for word in text.split(separator: " ") {
            if column > 0 && column + word.count + 1 > 80 {
                result += "\n" + indent
                column = indent.count
            } else if !result.isEmpty {
                result += " "
                column += 1
            }
            result += word
            column += word.count
        }
        return result
    }
}
