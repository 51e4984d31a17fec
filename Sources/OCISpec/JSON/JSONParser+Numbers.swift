extension JSONParser {
    mutating func parseNumber() throws(JSONSyntaxError) -> JSONValue {
        let start = position
        let negative = peek() == UInt8(ascii: "-")
        if negative { position += 1 }
        let magnitude = try parseDigits(leadingZero: false)
        var whole = true
        if peek() == UInt8(ascii: ".") {
            whole = false
            position += 1
            _ = try parseDigits(leadingZero: true)
        }
        if peek() == UInt8(ascii: "e") || peek() == UInt8(ascii: "E") {
            whole = false
            position += 1
            if peek() == UInt8(ascii: "+") || peek() == UInt8(ascii: "-") { position += 1 }
            _ = try parseDigits(leadingZero: true)
        }
        if whole, let magnitude {
            if !negative { return Int64(exactly: magnitude).map { .integer($0) } ?? .unsigned(magnitude) }
            if magnitude <= Int64.min.magnitude { return .integer(Int64(truncatingIfNeeded: 0 &- magnitude)) }
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        guard let number = Double(text), number.isFinite else {
            throw JSONSyntaxError(position: start, problem: "the number is out of range")
        }
        return .double(number)
    }

    /// One digit or more as a number, nil if it does not fit. A leading zero must be alone.
    private mutating func parseDigits(leadingZero: Bool) throws(JSONSyntaxError) -> UInt64? {
        let start = position
        var value: UInt64? = 0
        while let byte = peek(), UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte {
            if let number = value {
                let (product, overflow) = number.multipliedReportingOverflow(by: 10)
                let (sum, carry) = product.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
                value = overflow || carry ? nil : sum
            }
            position += 1
        }
        guard position > start else { throw unexpected("a digit") }
        guard leadingZero || position == start + 1 || bytes[start] != UInt8(ascii: "0") else {
            throw JSONSyntaxError(position: start, problem: "a number must not begin with 0")
        }
        return value
    }
}
