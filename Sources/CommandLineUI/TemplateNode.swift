internal import OCISpec

/// A part of a parsed template.
indirect enum TemplateNode: Sendable {
    case text(String)
    case output(Expression)
    case condition(Expression, then: [TemplateNode], otherwise: [TemplateNode])
    case range(variables: [String], Expression, body: [TemplateNode], otherwise: [TemplateNode])
    case with(Expression, body: [TemplateNode], otherwise: [TemplateNode])
    case assign(String, Expression)

    /// A pipeline: each command gets the value of the one before as its last argument.
    struct Expression: Sendable {
        var commands: [[Operand]]
    }

    /// One word of a command.
    indirect enum Operand: Sendable {
        case literal(JSONValue)
        /// The dot, or a variable, or an expression in parentheses, then fields of it.
        case path(Root, [String])
        case function(String)
    }

    indirect enum Root: Sendable {
        case dot
        /// `$` and `$name`.
        case variable(String)
        case expression(Expression)
    }
}

/// A template that cannot be understood or applied.
public struct TemplateError: Error, Equatable, CustomStringConvertible {
    public let description: String
    init(_ text: String) { description = text }
}
