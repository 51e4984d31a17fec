internal import OCISpec

/// A part of a parsed template.
indirect enum TemplateNode: Sendable {
    case text(String)
    case action(Pipeline)
    case condition(Pipeline, then: [TemplateNode], otherwise: [TemplateNode])
    case with(Pipeline, body: [TemplateNode], otherwise: [TemplateNode])
    case range(Pipeline, body: [TemplateNode], otherwise: [TemplateNode])
    case template(name: String, Pipeline?, offset: Int)
    case leaveLoop, nextTurn

    /// Commands, each of which gets the value of the one before as its last argument; then variables for the value.
    struct Pipeline: Sendable {
        var variables: [String] = []
        /// Whether the variables are there already.
        var assigns = false
        var commands: [Command] = []
        var offset: Int

        var description: String {
            let names = variables.joined(separator: ", ")
            let start = variables.isEmpty ? "" : "\(names) \(assigns ? "=" : ":=") "
            return start + commands.map(\.description).joined(separator: " | ")
        }
    }

    struct Command: Sendable {
        var operands: [Operand]
        let offset: Int

        var description: String { operands.map(\.argument).joined(separator: " ") }
    }

    /// One word of a command.
    struct Operand: Sendable {
        let kind: Kind
        /// Where errors say that it is: behind the first name of several.
        let offset: Int

        indirect enum Kind: Sendable {
            case dot, nothing
            /// With its text in the template.
            case literal(JSONValue, String)
            case field([String])
            case variable(String, [String])
            case function(String)
            case pipeline(Pipeline)
            /// Fields of a value in parentheses or of a function's.
            case chain(Operand, [String])
        }

        var description: String {
            switch kind {
            case .dot: "."
            case .nothing: "nil"
            case .literal(_, let text): text
            case .field(let names): names.map { ".\($0)" }.joined()
            case .variable(let name, let fields): name + fields.map { ".\($0)" }.joined()
            case .function(let name): name
            case .pipeline(let pipeline): pipeline.description
            case .chain(let start, let fields): start.argument + fields.map { ".\($0)" }.joined()
            }
        }

        /// As a part of something larger.
        var argument: String {
            if case .pipeline = kind { return "(\(description))" }
            return description
        }
    }
}

/// A template that cannot be understood or applied, in Go's words.
public struct TemplateError: Error, Equatable, CustomStringConvertible {
    public let description: String
    init(_ text: String) { description = text }
}
