import OCISpec
import Testing

@testable import CommandLineUI

@Suite("Go templates")
struct TemplateTests {
    static let value: JSONValue = [
        "Id": "abc", "Names": ["one", "two"], "State": ["Running": true, "Pid": 7, "ExitCode": 0],
        "Labels": ["a": "1", "b.c": "2"], "Empty": [], "Missing": nil, "Text": "Hello",
    ]

    @Test(
        "what Go prints",
        arguments: [
            ("plain", "plain"), ("{{.Id}}", "abc"), ("{{.ID}}", "abc"), ("{{ .State.Running }}", "true"),
            ("{{.State.Pid}} {{.Id}}", "7 abc"), ("{{json .Names}}", #"["one","two"]"#),
            ("{{.Names}}", "[one two]"), ("{{.Labels}}", "map[a:1 b.c:2]"), ("{{join .Names \",\"}}", "one,two"),
            ("{{index .Labels \"b.c\"}}", "2"), ("{{index .Names 1}}", "two"), ("{{.Text | upper}}", "HELLO"),
            ("{{upper .Text | printf \"<%s>\"}}", "<HELLO>"), ("{{len .Names}}", "2"),
            ("{{range .Names}}{{.}};{{end}}", "one;two;"),
            ("{{range $i, $n := .Names}}{{$i}}{{$n}} {{end}}", "0one 1two "),
            ("{{range $k, $v := .Labels}}{{$k}}={{$v}},{{end}}", "a=1,b.c=2,"),
            ("{{range .Empty}}x{{else}}none{{end}}", "none"),
            ("{{if .State.Running}}up{{else}}down{{end}}", "up"),
            ("{{if eq .State.ExitCode 1}}a{{else if .Id}}b{{else}}c{{end}}", "b"),
            ("{{with .State}}{{.Pid}}{{$.Id}}{{end}}", "7abc"), ("{{$x := .Id}}{{$x}}{{$x}}", "abcabc"),
            ("a {{- .Id -}} b", "aabcb"), ("{{/* note */}}x", "x"), ("{{(index .Names 0) | len}}", "3"),
            ("{{and .Id .Text}}", "Hello"), ("{{or .Empty .Id}}", "abc"), ("{{not .Empty}}", "true"),
            ("{{lt 1 2}}{{ge 1 2}}", "truefalse"), ("{{.Missing}}", "[]"), ("{{.Labels.none}}", "<no value>"),
            ("{{`a\"b`}}", "a\"b"),
            ("{{json .}}", value.text()), ("{{split .Text \"l\"}}", "[He  o]"),
            ("{{printf \"%-5s|%3d\" .Id 7}}", "abc  |  7"),
            ("{{title \"abc\"}}", "Abc"), ("{{truncate .Text 2}}", "He"),
        ])
    func output(template: String, text: String) throws {
        #expect(try Template(template).text(for: Self.value) == text)
    }

    @Test(
        "templates that are none",
        arguments: [
            "{{", "{{.Id", "{{end}}", "{{if .Id}}", "{{range}}{{end}}", "{{}}", "{{\"a}}", "{{(.Id}}", "{{.Id)}}",
            "{{else}}", "{{if .Id}}{{else}}{{else}}{{end}}", "{{:}}", "{{/* x",
            String(repeating: "{{if .}}", count: 200), "{{" + String(repeating: "(", count: 200) + "}}",
        ])
    func syntax(template: String) {
        #expect(throws: TemplateError.self) { try Template(template) }
    }

    @Test(
        "what does not fit the value",
        arguments: [
            "{{.Nope}}", "{{.Id.X}}", "{{nope .Id}}", "{{index .Names 5}}", "{{index .Names -1}}", "{{join .Id \",\"}}",
            "{{range .Id}}{{end}}", "{{$y}}", "{{.Id .Text}}", "{{json}}", "{{lt 1 \"a\"}}",
        ])
    func evaluation(template: String) throws {
        #expect(throws: TemplateError.self) { try Template(template).text(for: Self.value) }
    }

    @Test("a template that calls itself ends")
    func recursion() throws {
        let template = try Template("{{define \"T\"}}{{template \"T\" .}}{{end}}{{template \"T\"}}")
        #expect(throws: TemplateError.self) { try template.text(for: Self.value) }
    }

    @Test(
        "a label of a row",
        arguments: [
            ("{{.Names}} {{.Label \"a\"}}{{.Label \"none\"}}", "web 1\n"), ("{{\"a\" | .Label}}", "1\n"),
            ("table {{.Names}}\t{{.Label \"a\"}}", "NAMES     a\nweb       1\n"),
        ])
    func labels(format: String, text: String) throws {
        let found = try ListFormat(format).text(
            columns: [("Names", "NAMES")], rows: [["Names": "web"]], labels: [["a": "1"]])
        #expect(found == text)
    }

    @Test(
        "what is wrong with the format of a list",
        arguments: [
            (
                "{{.Nope}}",
                "failed to execute template: template: :1:2: executing \"\" at <.Nope>: can't evaluate field Nope: there are Names"
            ),
            (
                "{{.Label}}",
                "failed to execute template: template: :1:2: executing \"\" at <.Label>: wrong number of args for Label: want 1 got 0"
            ),
            (
                "{{.Names 1}}",
                "failed to execute template: template: :1:2: executing \"\" at <.Names>: Names has arguments but cannot be invoked as function"
            ),
            ("{{", "failed to parse template: template: :1: unclosed action"),
        ])
    func wrongFormat(format: String, message: String) {
        let error = #expect(throws: TemplateError.self) {
            try ListFormat(format).text(columns: [], rows: [["Names": "web"]], labels: [["a": "1"]])
        }
        #expect(error?.description == message)
    }
}

