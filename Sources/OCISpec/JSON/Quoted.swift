/// Text from a document as it appears in an error message: in quotes, on one line, shortened, and without characters
/// that steer a terminal or turn the direction of writing.
package func quoted(_ text: String, limit: Int = 60) -> String {
    let scalars = text.unicodeScalars
    var shown = JSONValue.string(String(String.UnicodeScalarView(scalars.prefix(limit)))).text()
    if shown.unicodeScalars.contains(where: isHidden) {
        shown = shown.unicodeScalars.reduce(into: "") { result, scalar in
            if isHidden(scalar) {
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
    }
    return scalars.dropFirst(limit).isEmpty ? shown : shown + "…"
}

/// Control characters beyond ASCII, which JSON escapes itself, and those that are not seen or change the direction.
private func isHidden(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x80...0x9F, 0xAD, 0x61C, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF, 0xFFF9...0xFFFB,
        0xE0000...0xE007F:
        true
    default: false
    }
}
