/// Why a container's program does not run.
public struct StartFailure: Error, Equatable, Sendable {
    /// Whose fault it is, which decides the exit code of `brig run`.
    public enum Kind: String, Sendable {
        /// The program is there and cannot be executed: 126.
        case notExecutable
        /// There is no such program: 127.
        case notFound
        /// Anything else, from a bad configuration to a limit of the host: 125.
        case engine

        /// The exit code that Docker's command line gives for it.
        public var exitCode: Int32 {
            switch self {
            case .notExecutable: 126
            case .notFound: 127
            case .engine: 125
            }
        }
    }

    /// Whose fault it is.
    public let kind: Kind
    /// For people: one line.
    public let message: String

    /// A failure with a message of one line for people.
    public init(kind: Kind, message: String) {
        self.kind = kind
        self.message = message
    }

    /// The payload of a `failed` frame. A message that would not fit into a frame is cut off.
    public var json: [UInt8] {
        // A byte takes six at most when escaped.
        let text = Array(message.utf8.prefix((Frame.maximumPayload - 100) / 6))
        return Array("{\"kind\":\"\(kind.rawValue)\",\"message\":".utf8) + quotedJSON(text) + [UInt8(ascii: "}")]
    }

    /// Reads the payload of a `failed` frame. A kind that is not known here counts as `engine`.
    ///
    /// - Throws: `MalformedObject`.
    public init(json: [UInt8]) throws(MalformedObject) {
        let object = try FlatObject(json: json)
        let kind = Kind(rawValue: String(decoding: try object.text("kind"), as: UTF8.self))
        self.init(kind: kind ?? .engine, message: String(decoding: try object.text("message"), as: UTF8.self))
    }
}
