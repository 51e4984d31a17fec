import Testing

@testable import ComposeFile

@Suite("Variables in text")
struct InterpolationTests {
    private let variables = ["A": "a", "EMPTY": "", "B_2": "b"]

    private func expand(_ text: String) throws(Interpolation.Problem) -> String {
        try Interpolation(lookup: { variables[$0] }, missing: { _ in }).expanded(text)
    }

    @Test(
        "operators, nesting and escapes",
        arguments: [
            ("$A", "a"), ("${A}", "a"), ("x$A-y", "xa-y"), ("$B_2.", "b."), ("$$A", "$A"), ("$$$A", "$a"),
            ("$${A}", "${A}"), ("${N-d}", "d"), ("${EMPTY-d}", ""), ("${EMPTY:-d}", "d"), ("${N:-}", ""),
            ("${A:-d}", "a"), ("${A+w}", "w"), ("${EMPTY+w}", "w"), ("${EMPTY:+w}", ""), ("${N+w}", ""),
            ("${A:?no}", "a"), ("${EMPTY?no}", ""), ("${N:-${A}}", "a"), ("${N:-${M:-${B_2}}}", "b"),
            ("${N:-{x}}", "{x}"), ("${N:-a:b-c}", "a:b-c"), ("${A:+${B_2}$$}", "b$"), ("$NONE", ""),
            ("${A:-${N:?never}}", "a"), ("100%", "100%"), ("${N:-$$}", "$"),
        ])
    func expands(text: String, result: String) throws {
        #expect(try expand(text) == result)
    }

    @Test(
        "what is wrong is told",
        arguments: [
            ("$", "a name must follow the dollar"), ("$1", "a name must follow the dollar"),
            ("${", "a name must follow"),
            ("${}", "a name must follow"), ("${A", "closing brace"), ("${A:", "comes one of"),
            ("${A:=b}", "comes one of"),
            ("${A b}", "comes one of"), ("${N:-x", "closing brace"), ("${A:-x", "closing brace"),
            ("${N:?you must}", "N must be set: you must"), ("${EMPTY:?}", "EMPTY must be set"),
            ("${N?x}", "must be set: x"),
        ])
    func refuses(text: String, part: String) {
        do {
            let result = try expand(text)
            Issue.record("\(text) became \(result)")
        } catch {
            #expect(error.message.contains(part))
        }
    }

    @Test("depth and length are bounded")
    func bounds() {
        let deep = String(repeating: "${N:-", count: 200) + "x" + String(repeating: "}", count: 200)
        #expect(throws: Interpolation.Problem.self) { try expand(deep) }
        let big = String(repeating: "z", count: 600_000)
        let long = Interpolation(lookup: { _ in big }, missing: { _ in })
        #expect(throws: Interpolation.Problem.self) { try long.expanded("$A$A") }
    }

    @Test("a file of variables")
    func dotEnv() throws {
        let text = #"""
            # comment
            PLAIN=value # comment
            export E=1
            SPACES = x y
            S='a $PLAIN #'
            D="l1\nl2 \"q\" ${PLAIN}"
            MULTI="one
            two"
            REF=${PLAIN}-${OUTER:-none}
            EMPTY=
            HASH=a#b
            COLON: c
            BARE
            DOLLAR="\$x"
            SEMI='it\'s'
            CRLF=v
            """# + "\r\nLAST=end"
        let entries = try DotEnv(file: ".env", lookup: { ["OUTER": "o", "BARE": "b"][$0] }).entries(Array(text.utf8))
        let values = entries.reduce(into: [:]) { $0[$1.name] = $1.value ?? "<\($1.name)>" }
        #expect(
            values == [
                "PLAIN": "value", "E": "1", "SPACES": "x y", "S": "a $PLAIN #", "D": "l1\nl2 \"q\" value",
                "MULTI": "one\ntwo", "REF": "value-o", "EMPTY": "", "HASH": "a#b", "COLON": "c", "BARE": "<BARE>",
                "DOLLAR": "$x", "SEMI": "it's", "CRLF": "v", "LAST": "end",
            ])
    }

    @Test(
        "wrong files of variables name the line",
        arguments: [
            ("A=1\nB='x", ".env:2: a closing ' is missing"), ("A=1\n\n=x", ".env:3: not a variable's name: \"\""),
            ("A B=1", ".env:1: = is expected after \"A\""), ("A=${B", "closing brace"),
        ])
    func dotEnvErrors(text: String, message: String) {
        do {
            _ = try DotEnv(file: ".env", lookup: { _ in nil }).entries(Array(text.utf8))
            Issue.record("\(text) was taken")
        } catch {
            #expect(error.description.contains(message))
        }
    }

    @Test("raw files keep everything")
    func raw() throws {
        let entries = try DotEnv.raw(Array("A='x' # $B\n#c\nB=\nC".utf8), file: "f")
        #expect(entries.map(\.name) == ["A", "B", "C"])
        #expect(entries.map(\.value) == ["'x' # $B", "", nil])
    }

    @Test(
        "words of a command line",
        arguments: [
            ("a b", ["a", "b"]), (" a  'b c' \"d e\" ", ["a", "b c", "d e"]),
            (#"a\ b "x\"y" '\n'"#, ["a b", "x\"y", "\\n"]),
            ("''", [""]), ("", []), ("a'b'c", ["abc"]),
        ])
    func words(text: String, result: [String]) throws {
        #expect(try ShellWords.split(text) == result)
    }

    @Test(
        "durations",
        arguments: [
            ("90s", "1m30s"), ("1.5s", "1.5s"), ("250ms", "250ms"), ("2h", "2h0m0s"), ("0", "0s"), ("10us", "10us"),
        ])
    func durations(text: String, shown: String) {
        #expect(ComposeQuantity.nanoseconds(text).map(ComposeQuantity.durationText) == shown)
    }

    @Test("no durations", arguments: ["", "10", "s", "1x", "-1s", "9999999999999h", "1s2"])
    func noDurations(text: String) { #expect(ComposeQuantity.nanoseconds(text) == nil) }
}
