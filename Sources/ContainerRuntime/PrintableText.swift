/// Text from outside on one line and without what acts on a terminal: control characters (C0, DEL and C1, of which U+009B
/// begins a sequence as ESC [ does), separators of lines, and marks that turn the direction of what follows.
package func printable(_ text: String, instead replacement: Unicode.Scalar = " ") -> String {
    if text.utf8.allSatisfy({ 0x20..<0x7F ~= $0 }) { return text }
    return String(
        String.UnicodeScalarView(
            text.unicodeScalars.map { scalar in
                switch scalar.value {
                case 0..<0x20, 0x7F...0x9F, 0x2028...0x202E, 0x2066...0x2069: replacement
                default: scalar
                }
            }))
}
