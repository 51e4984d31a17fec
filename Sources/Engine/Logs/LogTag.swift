/// What a log calls its container: Docker's `--log-opt tag`, a text with a few of the container's properties in it.
struct LogTag: Equatable, Sendable {
    private enum Part: Equatable, Sendable {
        case text(String)
        case property(Property)
    }

    enum Property: String, CaseIterable, Sendable {
        case id = "ID"
        case fullID = "FullID"
        case name = "Name"
        case imageID = "ImageID"
        case imageFullID = "ImageFullID"
        case imageName = "ImageName"
        case daemonName = "DaemonName"
    }

    private var parts: [Part] = []

    /// - Throws: `EngineError` of kind `invalidInput` for what a tag cannot hold.
    init(_ text: String) throws(EngineError) {
        var rest = text[...]
        while let start = rest.firstRange(of: "{{") {
            guard let end = rest[start.upperBound...].firstRange(of: "}}") else { break }
            let name = rest[start.upperBound..<end.lowerBound].filter { !$0.isWhitespace }
            guard name.hasPrefix("."), let property = Property(rawValue: String(name.dropFirst())) else {
                let known = Property.allCases.map { "{{.\($0.rawValue)}}" }.joined(separator: ", ")
                throw EngineError(
                    .invalidInput,
                    "invalid log opt tag \(quotedForError(text)): what stands in braces is one of \(known)")
            }
            parts += [.text(String(rest[..<start.lowerBound])), .property(property)]
            rest = rest[end.upperBound...]
        }
        parts.append(.text(String(rest)))
    }

    func text(of record: ContainerRecord) -> String {
        parts.map { part in
            switch part {
            case .text(let text): text
            case .property(.id): record.id.short
            case .property(.fullID): record.id.text
            case .property(.name): record.name.text
            case .property(.imageID): record.imageID.short
            case .property(.imageFullID): "sha256:\(record.imageID.text)"
            case .property(.imageName): record.imageName
            case .property(.daemonName): "brig"
            }
        }.joined()
    }
}
