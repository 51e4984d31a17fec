import OCISpec
import Testing

struct JSONParserTests {
    private func parse(_ text: String) throws -> JSONValue { try JSONValue(parsing: text, sizeLimit: 1000) }

    @Test(
        "values",
        arguments: [
            ("null", JSONValue.null), (" true\n", true), ("false", false), ("0", 0), ("-0", 0), ("-17", -17),
            ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
            ("9223372036854775808", .unsigned(1 << 63)), ("18446744073709551615", .unsigned(.max)),
            ("18446744073709551616", .double(18446744073709551616)), ("-9223372036854775809", .double(-0x1p63)),
            ("1.5", .double(1.5)), ("1e3", .double(1000)), ("-2.5E-1", .double(-0.25)), ("1.0", .double(1)),
            (#""""#, ""), (#""a\"\\\/\b\f\n\r\t""#, "a\"\\/\u{8}\u{c}\n\r\t"), (#""\u0041\u00e9\u20AC""#, "Aé€"),
            (#""\ud83d\ude00😀""#, "😀😀"), (#""\u0000""#, "\0"), ("[]", []), ("[1, [2] ]", [1, [2]]), ("{}", [:]),
            (#"{"b":1,"a":{"":[]}}"#, ["b": 1, "a": ["": []]]),
        ] as [(String, JSONValue)])
    func value(text: String, value: JSONValue) throws {
        #expect(try parse(text) == value)
    }

    @Test(
        "what is refused, where and why",
        arguments: [
            ("", 1, 1, "expected a value, found the end of the document"),
            ("{\"a\":1,\n \"b\":x}", 2, 6, "expected a value, found 'x'"),
            ("1 2", 1, 3, "expected the end of the document, found '2'"),
            ("[1,]", 1, 4, "expected a value, found ']'"),
            ("[1", 1, 3, "expected ',' or ']', found the end of the document"),
            ("{\"a\" 1}", 1, 6, "expected ':', found '1'"),
            ("{a:1}", 1, 2, "expected a name in double quotes, found 'a'"),
            ("{\"a\":1,}", 1, 8, "expected a name in double quotes, found '}'"),
            ("{\"a\":1,\"\\u0061\":2}", 1, 8, "the name \"a\" is given twice"),
            ("nul", 1, 1, "expected a value, found 'n'"), ("True", 1, 1, "expected a value, found 'T'"),
            ("01", 1, 1, "a number must not begin with 0"), ("-01", 1, 2, "a number must not begin with 0"),
            ("-", 1, 2, "expected a digit, found the end of the document"),
            ("1.", 1, 3, "expected a digit, found the end of the document"),
            ("1e+", 1, 4, "expected a digit, found the end of the document"),
            (".5", 1, 1, "expected a value, found '.'"), ("+1", 1, 1, "expected a value, found '+'"),
            ("1e400", 1, 1, "the number is out of range"), ("NaN", 1, 1, "expected a value, found 'N'"),
            ("\"a\nb\"", 1, 3, "control character 0x0a in a string"),
            ("\"a", 1, 3, "the document ends inside a string"),
            ("\"a\\", 1, 4, "expected one of \"\\/bfnrtu after a backslash, found the end of the document"),
            ("\"\\x\"", 1, 3, "expected one of \"\\/bfnrtu after a backslash, found 'x'"),
            ("\"\\u12g4\"", 1, 6, "expected four hexadecimal digits, found 'g'"),
            ("\"\\ud800\"", 1, 2, "half of a surrogate pair"), ("\"\\udc00\"", 1, 2, "half of a surrogate pair"),
            ("\"\\ud800\\u0041\"", 1, 2, "half of a surrogate pair"),
            ("\"\\ud800x\"", 1, 2, "half of a surrogate pair"),
            ("// x", 1, 1, "expected a value, found '/'"), ("'a'", 1, 1, "expected a value, found '''"),
            ("\u{feff}{}", 1, 1, "expected a value, found byte 0xef"),
            ("\0", 1, 1, "expected a value, found byte 0x00"),
        ])
    func refused(text: String, line: Int, column: Int, problem: String) {
        #expect(throws: SpecError.syntax(line: line, column: column, problem: problem)) { try parse(text) }
    }

    @Test(
        "what is not UTF-8 is refused",
        arguments: [
            [0x80], [0xC3], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80],
            [0x5C, 0x6E, 0xFF],
        ] as [[UInt8]])
    func notUTF8(bytes: [UInt8]) {
        #expect(throws: SpecError.syntax(line: 1, column: 2, problem: "this string is not UTF-8")) {
            try JSONValue(parsing: [0x22] + bytes + [0x22], sizeLimit: 100)
        }
    }

    @Test("sixty-four levels are accepted and no more")
    func depth() throws {
        _ = try parse(String(repeating: "[", count: 64) + String(repeating: "]", count: 64))
        #expect(throws: SpecError.syntax(line: 1, column: 65, problem: "more than 64 levels of arrays and objects")) {
            try parse(String(repeating: "[", count: 900))
        }
    }

    @Test("a document above the limit is not looked at")
    func size() {
        #expect(throws: SpecError.tooLarge(bytes: 11, limit: 10)) {
            try JSONValue(parsing: "[1,2,3,4,5]", sizeLimit: 10)
        }
    }

    @Test("a name given twice is found among many, and names that only look equal are different")
    func manyNames() throws {
        let members = (0..<5000).map { "\"n\($0)\":\($0)" }
        let text = "{" + members.joined(separator: ",")
        guard case .object(let object) = try JSONValue(parsing: text + "}", sizeLimit: .max) else {
            Issue.record("not an object")
            return
        }
        #expect(object.count == 5000)
        #expect(object["n4999"] == 4999)
        #expect(throws: SpecError.self) { try JSONValue(parsing: text + ",\"n17\":0}", sizeLimit: .max) }

        let kelvin = try parse(#"{"K":1,"\u212a":2,"é":3,"e\u0301":4}"#)
        guard case .object(let letters) = kelvin else { return }
        #expect(letters["K"] == 1)
        #expect(letters["\u{212a}"] == 2)
        #expect(letters.map(\.value) == [1, 2, 3, 4])
    }

    @Test(
        "what is written is read back",
        arguments: [
            JSONValue.null,
            [true, false, 0, -1, .unsigned(.max), .double(0.1), .double(1e300), "\u{1}\"\\\n\r\t\u{7f}é😀"],
            ["a": [], "b": [:], "c": ["d": [[], [:], 1]]],
        ])
    func roundTrip(value: JSONValue) throws {
        #expect(try parse(value.text()) == value)
        #expect(try parse(value.text(.indented("\t"))) == value)
    }

    @Test("layouts")
    func layout() {
        let value: JSONValue = ["a": [1, "x"], "b": [:], "c": .double(.infinity)]
        #expect(value.text() == #"{"a":[1,"x"],"b":{},"c":null}"#)
        #expect(
            value.text(.indented("  ")) == """
                {
                  "a": [
                    1,
                    "x"
                  ],
                  "b": {},
                  "c": null
                }
                """)
    }
}
