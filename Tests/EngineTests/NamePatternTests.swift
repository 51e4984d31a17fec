import Testing

@testable import Engine

@Suite("patterns for names")
struct NamePatternTests {
    @Test(
        "as Go's path.Match",
        arguments: [
            ("*", "nginx", true), ("*", "team/nginx", false), ("*/*", "team/nginx", true),
            ("ng*x:al*", "nginx:alpine", true),
            ("ng*x:al*e*", "nginx:latest", false), ("n?inx", "nginx", true), ("n?inx", "n/inx", false),
            ("[a-n]ginx", "nginx", true), ("[^a-n]ginx", "nginx", false), (#"\*"#, "*", true), (#"\*"#, "x", false),
            ("", "", true), ("", "x", false), ("a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false),
        ])
    func match(pattern: String, text: String, expected: Bool) throws {
        #expect(try NamePattern(pattern).matches(text) == expected)
    }

    @Test("what is no pattern is refused", arguments: ["[", "[a", "[z-a]", "\\", "[]"])
    func invalid(pattern: String) {
        #expect(throws: EngineError.self) { try NamePattern(pattern) }
    }
}
