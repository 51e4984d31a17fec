import Testing

@testable import Compose

@Suite("Whose end ends an up")
struct AbortCauseTests {
    private func end(_ code: Int32, _ second: String) -> AbortCause.End {
        AbortCause.End(code: code, finished: "2025-01-01T00:00:\(second)Z")
    }

    /// What is decided at each poll, and the code in the end.
    private func decided(
        onExit: Bool = false, onFailure: Bool = false, _ polls: [[AbortCause.End]]
    ) -> (aborts: [Bool], code: Int32?) {
        var cause = AbortCause(onExit: onExit, onFailure: onFailure)
        let aborts = polls.map { cause.take($0) }
        return (aborts, cause.code)
    }

    @Test("the first one's; what ends because of it does not count")
    func first() {
        let result = decided(onExit: true, [[], [end(0, "01")], [end(143, "02")]])
        #expect(result.aborts == [false, true, false] && result.code == 0)
    }

    @Test("of several that are seen at once the one that ended first")
    func together() {
        let result = decided(onExit: true, [[end(3, "01.12"), end(4, "01.1"), end(5, "02")]])
        #expect(result.aborts == [true] && result.code == 4)
    }

    @Test("the first failure, where only failures end all")
    func failure() {
        let result = decided(onFailure: true, [[end(0, "01")], [end(0, "02"), end(7, "03")], [end(137, "04")]])
        #expect(result.aborts == [false, true, false] && result.code == 7)
    }

    @Test("nobody's, if the others go on")
    func none() {
        let result = decided([[end(1, "01")]])
        #expect(result.aborts == [false] && result.code == nil)
    }
}
