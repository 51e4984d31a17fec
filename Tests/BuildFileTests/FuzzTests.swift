import BuildFile
import Testing

/// Files that were changed at random: whatever comes, an answer or an error, and no trap.
@Suite("Damaged Dockerfiles")
struct FuzzTests {
    static let seeds = [
        "# syntax=x\n# escape=`\nARG A=1\nFROM --platform=$P a:${A} AS b\nRUN --mount=type=cache,target=/x,sharing=locked <<E cat\nx\nE\n",
        "FROM a\nCOPY --from=b --chown=1:2 --exclude=*.o [\"a\", \"b\"]\nADD <<-\"E F\" /x\n\ty $z\n\tE F\nENV a=${b:-${c%%*.x}} d='e f'\n",
        "FROM scratch\nHEALTHCHECK --interval=1m --retries=3 CMD [\"x\"]\nONBUILD COPY a b\nSHELL [\"s\"]\nEXPOSE 80/tcp $P\nLABEL a=\"b c\"\\\n d=e\n",
        "**/*.md\n!a/**/b[^x-z]\\*\n# x\n/y/\n!\n",
    ]
    static let words = [
        "FROM ", "RUN ", "COPY ", "--mount=", "type=", "<<E", "\nE\n", "${", "}", "$", "\\", "\\\n", "\"", "'", "[",
        "]", "\u{0}", "\u{FEFF}", "\r\n",
        "**", "é", "-", "ONBUILD ", "99999999999999999999", "=", ",", "//", "%%", ":?", "\t", "#",
    ]

    private func tryAll(_ text: String) {
        if let file = try? BuildFile(parsing: text) {
            _ = try? StageGraph(
                file, variables: file.globalVariables(arguments: ["A": "*a*b"], predefined: [:]))
        }
        do { _ = try BuildFile(parsing: text) } catch { _ = error.report(file: "D", text: text) }
        if let rules = try? IgnoreRules(parsing: text) { _ = rules.excludes("a/b/c.md") }
        var expansion = WordExpansion(VariableLookup(["a": "x*y/z", "b": ""]), escape: "\\")
        _ = try? expansion.word(text)
        _ = try? expansion.words(text)
        _ = try? expansion.document(text)
        _ = try? BuildFile.trigger(text)
    }

    @Test("six thousand damaged files", arguments: 0..<12)
    func damaged(round: Int) {
        var generator = SmallGenerator(state: UInt64(round) &* 7919 &+ 1)
        for _ in 0..<500 {
            var bytes = Array((Self.seeds.randomElement(using: &generator) ?? "").utf8)
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                let at = Int.random(in: 0...bytes.count, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: if at < bytes.count { bytes.remove(at: at) }
                case 1: bytes.insert(contentsOf: (Self.words.randomElement(using: &generator) ?? "").utf8, at: at)
                case 2: if at < bytes.count { bytes[at] = UInt8.random(in: 0...255, using: &generator) }
                default: bytes.removeSubrange(at..<min(bytes.count, at + Int.random(in: 0...20, using: &generator)))
                }
            }
            tryAll(String(decoding: bytes, as: UTF8.self))
        }
    }
}

private struct SmallGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}
