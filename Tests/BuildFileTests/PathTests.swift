@testable import BuildFile
import Testing

@Suite("Patterns of paths")
struct PathTests {
    @Test(
        "as Go's filepath.Match",
        arguments: [
            ("abc", "abc", true), ("*", "abc", true), ("*c", "abc", true), ("a*", "a", true), ("a*", "ab/c", false),
            ("a*/b", "abc/b", true),
            ("a*/b", "a/c/b", false), ("a*b*c*d*e*/f", "axbxcxdxe/f", true), ("a*b?c*x", "abxbbxdbxebxczzx", true),
            ("ab[c]", "abc", true),
            ("ab[b-d]", "abc", true), ("ab[e-g]", "abc", false), ("ab[^c]", "abc", false), ("ab[^e-g]", "abc", true),
            ("a\\*b", "a*b", true),
            ("a\\*b", "ab", false), ("a?b", "a☺b", true), ("a[^a]b", "a☺b", true), ("a?b", "a/b", false),
            ("a*b", "a/b", false),
            ("[\\]a]", "]", true), ("[x\\-]", "-", true), ("*x", "xxx", true), ("**", "a/b", false),
        ])
    func match(pattern: String, path: String, matches: Bool) throws {
        #expect(try PathPattern(pattern, spansDirectories: false).matches(path) == matches)
    }

    @Test("patterns without an end are refused", arguments: ["[", "[a", "a\\", "[]", "[a-", "[b-a]"])
    func invalid(pattern: String) {
        #expect(throws: PathPattern.Invalid(pattern: pattern)) { try PathPattern(pattern, spansDirectories: false) }
    }

    @Test(
        "rules of .dockerignore",
        arguments: [
            ("*.md", "a.md", true), ("*.md", "d/a.md", false), ("**/*.md", "d/e/a.md", true), ("**/*.md", "a.md", true),
            ("d", "d/a", true),
            ("d/", "d/a", true), ("/d", "d/a", true), ("./d", "d", true), ("# d\nd", "# d", false), (" d ", "d", true),
            ("*\n!a", "a", false),
            ("*\n!a", "b", true), ("d\n!d/a", "d/a", false), ("d\n!d/a", "d/b", true),
            ("*.md\n!R*.md\nR2.md", "R2.md", true),
            ("*.md\n!R*.md\nR2.md", "R1.md", false), ("d/**", "d/a/b", true), ("d/**", "d", false),
            ("a/**/b", "a/b", true),
            ("a/**/b", "a/x/y/b", true), ("*/t*", "s/tmp", true), ("*/t*", "s/u/tmp", false), ("te?p", "temp", true),
            ("", "x", false),
            ("**", "a/b", true), ("**\n!keep/**", "keep/x", false), ("! a", "a", false), ("*\n! a", "a", false),
            ("a/../b", "b", true),
            ("**/node_modules", "x/node_modules/y/z", true), ("*/*/temp*", "a/b/temporary", true),
        ])
    func ignore(rules: String, path: String, excluded: Bool) throws {
        #expect(try IgnoreRules(parsing: rules).excludes(path) == excluded)
    }

    @Test("what a pattern begins and ends with rules out no path that it means")
    func shortcuts() throws {
        var generator = Numbers(state: 42)
        func word(_ letters: [String], _ count: Int) -> String {
            (0..<Int.random(in: 1...count, using: &generator)).map { _ in
                letters.randomElement(using: &generator) ?? ""
            }.joined()
        }
        var found = 0
        for _ in 0..<4_000 {
            let text = word(["a", "b", "/", "*", "**", "**/", "?", "[ab]"], 6)
            let path = cleanPath(word(["a", "b", "ab", "/", "a/"], 6))
            guard let pattern = try? PathPattern(text, spansDirectories: true) else { continue }
            var above = [path]
            for index in path.indices.reversed() where path[index] == "/" { above.append(String(path[..<index])) }
            let expected = above.map { pattern.goesThrough(Array($0.unicodeScalars), orDirectoriesAbove: false) }
            #expect(pattern.matches(path) == expected[0], "\(text) \(path)")
            let meant = pattern.matches(PathScalars(path), orDirectoriesAbove: true)
            #expect(meant == expected.contains(true), "\(text) \(path)")
            found += meant ? 1 : 0
        }
        #expect(found > 200)
    }

