/// Files of lines with a name and a number, such as `memory.stat`.
struct NamedNumbers {
    /// In the file's order; lines of another form are left out.
    let entries: [(name: Substring, value: UInt64)]

    init(_ bytes: [UInt8]) {
        entries = bytes.lines.compactMap { words in
            guard words.count == 2, let value = UInt64(words[1]) else { return nil }
            return (words[0], value)
        }
    }

    subscript(name: String) -> UInt64? { entries.first { $0.name == name }?.value }
}

extension UInt64 {
    /// Times 1000, or the largest number.
    var thousandfold: UInt64 {
        let (product, overflow) = multipliedReportingOverflow(by: 1000)
        return overflow ? .max : product
    }
}

extension Limit {
    /// As a v2 file has it.
    init?(unified text: some StringProtocol) {
        if text == "max" {
            self = .unlimited
        } else if let amount = UInt64(text) {
            self.init(amount)
        } else {
            return nil
        }
    }

    /// As a v1 file of bytes has it: no limit is the largest multiple of a page, on old kernels in 63 or 64 bits.
    init(legacyBytes amount: UInt64) {
        self = amount >= 0x7fff_ffff_ffff_0000 ? .unlimited : Limit(amount)
    }
}

extension Statistics.Pressure {
    /// Reads lines such as `some avg10=0.00 avg60=0.00 avg300=0.00 total=0`; `nil` for anything else.
    init?(parsing bytes: [UInt8]) {
        self.init()
        var isAny = false
        for words in bytes.lines {
            guard let share = Share(words.dropFirst()) else { continue }
            switch words.first {
            case "some": some = share
            case "full": full = share
            default: continue
            }
            isAny = true
        }
        if !isAny { return nil }
    }
}

extension Statistics.Pressure.Share {
    init?(_ words: ArraySlice<Substring>) {
        self.init()
        for word in words {
            let parts = word.split(separator: "=")
            guard parts.count == 2 else { return nil }
            switch parts[0] {
            case "avg10": average10 = Double(parts[1]) ?? 0
            case "avg60": average60 = Double(parts[1]) ?? 0
            case "avg300": average300 = Double(parts[1]) ?? 0
            case "total": totalMicroseconds = UInt64(parts[1]) ?? 0
            default: continue
            }
        }
    }
}

extension CgroupDirectory {
    /// A number, or `nil` if this kernel has no such file.
    func number(_ file: String) throws(CgroupError) -> UInt64? {
        try readIfPresent(file).flatMap { UInt64($0.trimmedText) }
    }

    /// A limit of v2, or `nil` if this kernel has no such file.
    func limit(_ file: String) throws(CgroupError) -> Limit? {
        try readIfPresent(file).flatMap { Limit(unified: $0.trimmedText) }
    }

    func numbers(_ file: String) throws(CgroupError) -> NamedNumbers {
        NamedNumbers(try readIfPresent(file) ?? [])
    }

    func pressure(_ file: String) throws(CgroupError) -> Statistics.Pressure? {
        try readIfPresent(file).flatMap { Statistics.Pressure(parsing: $0) }
    }
}
