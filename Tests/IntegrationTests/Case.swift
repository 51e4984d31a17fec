import OCISpec
import TestSupport
import Testing

/// One change of the plain configuration, a command inside, and what must be seen.
struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let change: @Sendable (inout Config, Workspace) throws -> Void
    let command: [String]
    let expected: Expected
    /// Why Debian's runc answers otherwise; then the case does not run there.
    let differs: String?
    /// Whether this machine can show it.
    let possible: Bool

    init(
        _ name: String, run command: [String], _ expected: Expected, differs: String? = nil, possible: Bool = true,
        change: @escaping @Sendable (inout Config, Workspace) throws -> Void = { _, _ in }
    ) {
        (self.name, self.change, self.command) = (name, change, command)
        (self.expected, self.differs, self.possible) = (expected, differs, possible)
    }

    /// With a shell inside.
    init(
        _ name: String, sh script: String, _ expected: Expected, differs: String? = nil, possible: Bool = true,
        change: @escaping @Sendable (inout Config, Workspace) throws -> Void = { _, _ in }
    ) {
        self.init(
            name, run: ["/bin/sh", "-c", script], expected, differs: differs, possible: possible, change: change)
    }

    /// With the probe's report.
    init(
        _ name: String, differs: String? = nil, possible: Bool = true,
        change: @escaping @Sendable (inout Config, Workspace) throws -> Void = { _, _ in },
        report: @escaping @Sendable (Report) -> Bool
    ) {
        self.init(
            name, run: ["/bin/probe", "report"], .report(report), differs: differs, possible: possible, change: change)
    }

    var testDescription: String { name }

    enum Expected: Sendable {
        /// Exactly this output but for space at its ends, and success.
        case output(String)
        /// This exit status of the program.
        case exit(Int32)
        /// A report for which this holds.
        case report(@Sendable (Report) -> Bool)
        /// Success, and output for which this holds.
        case that(@Sendable (String) -> Bool)
        /// The runtime refuses: status 1 (as runc), one line that has this word, nothing left.
        case refused(String)
    }

    func check() throws {
        guard possible, !(Machine.isReference && differs != nil) else { return }
        try withWorkspace { workspace in
            try change(&workspace.config, workspace)
            let outcome = try workspace.runContainer(command)
            switch expected {
            case .output(let text): #expect(outcome.code == 0 && outcome.trimmed == text, "\(name): \(outcome.summary)")
            case .exit(let code): #expect(outcome.code == code, "\(name): \(outcome.summary)")
            case .that(let holds):
                #expect(outcome.code == 0 && holds(outcome.output), "\(name): \(outcome.summary)")
            case .report(let holds):
                let report = try Report(outcome)
                #expect(holds(report), "\(name): \(outcome.summary)")
            case .refused(let word):
                #expect(outcome.code == 1 || (Machine.isReference && outcome.code != 0), "\(name): \(outcome.summary)")
                #expect(outcome.output.isEmpty)
                if !Machine.isReference {
                    let lines = outcome.errors.split(separator: "\n")
                    #expect(lines.count == 1 && outcome.errors.contains(word), "\(name): \(outcome.summary)")
                }
                #expect(workspace.stateNames.isEmpty, "\(name): state remains: \(workspace.stateNames)")
            }
        }
    }
}
