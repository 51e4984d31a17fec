/// What a value of the document may be, and how a later file's value joins an earlier one's.
indirect enum Shape: Sendable {
    /// A text; numbers and truth values are taken as they are written.
    case text
    case choice([String])
    case bool
    case integer(ClosedRange<Int64>)
    case number
    /// A file's permissions: octal with a leading zero or in quotes.
    case mode
    case duration
    /// Bytes.
    case size
    /// A path of the host's, taken from the directory of the file.
    case path
    /// Anything.
    case any
    /// A program with its arguments; a text is split as a shell would. A later one replaces an earlier one.
    case command
    case list(Shape, Identity)
    /// Names that the user chooses.
    case map(Shape)
    /// Known names only.
    case object([String: Field])
    /// `KEY=VALUE` in a list, or a mapping; null is the surrounding environment's value.
    case keyValues
    /// A short form that becomes the long one first.
    case short(ShortForm, Shape)
    /// Options belong to their driver: another driver's replace them.
    case driver(Shape)
    /// A later value replaces an earlier one.
    case replaced(Shape)

    /// Which elements of two lists are the same one.
    enum Identity: Sendable {
        /// None: all are kept.
        case none
        case value
        /// Those whose members of these names are equal, the first of which that is there counts.
        case firstOf([String])
        /// Those whose members of these names are all equal.
        case allOf([String])
    }

    static let integer = Shape.integer(Int64.min...Int64.max)
    static let count = Shape.integer(0...Int64.max)
    /// Texts, each once.
    static let texts = Shape.list(.text, .value)
    static let textOrTexts = Shape.short(.textOrList, .texts)
}

struct Field: Sendable {
    let shape: Shape
    var isRequired = false

    static func required(_ shape: Shape) -> Field { Field(shape: shape, isRequired: true) }
}

/// The short forms of the specification.
enum ShortForm: Sendable {
    case textOrList, ports, mount, networks, dependsOn, build, envFile, grant, hosts, device, extends, ulimit, gpus
    case healthTest, include, externalFlag, throttle
}

extension Shape {
    static func fields(_ fields: [String: Shape], required: [String] = []) -> Shape {
        .object(fields.reduce(into: [:]) { $0[$1.key] = Field(shape: $1.value, isRequired: required.contains($1.key)) })
    }
}
