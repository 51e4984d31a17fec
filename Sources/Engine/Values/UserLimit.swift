/// One `--ulimit`: `NAME=SOFT[:HARD]`; -1 is no limit.
public struct UserLimit: Codable, Equatable, Sendable, CustomStringConvertible {
    public let name: String
    public let soft: Int64
    public let hard: Int64

    enum CodingKeys: String, CodingKey {
        case name = "Name"
        case hard = "Hard"
        case soft = "Soft"
    }

    static let names: Set<String> = [
        "core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc", "rss", "rtprio",
        "rttime", "sigpending", "stack",
    ]

    init(name: String, soft: Int64, hard: Int64) {
        self.name = name
        self.soft = soft
        self.hard = hard
    }

    /// - Throws: `EngineError` of kind `invalidInput`.
    public init(_ text: String) throws(EngineError) {
        let invalid = EngineError(.invalidInput, "invalid --ulimit: \(quotedForError(text))")
        let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2, Self.names.contains(parts[0]) else { throw invalid }
        let limits = parts[1].split(separator: ":", omittingEmptySubsequences: false).map { Int64($0) }
        guard limits.count <= 2, let soft = limits[0], let hard = limits.last ?? nil, soft >= -1, hard >= -1,
            hard == -1 || (soft != -1 && soft <= hard)
        else { throw invalid }
        self.init(name: parts[0], soft: soft, hard: hard)
    }

    public var description: String { "\(name)=\(soft):\(hard)" }
}
