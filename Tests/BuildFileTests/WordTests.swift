import BuildFile
import Testing

@Suite("Variables in words")
struct WordTests {
    static let variables = VariableLookup([
        "a": "foo", "path": "/usr/local/bin/tool.tar.gz", "e": "", "w": "x y  z", "m": "foobarfoo", "1": "one",
    ])

    @Test(
        "a word becomes a text",
        arguments: [
            ("x", "x"), ("$a", "foo"), ("${a}bar", "foobar"), ("$abar", ""), ("\\$a", "$a"), ("'$a'", "$a"),
            ("\"$a\"", "foo"),
            ("\"\\$a\"", "$a"), ("\"\\x\"", "\\x"), ("a\\ b", "a b"), ("$", "$"), ("$ x", "$ x"), ("$1", "one"),
            ("$12", ""),
            ("${n:-d}", "d"), ("${e:-d}", "d"), ("${e-d}", ""), ("${n-d}", "d"), ("${a:-d}", "foo"), ("${a:+d}", "d"),
            ("${e:+d}", ""), ("${e+d}", "d"), ("${n+d}", ""), ("${n:-$a}", "foo"), ("${n:-${m}}", "foobarfoo"),
            ("${n:-\"a b\"}", "a b"), ("${a:?msg}", "foo"), ("${a?}", "foo"),
            ("${path#/}", "usr/local/bin/tool.tar.gz"),
            ("${path#*/}", "usr/local/bin/tool.tar.gz"), ("${path##*/}", "tool.tar.gz"),
            ("${path%.*}", "/usr/local/bin/tool.tar"),
            ("${path%%.*}", "/usr/local/bin/tool"), ("${path%/*}", "/usr/local/bin"), ("${m/foo/x}", "xbarfoo"),
            ("${m//foo/x}", "xbarx"), ("${m//o/}", "fbarf"), ("${m/b*f/-}", "foo-oo"), ("${m//?/y}", "yyyyyyyyy"),
            ("${m#nope}", "foobarfoo"),
            ("${m##*}", ""), ("${w//\\ /_}", "x_y__z"), ("${a/\\*/x}", "foo"), ("a'b'\"c\"", "abc"), ("''", ""),
            ("$$a", "a"),
            ("${m%${a}}", "foobar"),
        ])
    func word(text: String, result: String) throws {
        var expansion = WordExpansion(Self.variables, escape: "\\")
        #expect(try expansion.word(text) == result)
    }

    @Test(
        "words are split where variables hold blanks, but not in quotes",
        arguments: [
            ("$w", ["x", "y", "z"]), ("\"$w\"", ["x y  z"]), ("a$w b", ["ax", "y", "z", "b"]), ("$e", []),
            ("\"$e\"", [""]),
        ])
    func words(text: String, result: [String]) throws {
        var expansion = WordExpansion(Self.variables, escape: "\\")
        #expect(try expansion.words(text) == result)
    }

    @Test(
        "what cannot be replaced is an error",
        arguments: [
            "${a", "${", "${}", "${:x}", "${a:#x}", "${a!x}", "'x", "\"x", "${n:?not there}", "${n?}", "${a/x", "${a:",
            "${a/x/y",
        ])
    func errors(text: String) {
        var expansion = WordExpansion(Self.variables, escape: "\\")
        #expect(throws: ExpansionError.self) { try expansion.word(text) }
    }

    @Test("quotes mean nothing in here-documents; the escape character takes whatever stands behind it")
    func document() throws {
        var expansion = WordExpansion(Self.variables, escape: "\\")
        #expect(try expansion.document("it's \"$a\" \\$a \\n\n") == "it's \"foo\" $a n\n")
        #expect(try expansion.document("\\\n\\\\ \\\"\n") == "\n\\ \"\n")
    }

    @Test("nesting has an end")
    func deep() {
        var expansion = WordExpansion(Self.variables, escape: "\\")
        let text = String(repeating: "${n:-", count: 100_000)
        #expect(throws: ExpansionError.self) { try expansion.word(text) }
    }

    @Test("which variables were used is known")
    func used() throws {
        var expansion = WordExpansion(Self.variables, escape: "\\")
        _ = try expansion.word("$a ${nothing:-$e}")
        #expect(expansion.used == ["a", "nothing", "e"])
    }

    @Test("variables that grow without end are refused")
    func bombs() throws {
        var variables = Self.variables
        var text = String(repeating: "x", count: 1000)
        var steps = 0
        while steps < 20 {
            variables.set("v", text)
            var expansion = WordExpansion(variables, escape: "\\")
            guard let next = try? expansion.word("$v$v$v$v$v${v}${v:-y}") else { break }
            text = next
            steps += 1
        }
        #expect(steps == 3 && text.utf8.count <= WordExpansion.limit)
        variables.set("v", String(repeating: "x", count: 4000))
        var expansion = WordExpansion(variables, escape: "\\")
        #expect(throws: ExpansionError.self) { try expansion.word("${v//x/$v}") }
        #expect(throws: ExpansionError.self) { try expansion.words(String(repeating: "$v ", count: 300)) }
        #expect(try expansion.word("${v//x/yy}").utf8.count == 8000)
    }
}
