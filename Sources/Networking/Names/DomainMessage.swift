/// A domain name as DNS has it: labels of up to 63 bytes, 255 in all.
package struct DomainName: Hashable, Sendable {
    /// In lower case, as names are compared.
    package let labels: [[UInt8]]

    package init(labels: [[UInt8]]) { self.labels = labels.map { $0.map(Self.lowercased) } }

    /// - Returns: `nil` for what cannot be a name. A dot at the end is allowed.
    package init?(_ text: String) {
        var bytes = Array(text.utf8)
        if bytes.last == 0x2e { bytes.removeLast() }
        let labels = bytes.isEmpty ? [] : bytes.split(separator: 0x2e, omittingEmptySubsequences: false).map(Array.init)
        guard labels.allSatisfy({ (1...63).contains($0.count) }), bytes.count <= 253 else { return nil }
        self.init(labels: labels)
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 { 0x41...0x5a ~= byte ? byte | 0x20 : byte }

    package var text: String { labels.map { String(decoding: $0, as: UTF8.self) }.joined(separator: ".") }

    /// As in a message, without compression.
    var encoded: [UInt8] { labels.flatMap { [UInt8(truncatingIfNeeded: $0.count)] + $0 } + [0] }

    /// The address that a name in `in-addr.arpa` or `ip6.arpa` stands for.
    package var reversedAddress: (bytes: [UInt8], isVersion4: Bool)? {
        let text = labels.map { String(decoding: $0, as: UTF8.self) }
        if text.count == 6, text[4] == "in-addr", text[5] == "arpa" {
            let bytes = text[..<4].reversed().compactMap { word in
                word.utf8.allSatisfy { 0x30...0x39 ~= $0 } ? UInt8(word) : nil
            }
            return bytes.count == 4 ? (bytes, true) : nil
        }
        if text.count == 34, text[32] == "ip6", text[33] == "arpa" {
            let digits = text[..<32].reversed().compactMap { word in
                word.utf8.count == 1 ? UInt8(word, radix: 16) : nil
            }
            guard digits.count == 32 else { return nil }
            return (stride(from: 0, to: 32, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }, false)
        }
        return nil
    }
}

/// `TYPE` of a question or record. Source: RFC 1035, section 3.2.2; RFC 3596; RFC 6891.
package struct DomainRecordType: Hashable, Sendable {
    package let number: UInt16
    package init(number: UInt16) { self.number = number }

    package static let a = DomainRecordType(number: 1)
    package static let ptr = DomainRecordType(number: 12)
    package static let aaaa = DomainRecordType(number: 28)
    static let options = DomainRecordType(number: 41)
}

/// `RCODE`
package enum DomainAnswerCode: UInt8, Sendable {
    case success = 0
    case malformed = 1
    case failure = 2
    case noSuchName = 3
    case notImplemented = 4
    case refused = 5
}

/// A query with one question, as resolvers send it.
package struct DomainQuery: Equatable, Sendable {
    package let id: UInt16
    /// `RD`
    package let wantsRecursion: Bool
    package let name: DomainName
    package let type: DomainRecordType
    /// 1 is the internet.
    package let recordClass: UInt16
    /// The question as it came, with the case of its letters.
    package let question: [UInt8]
    /// How long a datagram may be that answers it: RFC 6891's size, or 512.
    package let datagramLimit: Int
    package let hasOptions: Bool

    /// Why a message is no such query.
    package enum Refusal: Error, Equatable {
        /// Not to be answered at all: an answer itself, or too short to have a number.
        case silent
        case code(UInt16, DomainAnswerCode)
    }

    /// Reads a message.
    ///
    /// - Parameter bytes: From outside: any bytes.
    package init(parsing bytes: [UInt8]) throws(Refusal) {
        var reader = ByteReader(bytes[...])
        guard let id = reader.number16(), let flags = reader.number16(), flags & 0x8000 == 0 else { throw .silent }
        guard let questions = reader.number16(), let answers = reader.number16(), let authorities = reader.number16(),
            let additional = reader.number16()
        else { throw .code(id, .malformed) }
        guard flags & 0x7800 == 0 else { throw .code(id, .notImplemented) }
        // Nobody asks several questions at once, and no query has answers.
        guard questions == 1, answers == 0, authorities == 0 else { throw .code(id, .malformed) }
        let start = reader.position
        guard let name = reader.name(), let type = reader.number16(), let recordClass = reader.number16() else {
            throw .code(id, .malformed)
        }
        question = Array(bytes[start..<reader.position])
        var limit = 512
        var hasOptions = false
        for _ in 0..<min(additional, 8) {
            guard let owner = reader.name(), let kind = reader.number16(), let size = reader.number16(),
                reader.skip(4), let length = reader.number16(), reader.skip(Int(length))
            else { throw .code(id, .malformed) }
            guard kind == DomainRecordType.options.number, owner.labels.isEmpty else { continue }
            hasOptions = true
            limit = min(4096, max(512, Int(size)))
        }
        self.id = id
        wantsRecursion = flags & 0x0100 != 0
        self.name = name
        self.type = DomainRecordType(number: type)
        self.recordClass = recordClass
        datagramLimit = limit
        self.hasOptions = hasOptions
    }
}

/// Reads a message front to back; `nil` at its end.
struct ByteReader {
    private let bytes: ArraySlice<UInt8>
    private(set) var position: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    mutating func number8() -> UInt8? {
        guard position < bytes.endIndex else { return nil }
        defer { position += 1 }
        return bytes[position]
    }

    mutating func number16() -> UInt16? {
        guard let high = number8(), let low = number8() else { return nil }
        return UInt16(high) << 8 | UInt16(low)
    }

    mutating func skip(_ count: Int) -> Bool {
        guard count <= bytes.endIndex - position else { return false }
        position += count
        return true
    }

    /// A name without compression, which a question has no use for.
    mutating func name() -> DomainName? {
        var labels: [[UInt8]] = []
        var total = 1
        while true {
            guard let length = number8() else { return nil }
            if length == 0 { return DomainName(labels: labels) }
            total += Int(length) + 1
            guard length <= 63, total <= 255, Int(length) <= bytes.endIndex - position else { return nil }
            labels.append(Array(bytes[position..<position + Int(length)]))
            position += Int(length)
        }
    }
}

/// Writes answers to a query.
package enum DomainAnswer {
    /// Seconds for which an answer holds: a container may have another address when it starts again.
    static let lifetime: UInt32 = 5

    /// - Parameters:
    ///   - records: What answers the question, each the bytes of its data.
    ///   - limit: The most bytes; what does not fit is left out, with the word that it was.
    package static func message(
        to query: DomainQuery, _ code: DomainAnswerCode, records: [[UInt8]] = [], limit: Int
    ) -> [UInt8] {
        let options = query.hasOptions ? 11 : 0
        var body: [UInt8] = query.question
        var count: UInt16 = 0
        var isTruncated = false
        for data in records {
            guard 12 + body.count + 12 + data.count + options <= limit, count < 4096 else {
                isTruncated = true
                break
            }
            body += [0xc0, 12]  // The question's name
            body += bytes(query.type.number) + bytes(query.recordClass)
            body += bytes(UInt16(truncatingIfNeeded: lifetime >> 16)) + bytes(UInt16(truncatingIfNeeded: lifetime))
            body += bytes(UInt16(truncatingIfNeeded: data.count)) + data
            count += 1
        }
        // QR, RA; TC and RD where they are so.
        let flags: UInt16 =
            0x8080 | (isTruncated ? 0x0200 : 0) | (query.wantsRecursion ? 0x0100 : 0) | UInt16(code.rawValue)
        var result = bytes(query.id) + bytes(flags) + bytes(1) + bytes(count) + bytes(0) + bytes(options > 0 ? 1 : 0)
        result += body
        if options > 0 {
            // Root, OPT, size, no flags, no data.
            result += [0] + bytes(DomainRecordType.options.number) + bytes(4096) + [0, 0, 0, 0, 0, 0]
        }
        return result
    }

    /// To what could not be read as a query: a header alone.
    package static func refusal(_ id: UInt16, _ code: DomainAnswerCode) -> [UInt8] {
        bytes(id) + bytes(0x8080 | UInt16(code.rawValue)) + [UInt8](repeating: 0, count: 8)
    }

    /// Whether a message answers a query that was sent under this number.
    package static func matches(_ message: [UInt8], id: UInt16, question: [UInt8]) -> Bool {
        guard message.count >= 12 + question.count, message[0] == UInt8(id >> 8),
            message[1] == UInt8(truncatingIfNeeded: id), message[2] & 0x80 != 0, message[4] == 0, message[5] == 1
        else { return false }
        // Servers may change the case of letters.
        return zip(message[12...], question).allSatisfy { left, right in
            left == right || (left | 0x20 == right | 0x20 && 0x61...0x7a ~= left | 0x20)
        }
    }

    /// The message under another number.
    package static func renumbered(_ message: [UInt8], _ id: UInt16) -> [UInt8] {
        guard message.count >= 2 else { return message }
        return bytes(id) + message[2...]
    }

    private static func bytes(_ number: UInt16) -> [UInt8] {
        [UInt8(truncatingIfNeeded: number >> 8), UInt8(truncatingIfNeeded: number)]
    }
}
