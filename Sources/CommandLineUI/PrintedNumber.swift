internal import OCISpec

/// Numbers as Go's fmt writes them.
enum PrintedNumber {
    /// In capital letters.
    static func digits(_ number: UInt64, _ radix: Int, atLeast count: Int) -> String {
        let text = String(number, radix: radix, uppercase: true)
        return String(repeating: "0", count: max(0, count - text.count)) + text
    }

    /// `U+0041`
    static func unicode(_ value: UInt32) -> String { "U+" + digits(UInt64(value), 16, atLeast: 4) }

    /// As few digits as name the number; with an exponent only where it is very large or very small.
    static func shortest(_ number: Double) -> String {
        guard number.isFinite else { return number.isNaN ? "NaN" : number < 0 ? "-Inf" : "+Inf" }
        if let whole = Int64(exactly: number) { return number == 0 && number.sign == .minus ? "-0" : String(whole) }
        let text = number.description
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    /// So many digits behind the point, of a number that is not negative.
    static func fixed(_ number: Double, _ count: Int) -> String {
        let (digits, exponent) = decimal(number)
        // Where the digits behind the point begin.
        var point = exponent
        var all = digits
        if point < 0 {
            all = Array(repeating: 0, count: -point) + all
            point = 0
        }
        while all.count < point { all.append(0) }
        all = rounded(all, to: point + count, &point)
        let whole = all.prefix(point).map(String.init).joined()
        let fraction = all.dropFirst(point).map(String.init).joined()
        return (whole.isEmpty ? "0" : whole) + (count > 0 ? "." + fraction : "")
    }

    /// One digit, so many behind the point, and the exponent.
    static func exponential(_ number: Double, _ count: Int) -> String {
        var (digits, exponent) = decimal(number)
        digits = rounded(digits, to: count + 1, &exponent).prefix(count + 1).map { $0 }
        let power = number == 0 ? 0 : exponent - 1
        let fraction = digits.dropFirst().map(String.init).joined()
        let size = String(power.magnitude)
        return
            "\(digits.first ?? 0)\(count > 0 ? "." + fraction : "")e\(power < 0 ? "-" : "+")\(size.count < 2 ? "0" : "")\(size)"
    }

    /// So many digits that count, without zeros at the end.
    static func significant(_ number: Double, _ count: Int) -> String {
        var (digits, exponent) = decimal(number)
        digits = rounded(digits, to: count, &exponent)
        if number != 0, exponent - 1 < -4 || exponent - 1 >= count {
            let text = exponential(number, count - 1)
            guard let mark = text.firstIndex(of: "e") else { return text }
            return withoutZeros(String(text[..<mark])) + text[mark...]
        }
        return withoutZeros(fixed(number, max(0, count - (number == 0 ? 1 : exponent))))
    }

    private static func withoutZeros(_ text: String) -> String {
        guard text.contains(".") else { return text }
        var rest = Substring(text)
        while rest.last == "0" { rest.removeLast() }
        return String(rest.last == "." ? rest.dropLast() : rest)
    }

    /// The digits that name a number, and where the point stands from their beginning.
    private static func decimal(_ number: Double) -> (digits: [Int], exponent: Int) {
        guard number.isFinite, number != 0 else { return ([0], 1) }
        var text = Substring(number.description)
        var exponent = 0
        if let mark = text.firstIndex(of: "e") {
            exponent = Int(text[text.index(after: mark)...].drop { $0 == "+" }) ?? 0
            text = text[..<mark]
        }
        let point = text.firstIndex(of: ".").map { text.distance(from: text.startIndex, to: $0) } ?? text.count
        var digits = text.compactMap(\.wholeNumberValue)
        exponent += point
        while digits.count > 1, digits.first == 0 {
            digits.removeFirst()
            exponent -= 1
        }
        return (digits, exponent)
    }

    /// The first so many digits, the last of them rounded; a carry at the front moves the point.
    private static func rounded(_ digits: [Int], to count: Int, _ point: inout Int) -> [Int] {
        guard count < digits.count else { return digits + Array(repeating: 0, count: max(0, count - digits.count)) }
        guard count >= 0 else { return [] }
        var result = Array(digits.prefix(count))
        let isExactHalf = digits[count] == 5 && digits.dropFirst(count + 1).allSatisfy { $0 == 0 }
        let goesUp = isExactHalf ? (result.last ?? 0) % 2 == 1 : digits[count] >= 5
        guard goesUp else { return result }
        var index = count - 1
        while index >= 0 {
            result[index] += 1
            if result[index] < 10 { return result }
            result[index] = 0
            index -= 1
        }
        point += 1
        return [1] + result
    }
}
