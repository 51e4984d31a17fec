internal import LinuxKernel

/// The records of a PAX extended header, which say what the fields of a tar header have no room for.
///
/// Source: POSIX.1-2001, pax, "pax Extended Header": `length key=value\n` with the record's whole length in decimal.
struct PaxRecords {
    struct Record: Equatable {
        let key: [UInt8]
        let value: [UInt8]
    }

    private(set) var records: [Record] = []

    init() {}

    /// - Throws: `.badExtendedHeader`.
    init(_ bytes: [UInt8]) throws(ArchiveError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            // Some writers fill up with zeros.
            if rest.allSatisfy({ $0 == 0 }) { return }
            guard let blank = rest.prefix(12).firstIndex(of: UInt8(ascii: " ")),
                let length = decimal(rest[..<blank]), length <= UInt64(rest.count),
                Int(length) > blank - rest.startIndex + 3
            else { throw ArchiveError(.badExtendedHeader("a record's length is wrong")) }
            let record = rest.prefix(Int(length))
            let body = record[(blank + 1)...]
            guard body.last == UInt8(ascii: "\n"), let equals = body.firstIndex(of: UInt8(ascii: "=")),
                equals > blank + 1
            else { throw ArchiveError(.badExtendedHeader("a record has no key or no end")) }
            records.append(Record(key: Array(body[..<equals]), value: Array(body[(equals + 1)...].dropLast())))
            rest = rest.dropFirst(Int(length))
        }
    }

    /// These records, with those of `later` after them: of one key, the last counts.
    func followed(by later: PaxRecords) -> PaxRecords {
        var all = self
        all.records += later.records
        return all
    }

    /// The same without those that a later one of the same key makes meaningless.
    var withoutRepetition: PaxRecords {
        var seen: Set<[UInt8]> = []
        var all = self
        all.records = Array(records.reversed().filter { seen.insert($0.key).inserted }.reversed())
        return all
    }

    /// The last value of `key`. An empty one means that the header's own field counts again.
    func value(_ key: String) -> [UInt8]? {
        guard let record = records.last(where: { $0.key.elementsEqual(key.utf8) }), !record.value.isEmpty else {
            return nil
        }
        return record.value
    }

    /// The values of all keys that begin with `prefix`, with what follows it; of one key, the last.
    func values(after prefix: String) -> [(name: [UInt8], value: [UInt8])] {
        let prefix = Array(prefix.utf8)
        var found: [(name: [UInt8], value: [UInt8])] = []
        for record in records where record.key.starts(with: prefix) {
            let name = Array(record.key.dropFirst(prefix.count))
            found.removeAll { $0.name == name }
            found.append((name, record.value))
            // More than anybody takes. Looking through all of them for each would be for ever.
            if found.count > 1000 { break }
        }
        return found
    }

    /// A whole number that is not negative.
    func number(_ key: String) throws(ArchiveError) -> UInt64? {
        guard let text = value(key) else { return nil }
        guard let number = decimal(text[...]) else { throw ArchiveError(.badNumber(field: key)) }
        return number
    }

    /// Seconds with any number of decimals, of which nine count.
    func time(_ key: String) throws(ArchiveError) -> FileTime? {
        guard let text = value(key) else { return nil }
        let isNegative = text.first == UInt8(ascii: "-")
        let parts = (isNegative ? text.dropFirst() : text[...]).split(
            separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, let seconds = decimal(whole).flatMap({ Int64(exactly: $0) }) else {
            throw ArchiveError(.badNumber(field: key))
        }
        var nanoseconds: UInt32 = 0
        if parts.count == 2 {
            guard parts[1].allSatisfy({ (0x30...0x39).contains($0) }) else {
                throw ArchiveError(.badNumber(field: key))
            }
            for place in 0..<9 {
                let digit = place < parts[1].count ? parts[1][parts[1].startIndex + place] - 0x30 : 0
                nanoseconds = nanoseconds * 10 + UInt32(digit)
            }
        }
        guard isNegative else { return FileTime(seconds: seconds, nanoseconds: nanoseconds) }
        // Nanoseconds count forward from the whole second before.
        return nanoseconds == 0
            ? FileTime(seconds: -seconds) : FileTime(seconds: -seconds - 1, nanoseconds: 1_000_000_000 - nanoseconds)
    }
}

/// Decimal digits, at least one, as a number; `nil` for anything else and beyond 64 bits.
func decimal(_ text: ArraySlice<UInt8>) -> UInt64? {
    guard !text.isEmpty else { return nil }
    var value: UInt64 = 0
    for digit in text {
        guard (0x30...0x39).contains(digit) else { return nil }
        let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
        let (sum, carry) = tens.addingReportingOverflow(UInt64(digit - 0x30))
        guard !overflow, !carry else { return nil }
        value = sum
    }
    return value
}
