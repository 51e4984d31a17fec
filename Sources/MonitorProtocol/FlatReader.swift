/// Reads the text of a `FlatObject`.
struct FlatReader {
    let bytes: [UInt8]
    var index = 0

    mutating func object() throws(MalformedObject) -> [(key: [UInt8], value: FlatObject.Value)] {
        var members: [(key: [UInt8], value: FlatObject.Value)] = []
        try expect("{")
        if peek() == UInt8(ascii: "}") {
            index += 1
        } else {
            repeat {
                let key = try string()
                try expect(":")
                let value = try value()
                guard members.count < 64 else { throw MalformedObject(reason: "too many members") }
                guard !members.contains(where: { $0.key == key }) else {
                    throw MalformedObject(reason: "duplicate key")
                }
                members.append((key, value))
            } while try continues()
        }
        guard peek() == nil else { throw MalformedObject(reason: "more than an object") }
        return members
    }

    /// The next byte that is no white space.
    private mutating func peek() -> UInt8? {
        while index < bytes.count, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[index]) { index += 1 }
        return index < bytes.count ? bytes[index] : nil
    }

    private mutating func expect(_ character: Unicode.Scalar) throws(MalformedObject) {
        guard peek() == UInt8(ascii: character) else {
            throw MalformedObject(reason: "no \(character) at byte \(index)")
        }
        index += 1
    }

    private mutating func continues() throws(MalformedObject) -> Bool {
        let next = peek()
        index += 1
        switch next {
        case UInt8(ascii: ","): return true
        case UInt8(ascii: "}"): return false
        default: throw MalformedObject(reason: "neither , nor } at byte \(index - 1)")
        }
    }

    private mutating func value() throws(MalformedObject) -> FlatObject.Value {
        switch peek() {
        case UInt8(ascii: "\""): return .text(try string())
        case UInt8(ascii: "t"): return try word("true", .boolean(true))
        case UInt8(ascii: "f"): return try word("false", .boolean(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return .integer(try integer())
        }
    }

    private mutating func word(
        _ text: StaticString, _ value: FlatObject.Value
    ) throws(MalformedObject) -> FlatObject.Value {
        for offset in 0..<text.utf8CodeUnitCount {
            guard index < bytes.count, bytes[index] == text.utf8Start[offset] else {
                throw MalformedObject(reason: "unknown word at byte \(index)")
            }
            index += 1
        }
        return value
    }

    private mutating func integer() throws(MalformedObject) -> Int64 {
        let start = index
        let negative = peek() == UInt8(ascii: "-")
        if negative { index += 1 }
        let firstDigit = index
        var number: Int64 = 0
        while index < bytes.count, case let digit = bytes[index] &- UInt8(ascii: "0"), digit < 10 {
            let (tenfold, overflow) = number.multipliedReportingOverflow(by: 10)
            let (sum, carried) = tenfold.subtractingReportingOverflow(Int64(digit))
            guard !overflow, !carried else { throw MalformedObject(reason: "number too large at byte \(start)") }
            number = sum
            index += 1
        }
        let leadingZero = index - firstDigit > 1 && bytes[firstDigit] == UInt8(ascii: "0")
        guard index > firstDigit, !leadingZero, negative || number != .min else {
            throw MalformedObject(reason: "no value at byte \(start)")
        }
        return negative ? number : -number
    }

    private mutating func string() throws(MalformedObject) -> [UInt8] {
        try expect("\"")
        var text: [UInt8] = []
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard String(validating: text, as: UTF8.self) != nil else {
                    throw MalformedObject(reason: "string is not UTF-8 before byte \(index)")
                }
                return text
            case UInt8(ascii: "\\"): try escape(&text)
            case 0..<0x20: throw MalformedObject(reason: "control character at byte \(index - 1)")
            default: text.append(byte)
            }
        }
        throw MalformedObject(reason: "string without end")
    }

    private mutating func escape(_ text: inout [UInt8]) throws(MalformedObject) {
        guard index < bytes.count else { throw MalformedObject(reason: "string without end") }
        let byte = bytes[index]
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0c)
        case UInt8(ascii: "n"): text.append(0x0a)
        case UInt8(ascii: "r"): text.append(0x0d)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            var code = try fourDigits()
            if code & 0xfc00 == 0xd800 {
                guard index + 1 < bytes.count, bytes[index] == UInt8(ascii: "\\"), bytes[index + 1] == UInt8(ascii: "u")
                else { throw MalformedObject(reason: "lone surrogate before byte \(index)") }
                index += 2
                let low = try fourDigits()
                guard low & 0xfc00 == 0xdc00 else {
                    throw MalformedObject(reason: "lone surrogate before byte \(index)")
                }
                code = 0x10000 + (code & 0x3ff) << 10 + (low & 0x3ff)
            }
            guard let scalar = Unicode.Scalar(code) else {
                throw MalformedObject(reason: "lone surrogate before byte \(index)")
            }
            text += UTF8.encode(scalar).map { Array($0) } ?? []
        default: throw MalformedObject(reason: "unknown escape at byte \(index - 1)")
        }
    }

    private mutating func fourDigits() throws(MalformedObject) -> UInt32 {
        guard bytes.count - index >= 4 else { throw MalformedObject(reason: "string without end") }
        var code: UInt32 = 0
        for byte in bytes[index..<index + 4] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw MalformedObject(reason: "no hexadecimal digit near byte \(index)")
            }
            code = code << 4 | UInt32(digit)
        }
        index += 4
        return code
    }
}
