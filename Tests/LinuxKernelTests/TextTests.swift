import LinuxKernel
import Testing

@Suite("Numbers and paths as text")
struct TextTests {
    @Test(
        "numbers are what the standard library writes",
        arguments: [0, 1, 9, 10, 99, 100, 4711, 4_294_967_295, 1_000_000_000] as [UInt32])
    func numbers(_ number: UInt32) { #expect(decimal(number) == String(number)) }

    @Test("numbers below zero", arguments: [0, -1, -10, 32768, .max, .min] as [Int32])
    func negative(_ number: Int32) { #expect(decimal(number) == String(number)) }

    @Test(
        "pieces of a text, the empty ones left out",
        arguments: [
            ("", []), (",", []), ("cpu,cpuacct", ["cpu", "cpuacct"]), (",é,,ü,", ["é", "ü"]),
            ("name=systemd", ["name=systemd"]),
        ] as [(String, [Substring])])
    func pieces(_ text: String, _ expected: [Substring]) {
        #expect(LinuxKernel.pieces(of: text, between: ",") == expected)
        #expect(LinuxKernel.pieces(of: "x\(text)x".dropFirst().dropLast(), between: ",") == expected)
    }

    @Test("a path's components and back")
    func path() {
        #expect(pathComponents("//a/b//c/") == ["a", "b", "c"])
        #expect(joinedPath(["a", "b"] as [String]) == "a/b")
        #expect(joinedPath(["a", "b"] as [Substring]) == "a/b")
        #expect(joinedPath([] as [String]).isEmpty)
    }
}