@Suite("Tables and texts")
struct TableTests {
    @Test("columns are ten wide at least, three apart, and the last one ends")
    func columns() {
        var table = Table(header: ["CONTAINER ID", "IMAGE", "NAMES"])
        table.add(["0a0a0a0a0a0a", "busybox", "db"])
        #expect(table.text == "CONTAINER ID   IMAGE     NAMES\n0a0a0a0a0a0a   busybox   db\n")
    }

    @Test("a cell cannot move the cursor")
    func control() {
        var table = Table()
        table.add(["a\u{1b}[2J\n", "b"])
        #expect(table.text == "a?[2J?    b\n")
    }

    @Test("shortened and quoted", arguments: [("sleep 100", "\"sleep 100\""), ("a\"b\\\n\u{1}", #""a\"b\\\n\x01""#)])
    func quoting(text: String, quoted: String) {
        #expect(ShownText.quoted(text) == quoted)
        #expect(ShownText.shortened("abcdef", to: 4) == "abc…")
        #expect(ShownText.shortened("abcd", to: 4) == "abcd")
    }

    @Test(
        "sizes",
        arguments: [(0, "0B"), (999, "999B"), (1982355, "1.98MB"), (13_256, "13.3kB"), (1_240_000_000, "1.24GB")])
    func decimal(bytes: Int64, text: String) { #expect(ShownText.decimalSize(bytes) == text) }

    @Test("sizes of memory", arguments: [(7_999_488, "7.629MiB"), (1 << 30, "1GiB"), (512, "512B")])
    func binary(bytes: Int64, text: String) { #expect(ShownText.binarySize(bytes) == text) }

    @Test("lists as table, JSON and template")
    func lists() throws {
        let rows: [JSONObject] = [["ID": "1", "Names": "a"], ["ID": "2", "Names": "b"]]
        let columns = [(field: "ID", heading: "CONTAINER ID"), (field: "Names", heading: "NAMES")]
        #expect(try ListFormat(nil).text(columns: columns, rows: rows).hasPrefix("CONTAINER ID   NAMES\n1 "))
        #expect(
            try ListFormat("json").text(columns: columns, rows: rows)
                == "{\"ID\":\"1\",\"Names\":\"a\"}\n{\"ID\":\"2\",\"Names\":\"b\"}\n")
        #expect(try ListFormat("{{.ID}}").text(columns: columns, rows: rows) == "1\n2\n")
        #expect(
            try ListFormat(#"table {{.ID}}\t{{.Names}}"#).text(columns: columns, rows: rows)
                == "CONTAINER ID   NAMES\n1              a\n2              b\n")
    }
}

@Suite("Short options with joined values")
struct JoinedOptionsTests {
    @Test(
        "only what stands before the first word that is no option is taken apart",
        arguments: [
            (["-eA=1", "box", "-eB=2"], ["-e", "A=1", "box", "-eB=2"]),
            (["-e", "-x", "-eA=1"], ["-e", "-x", "-e", "A=1"]),
            (["-it", "-eA=b=c", "box"], ["-it", "-e", "A=b=c", "box"]),
            (["-ite", "A=1", "box"], ["-ite", "A=1", "box"]),
            (["--name", "-eA=1", "box"], ["--name", "-eA=1", "box"]), (["--rm", "-eA=1"], ["--rm", "-e", "A=1"]),
            (["--name=x", "-e=A=1"], ["--name=x", "-e", "A=1"]), (["--", "-eA=1"], ["--", "-eA=1"]),
            (["-v/a:/b", "-w/x"], ["-v/a:/b", "-w/x"]), ([], []), (["-"], ["-"]),
        ])
    func separation(words: [String], result: [String]) {
        let options = JoinedOptions(letters: "evw", flags: ["rm"])
        #expect(options.separated(words) == result)
    }
}
