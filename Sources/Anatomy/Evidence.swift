package import OCISpec

/// What a statement rests on: the file, or the question to the kernel, and the value that was read there.
package struct Evidence: Equatable, Sendable {
    /// A path, or such as `netlink RTM_GETLINK net:[4026531840]`.
    package let file: String
    package let value: String

    package init(_ file: String, _ value: String) {
        self.file = file
        self.value = value
    }

    package var json: JSONValue { ["file": .string(file), "value": .string(value)] }
}

extension JSONValue {
    static func list(_ texts: some Sequence<String>) -> JSONValue { .array(texts.map { .string($0) }) }

    static func optional(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
}

/// Text from outside as it may be shown: control characters and what turns the direction of writing become `?`.
///
/// A process chooses its name and its arguments, and a file system its paths: none of them may move the cursor, change
/// colours, or make a line look like another.
package func shown(_ text: String) -> String {
    func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7f...0x9f, 0x200b...0x200f, 0x2028...0x202e, 0x2060...0x2069, 0xfeff: true
        default: false
        }
    }
    guard text.unicodeScalars.contains(where: isUnsafe) else { return text }
    return String(String.UnicodeScalarView(text.unicodeScalars.map { isUnsafe($0) ? "?" : $0 }))
}

/// A size in binary units: `7.6 MiB`.
package func shownSize(_ bytes: UInt64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
    var (value, unit) = (Double(bytes), 0)
    while value >= 1024, unit < units.count - 1 { (value, unit) = (value / 1024, unit + 1) }
    let tenths = (value * 10).rounded() / 10
    let text = String(tenths)
    return "\(text.hasSuffix(".0") ? String(text.dropLast(2)) : text) \(units[unit])"
}
