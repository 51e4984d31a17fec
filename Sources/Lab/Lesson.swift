/// One mechanism of the kernel, shown, done and checked in a few minutes.
public struct Lesson: Sendable {
    /// One word, as the command line takes it.
    public let name: String
    public let title: String
    /// What the mechanism is for, in a paragraph.
    public let idea: String
    public let steps: [Step]
    /// What takes away what the kernel keeps of a lesson; processes, mounts and files go without being told.
    public let cleanUp: String?

    init(_ name: String, _ title: String, idea: String, cleanUp: String? = nil, steps: [Step]) {
        self.name = name
        self.title = title
        self.idea = idea
        self.cleanUp = cleanUp
        self.steps = steps
    }

    /// The lesson of this name.
    public static func named(_ name: String) -> Lesson? { all.first { $0.name == name } }

    /// All of them, in the order in which they build on one another.
    public static let all: [Lesson] = [
        namespaces, processes, signals, mounts, pivotRoot, overlay, userNamespaces, network, cgroups, outOfMemory,
        capabilities, seccomp, container,
    ]
}

/// Something to do, and what the kernel must say afterwards.
public struct Step: Sendable {
    /// Whether the mechanism is used, or left out to show what breaks.
    public enum Kind: Sendable {
        case with
        case without
    }

    public let kind: Kind
    public let text: String
    /// Lines for a POSIX shell: `brig` is this program, and what `keep NAME VALUE` has kept is a variable.
    public let command: String
    public let proofs: [Proof]

    /// A step that uses the mechanism.
    static func with(_ text: String, _ command: String, _ proofs: Proof...) -> Step {
        Step(kind: .with, text: text, command: command, proofs: proofs)
    }

    /// A step that goes without it.
    static func without(_ text: String, _ command: String, _ proofs: Proof...) -> Step {
        Step(kind: .without, text: text, command: command, proofs: proofs)
    }
}
