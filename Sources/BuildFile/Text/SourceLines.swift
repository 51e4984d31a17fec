/// A text as its lines, without the ends of lines (`\n` or `\r\n`) and without a byte order mark.
struct SourceLines {
    struct Line: Equatable {
        /// From 1.
        var number: Int
        var bytes: [UInt8]
        /// With the end of the line as it stands there.
        var raw: [UInt8]

        var text: String { String(decoding: bytes, as: UTF8.self) }
    }

    private(set) var lines: [Line] = []

    init(_ text: String) {
        var bytes = Array(text.utf8)[...]
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
        while !bytes.isEmpty {
            let end = bytes.firstIndex(of: .lineFeed) ?? bytes.endIndex
            let next = end < bytes.endIndex ? end + 1 : end
            var content = bytes[bytes.startIndex..<end]
            if content.last == .carriageReturn { content.removeLast() }
            lines.append(
                Line(
                    number: lines.count + 1, bytes: Array(content), raw: Array(bytes[bytes.startIndex..<next])))
            bytes = bytes[next...]
        }
    }
}

extension UInt8 {
    static let lineFeed = UInt8(ascii: "\n")
    static let carriageReturn = UInt8(ascii: "\r")
    static let space = UInt8(ascii: " ")
    static let tab = UInt8(ascii: "\t")
    static let hash = UInt8(ascii: "#")
    static let backslash = UInt8(ascii: "\\")
    static let singleQuote = UInt8(ascii: "'")
    static let doubleQuote = UInt8(ascii: "\"")
    static let dollar = UInt8(ascii: "$")
    static let equals = UInt8(ascii: "=")
    static let dash = UInt8(ascii: "-")
    static let comma = UInt8(ascii: ",")

    var isBlank: Bool {
        self == .space || self == .tab || self == .lineFeed || self == .carriageReturn || self == 0x0B || self == 0x0C
    }
    var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
    var isLetter: Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self)
    }
}

extension Collection<UInt8> {
    var text: String { String(decoding: self, as: UTF8.self) }
}

extension BidirectionalCollection<UInt8> where SubSequence == ArraySlice<UInt8> {
    var trimmed: ArraySlice<UInt8> {
        var slice = self[startIndex..<endIndex]
        while let first = slice.first, first.isBlank { slice = slice.dropFirst() }
        while let last = slice.last, last.isBlank { slice = slice.dropLast() }
        return slice
    }
}
