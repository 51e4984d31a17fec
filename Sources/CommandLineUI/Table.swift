/// Columns as Docker prints them: at least ten characters wide, three spaces between them, nothing behind the last one.
public struct Table: Sendable {
    private var rows: [[String]] = []

    public init() {}

    public init(header: [String]) { rows = [header] }

    /// Adds a row. Control characters and line ends in a cell become `?`: a name must not move the cursor.
    public mutating func add(_ cells: [String]) { rows.append(cells.map(Self.printable)) }

    /// All rows, each with a line end.
    public var text: String {
        var widths: [Int] = []
        for row in rows {
            for (column, cell) in row.enumerated().dropLast() {
                let width = max(10, cell.unicodeScalars.count + 3)
                if column < widths.count { widths[column] = max(widths[column], width) } else { widths.append(width) }
            }
        }
        return rows.map { row in
            row.enumerated().map { column, cell in
                guard column < row.count - 1 else { return cell }
                return cell + String(repeating: " ", count: widths[column] - cell.unicodeScalars.count)
            }.joined() + "\n"
        }.joined()
    }

    /// The text with control characters and line ends as `?`.
    public static func printable(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { isControl($0) ? "?" : $0 }))
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value)
    }
}
