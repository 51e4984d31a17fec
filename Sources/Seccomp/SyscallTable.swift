/// Names and numbers of the kernel's calls.
///
/// A call is known by its row: the same for all architectures, so that a name is looked up once.
enum SyscallTable {
    static let nameWidth = 28
    static let recordWidth = 56
    static let count = records.utf8CodeUnitCount / recordWidth

    /// The row of the call with this name.
    static func row(of name: String) -> Int? {
        var name = name
        return name.withUTF8 { row(of: $0) }
    }

    private static func row(of name: UnsafeBufferPointer<UInt8>) -> Int? {
        guard !name.isEmpty, name.count <= nameWidth else { return nil }
        let records = Self.records.utf8Start
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            let record = records + middle * recordWidth
            var index = 0
            while index < name.count, record[index] == name[index] { index += 1 }
            if index == name.count, index == nameWidth || record[index] == space { return middle }
            // A name ends in the record's padding, which sorts before every letter.
            if index < name.count, record[index] < name[index] { low = middle + 1 } else { high = middle }
        }
        return nil
    }

    /// The number of the call in this row; nil if the architecture lacks it.
    static func number(row: Int, _ architecture: Architecture) -> UInt32? {
        guard row >= 0, row < count, let column = column(architecture) else { return nil }
        // Aligned to the right; what is no digit there is the sign for none.
        let record = records.utf8Start + row * recordWidth
        guard record[column.upperBound - 1] != UInt8(ascii: "-") else { return nil }
        var number: UInt32 = 0
        for index in column where record[index] != space { number = number &* 10 &+ UInt32(record[index] &- zero) }
        return number &+ architecture.numberOffset
    }

    /// How i386 makes the call in this row beside, or instead of, by a number of its own.
    static func multiplexing(row: Int) -> Multiplexing? {
        guard row >= 0, row < count else { return nil }
        let record = records.utf8Start + row * recordWidth
        let way: Multiplexing.Way
        switch record[52] {
        case UInt8(ascii: "s"): way = .socketcall
        case UInt8(ascii: "i"): way = .ipc
        default: return nil
        }
        return Multiplexing(way: way, number: UInt64(record[53] - zero) * 10 + UInt64(record[54] - zero))
    }

    /// The name of the call in this row.
    static func name(row: Int) -> String {
        guard row >= 0, row < count else { return "" }
        let record = UnsafeBufferPointer(start: records.utf8Start + row * recordWidth, count: nameWidth)
        return String(decoding: record.prefix { $0 != space }, as: UTF8.self)
    }

    private static func column(_ architecture: Architecture) -> Range<Int>? {
        switch architecture {
        case .x86: 28..<32
        case .x86_64: 32..<36
        case .x32: 36..<40
        case .arm: 40..<47
        case .aarch64: 47..<51
        default: nil
        }
    }

    private static let space = UInt8(ascii: " ")
    private static let zero = UInt8(ascii: "0")
}

/// A system call by its name and by its number on one architecture.
public struct Syscall: Hashable, Sendable {
    /// As in the manual, such as `openat`.
    public let name: String
    /// As in `seccomp_data.nr`: with x32's bit for x32.
    public let number: UInt32

    private init(name: String, number: UInt32) {
        self.name = name
        self.number = number
    }

    /// The call with this name; nil if the architecture has none or we have no table of it.
    public init?(named name: String, on architecture: Architecture) {
        guard let row = SyscallTable.row(of: name), let number = SyscallTable.number(row: row, architecture) else {
            return nil
        }
        self.name = name
        self.number = number
    }

    /// The call with this number. Searches the whole table: for people's eyes, not for speed.
    public init?(number: UInt32, on architecture: Architecture) {
        guard
            let row = (0..<SyscallTable.count).first(where: {
                SyscallTable.number(row: $0, architecture) == number
            })
        else { return nil }
        self.name = SyscallTable.name(row: row)
        self.number = number
    }

    /// Whether any architecture that has a table here has a call of this name.
    public static func isKnown(_ name: String) -> Bool { SyscallTable.row(of: name) != nil }

    /// All calls of an architecture, by name.
    public static func all(on architecture: Architecture) -> [Syscall] {
        (0..<SyscallTable.count).compactMap { row in
            SyscallTable.number(row: row, architecture).map { Syscall(name: SyscallTable.name(row: row), number: $0) }
        }
    }
}
