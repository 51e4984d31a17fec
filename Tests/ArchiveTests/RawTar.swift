@testable import Archive

/// Tar archives with anything in their fields, as an attacker writes them.
struct RawTar {
    private(set) var bytes: [UInt8] = []

    /// Adds a header with a right checksum and the content that it says, or other.
    @discardableResult
    mutating func add(
        _ name: String, type: Character = "0", link: String = "", mode: String? = nil, uid: String = "0000000",
        size: String? = nil, content: [UInt8] = [], magic: String = "ustar\u{0}00",
        major: String = "0000000", minor: String = "0000000", change: (inout [UInt8]) -> Void = { _ in }
    ) -> RawTar {
        var block = [UInt8](repeating: 0, count: 512)
        func put(_ start: Int, _ text: String) {
            block.replaceSubrange(start..<start + text.utf8.count, with: text.utf8)
        }
        put(0, String(name.prefix(100)))
        put(100, mode ?? (type == "5" ? "0000755" : "0000644"))
        put(108, uid)
        put(116, "0000000")
        put(
            124,
            size ?? String(repeating: "0", count: 11 - String(content.count, radix: 8).count)
                + String(content.count, radix: 8))
        put(136, "00000000007")
        block[156] = type.asciiValue ?? 0
        put(157, String(link.prefix(100)))
        put(257, magic)
        put(329, major)
        put(337, minor)
        change(&block)
        Self.sum(&block)
        bytes += block
        bytes += content
        bytes += [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
        return self
    }

    static func sum(_ block: inout [UInt8]) {
        block.replaceSubrange(148..<156, with: [UInt8](repeating: 0x20, count: 8))
        let sum = String(block.reduce(0) { $0 + Int($1) }, radix: 8)
        block.replaceSubrange(
            148..<156, with: Array((String(repeating: "0", count: 6 - sum.count) + sum).utf8) + [0, 0x20])
    }

    @discardableResult
    mutating func pax(_ records: [(String, String)], type: Character = "x") -> RawTar {
        add("PaxHeaders/x", type: type, content: records.flatMap { Self.record($0.0, Array($0.1.utf8)) })
    }

    static func record(_ key: String, _ value: [UInt8]) -> [UInt8] {
        let body = Array(" \(key)=".utf8) + value + [0x0a]
        var length = body.count
        while String(length).utf8.count + body.count != length { length = String(length).utf8.count + body.count }
        return Array(String(length).utf8) + body
    }

    var ended: [UInt8] { bytes + [UInt8](repeating: 0, count: 1024) }
}
