/// Why a compose file is not understood: where, at which path of the document, and what is wrong.
public struct ComposeFileError: Error, Equatable, Sendable, CustomStringConvertible {
    public let mark: Mark?
    /// Such as `services.web.ports`; empty for the whole document.
    public let path: String
    public let message: String

    public init(_ message: String, at mark: Mark? = nil, path: String = "") {
        self.mark = mark
        self.path = path
        self.message = message
    }

    public var description: String {
        let place = mark.map { "\($0): " } ?? ""
        return place + (path.isEmpty ? "" : "\(path): ") + message
    }
}

/// A text in quotes for a message: shortened, and with nothing that a terminal would obey.
func quotedText(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars.prefix(80) {
        switch scalar.value {
        case 0x22: result += "\\\""
        case 0x0a: result += "\\n"
        case 0..<0x20, 0x7f..<0xa0: result += "?"
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result + (text.unicodeScalars.count > 80 ? "…\"" : "\"")
}
