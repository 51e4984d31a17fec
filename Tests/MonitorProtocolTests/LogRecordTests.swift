import LinuxKernel
import MonitorProtocol
import Testing

@Suite("Records of a json-file log")
struct LogRecordTests {
    /// What goes in, and what Docker's json-file driver makes of it.
    static let escapes: [([UInt8], String)] = [
        (Array("plain\n".utf8), "plain\\n"),
        (Array("a\tb\r\n".utf8), "a\\u0009b\\r\\n"),
        (Array("\"\\".utf8), "\\\"\\\\"),
        (Array("<&>".utf8), "\\u003c\\u0026\\u003e"),
        ([0x00, 0x1b, 0x1f, 0x7f], "\\u0000\\u001b\\u001f\u{7f}"),
        (Array("é€😀".utf8), "é€😀"),
        (Array("\u{2028}\u{2029}\u{202a}".utf8), "\\u2028\\u2029\u{202a}"),
        ([0xff, 0x41], "\\ufffdA"),
        ([0xc0, 0x80], "\\ufffd\\ufffd"),  // overlong
        ([0xe2, 0x82], "\\ufffd\\ufffd"),  // cut off
        ([0xed, 0xa0, 0x80], "\\ufffd\\ufffd\\ufffd"),  // surrogate
        ([0xf4, 0x90, 0x80, 0x80], "\\ufffd\\ufffd\\ufffd\\ufffd"),  // above U+10FFFF
        ([0xf0, 0x9f, 0x41], "\\ufffd\\ufffdA"),
        (Array("\u{fffd}".utf8), "\u{fffd}"),
    ]

    @Test("escapes", arguments: escapes)
    func escape(bytes: [UInt8], text: String) {
        #expect(String(decoding: quotedJSON(bytes), as: UTF8.self) == "\"\(text)\"")
    }

    @Test("a small room gives the same text in pieces", arguments: [6, 7, 8, 13, 64])
    func pieces(size: Int) {
        let source = Self.escapes.flatMap(\.0)
        var result: [UInt8] = []
        source.withUnsafeBytes { bytes in
            var rest = bytes
            while !rest.isEmpty {
                result += [UInt8](unsafeUninitializedCapacity: size) { room, count in
                    let step = escapeJSON(rest, into: UnsafeMutableRawBufferPointer(room))
                    #expect(step.read > 0 && step.written <= size)
                    rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(step.read))
                    count = step.written
                }
            }
        }
        #expect([0x22] + result + [0x22] == quotedJSON(source))
    }

    @Test("a record as Docker writes it, and back")
    func record() throws {
        let record = LogRecord(
            log: Array("hällo\t\n".utf8), stream: .standardError, time: Timestamp(seconds: 0, nanoseconds: 5))
        #expect(
            String(decoding: record.json, as: UTF8.self)
                == "{\"log\":\"hällo\\u0009\\n\",\"stream\":\"stderr\",\"time\":\"1970-01-01T00:00:00.000000005Z\"}\n")
        #expect(try LogRecord(json: record.json) == record)
    }

    @Test(
        "lines that are no records",
        arguments: [
            "", "{", "{}", "{\"log\":\"a", "{\"log\":\"a\",\"stream\":\"stdin\",\"time\":\"1970-01-01T00:00:00Z\"}",
            "{\"log\":\"a\",\"log\":\"b\",\"stream\":\"stdout\",\"time\":\"1970-01-01T00:00:00Z\"}",
            "{\"log\":\"\\ud800\",\"stream\":\"stdout\",\"time\":\"1970-01-01T00:00:00Z\"}",
            "{\"log\":\"a\",\"stream\":\"stdout\",\"time\":\"1970-01-01T00:00:00Z\"} x",
            "{\"log\":{},\"stream\":\"stdout\",\"time\":\"1970-01-01T00:00:00Z\"}",
            "{\"log\":\"a\",\"stream\":\"stdout\",\"time\":\"yesterday\"}",
            "{\"a\":01}", "{\"a\":-}", "{\"a\":9223372036854775808}", "{\"a\":1.5}", "{\"a\":nul}",
            "{\"a\":\"\\u12g4\"}",
        ])
    func refused(text: String) {
        #expect(throws: MalformedObject.self) { try LogRecord(json: Array(text.utf8)) }
    }

    @Test("the ends of what a number can hold")
    func numbers() throws {
        let object = try FlatObject(
            json: Array(" {\"a\":-9223372036854775808, \"b\":9223372036854775807,\n\"c\":null} ".utf8))
        #expect(try object.integer("a") == Int64.min)
        #expect(try object.integer("b") == Int64.max)
        #expect(try object.optionalInteger("c") as Int? == nil)
        #expect(throws: MalformedObject.self) { try object.integer("a") as Int32 }
        #expect(try FlatObject(json: Array("{\"a\":\"\\ud83d\\ude00\\/\"}".utf8)).text("a") == Array("😀/".utf8))
    }
}
