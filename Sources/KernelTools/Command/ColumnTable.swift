internal import CommandLineUI
internal import LinuxKernel
internal import OCISpec

/// A table as util-linux prints it: columns as wide as their widest cell, one space between them, numbers to the right.
struct ColumnTable {
    struct Column {
        let name: String
        let isNumber: Bool

        init(_ name: String, isNumber: Bool = false) {
            self.name = name
            self.isNumber = isNumber
        }
    }

    let columns: [Column]
    /// One cell a column; `nil` is a value that there is none of.
    var rows: [[String?]] = []

    /// - Parameter raw: One space between cells, no padding, and blanks within a cell as `\x20`.
    func text(header: Bool, raw: Bool = false) -> String {
        let lines = (header ? [columns.map { Optional($0.name) }] : []) + rows
        let cells = lines.map { $0.map { Table.printable($0 ?? "") } }
        if raw {
            return cells.map { line in line.map(Self.escaped).joined(separator: " ") + "\n" }.joined()
        }
        let widths = columns.indices.map { index in cells.map { $0[index].count }.max() ?? 0 }
        return cells.map { line in
            let padded = line.indices.map { index -> String in
                let room = String(repeating: " ", count: widths[index] - line[index].count)
                if columns[index].isNumber { return room + line[index] }
                return index == line.count - 1 ? line[index] : line[index] + room
            }
            return padded.joined(separator: " ") + "\n"
        }.joined()
    }

    private static func escaped(_ cell: String) -> String {
        String(cell.flatMap { $0 == " " ? "\\x20" : String($0) })
    }

    /// The rows as objects in an array of this name, in util-linux's layout.
    func json(_ name: String) -> String {
        let objects = rows.map { row in
            zip(columns, row).map { column, cell -> String in
                let value: JSONValue =
                    cell.map { text in
                        if column.isNumber, let number = UInt64(text) { return JSONValue(number) }
                        return .string(text)
                    } ?? .null
                return "         \"\(column.name.lowercased())\": \(value.text())"
            }.joined(separator: ",\n")
        }
        guard !objects.isEmpty else { return "{\n   \"\(name)\": []\n}\n" }
        return "{\n   \"\(name)\": [\n      {\n" + objects.joined(separator: "\n      },{\n") + "\n      }\n   ]\n}\n"
    }
}

/// Marks before the rows of a tree, in the order of the tree.
///
/// - Parameters:
///   - roots: Those without anything above them.
///   - children: Those directly below one.
/// - Returns: Each element with the mark before it: `├─`, `└─` and what leads there.
func treeOrder<Element>(_ roots: [Element], children: (Element) -> [Element]) -> [(mark: String, element: Element)] {
    var result: [(String, Element)] = []
    // A stack of its own: a tree of processes may be deeper than this thread's.
    var pending: [(mark: String, below: String, element: Element)] = roots.reversed().map { ("", "", $0) }
    while let (mark, below, element) = pending.popLast() {
        result.append((mark, element))
        let list = children(element)
        for (index, child) in list.enumerated().reversed() {
            let isLast = index == list.count - 1
            pending.append((below + (isLast ? "└─" : "├─"), below + (isLast ? "  " : "│ "), child))
        }
    }
    return result
}

/// How many columns the terminal on standard output has; `nil` if there is none.
func standardOutputSize() -> Int? {
    guard let output = try? duplicateDescriptor(1), output.isTerminal() else { return nil }
    return (try? output.windowSize()).map { Int($0.columns) }
}