    /// The same numbers each time.
    private struct Numbers: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 31)
        }
    }

    @Test(
        "patterns made to take long take no longer",
        arguments: [
            String(repeating: "*a", count: 100_000), String(repeating: "**/", count: 100_000) + "x",
            String(repeating: "[a-z]", count: 100_000), String(repeating: "**/a*", count: 20_000),
            (0..<10_000).map { "**/x\($0)*y" }.joined(separator: "\n"),
        ])
    func hostile(rules: String) throws {
        let rules = try IgnoreRules(parsing: rules)
        for number in 0..<20 { #expect(!rules.excludes("some/directory/file-\(number).txt")) }
    }

    @Test("no more rules than anybody means well with")
    func tooMany() {
        #expect(throws: IgnoreRules.Invalid(line: 10_001, problem: "more than 10000 patterns")) {
            try IgnoreRules(parsing: String(repeating: "a\n", count: 10_001))
        }
    }

    @Test("a rule without a pattern is an error")
    func badRule() {
        #expect(throws: IgnoreRules.Invalid.self) { try IgnoreRules(parsing: "a\n!\n") }
        #expect(throws: IgnoreRules.Invalid.self) { try IgnoreRules(parsing: "[") }
    }

    @Test(
        "paths are brought to their shortest form",
        arguments: [
            ("", "."), ("/", "/"), ("a//b/./c/..", "a/b"), ("../a", "../a"), ("/../a", "/a"), ("a/..", "."),
            ("a/../..", ".."),
        ])
    func clean(path: String, result: String) { #expect(cleanPath(path) == result) }
}

@Suite("The graph of stages")
struct StageGraphTests {
    private func graph(_ text: String, _ arguments: [String: String] = [:]) throws -> StageGraph {
        let file = try BuildFile(parsing: text)
        return try StageGraph(file, variables: file.globalVariables(arguments: arguments, predefined: ["P": "linux"]))
    }

    @Test("only what a target needs")
    func needed() throws {
        let graph = try graph(
            "FROM a AS one\nFROM b AS two\nFROM one AS three\nCOPY --from=0 x y\nFROM c\nRUN --mount=from=two,target=/x y"
        )
        #expect(graph.needed(for: 3) == [1, 3])
        #expect(graph.needed(for: 2) == [0, 2])
        #expect(graph.target("THREE") == 2)
        #expect(graph.target("1") == 1)
        #expect(graph.target(nil) == 3)
        #expect(graph.target("four") == nil)
    }

    @Test("variables in FROM")
    func variables() throws {
        let text = "ARG A=debian\nARG B=${A}:12\nFROM --platform=$P $B\nFROM ${A%ian}"
        #expect(try graph(text).nodes.map(\.base) == [.image("debian:12"), .image("deb")])
        #expect(try graph(text, ["A": "x"]).nodes[0].base == .image("x:12"))
        #expect(try graph(text).nodes[0].platform == "linux")
        #expect(throws: BuildFileError.self) { try graph("FROM $NOTHING") }
    }

    @Test("no stage takes files from itself or from a later one")
    func order() {
        #expect(throws: BuildFileError.self) { try graph("FROM a AS x\nCOPY --from=x a b") }
        #expect(throws: BuildFileError.self) { try graph("FROM a AS x\nCOPY --from=y a b\nFROM b AS y") }
        #expect(throws: BuildFileError.self) { try graph("FROM a AS x\nCOPY --from=1 a b\nFROM b AS y") }
    }
}
