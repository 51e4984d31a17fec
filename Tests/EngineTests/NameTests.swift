import OCISpec
import Testing

@testable import Engine

@Suite("Names and identifiers")
struct NameTests {
    @Test("the word lists are lower-case ASCII letters without doubles")
    func words() {
        for list in [WordLists.adjectives, WordLists.surnames] {
            #expect(list.allSatisfy { $0.utf8.allSatisfy { (0x61...0x7a).contains($0) } && $0.utf8.count > 1 })
            #expect(Set(list).count == list.count)
            #expect(list.count > 100)
        }
    }

    @Test("random names are an adjective and a surname, later ones with a digit")
    func randomNames() throws {
        var generator = SystemRandomNumberGenerator()
        for attempt in 0..<10 {
            let name = ContainerName.random(attempt: attempt, using: &generator)
            #expect(try ContainerName(name.text) == name)
            #expect(name.text.split(separator: "_").count == 2)
            #expect((name.text.last?.isNumber == true) == (attempt > 0))
        }
    }

    @Test("what a container may be called", arguments: ["db", "web-1", "a_b.c", "0x", "/db"])
    func goodNames(text: String) throws {
        #expect(try ContainerName(text).text == (text == "/db" ? "db" : text))
    }

    @Test(
        "what it may not",
        arguments: ["", "a", "-a", ".a", "a b", "a/b", "ä1", "a\n", "..", "_a", String(repeating: "a", count: 256)])
    func badNames(text: String) {
        #expect(throws: EngineError.self) { try ContainerName(text) }
    }

    @Test("identifiers are 64 hexadecimal digits, and their short form is no number")
    func identifiers() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            let id = Identifier.random(using: &generator)
            #expect(Identifier(id.text) == id)
            #expect(id.short.utf8.count == 12)
            #expect(UInt64(id.short) == nil)
        }
        #expect(Identifier(String(repeating: "A", count: 64)) == nil)
        #expect(Identifier(String(repeating: "a", count: 63)) == nil)
        #expect(hexadecimal([0x00, 0xff, 0x1a]) == "00ff1a")
    }

    @Test("a text that is no image name is wrong input")
    func badImageName() throws {
        #expect(try ImageReference(parsing: "mine").familiarName == "mine")
        let error = #expect(throws: EngineError.self) { try ImageReference(parsing: "Mine") }
        #expect(error?.kind == .invalidInput)
    }
}
