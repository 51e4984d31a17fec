import Foundation
import LinuxKernel
import Testing

@testable import Compose

/// What `watch` sees, in a directory of its own.
@Suite("Watched files")
struct FileTreeTests {
    private final class Directory {
        let path = "/tmp/brig-watched-\(UInt64.random(in: 0 ... .max))"

        init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false) }
        deinit { try? FileManager.default.removeItem(atPath: path) }

        func make(_ name: String) throws {
            try FileManager.default.createDirectory(atPath: "\(path)/\(name)", withIntermediateDirectories: false)
        }
        func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: "\(path)/\(name)") }
        func write(_ name: String, _ text: String) throws { try replaceFile("\(path)/\(name)", text) }
    }

    private func rules(ignore: [String] = [], include: [String] = [], context: (String, String)? = nil)
        -> FileTreeState.Rules
    {
        FileTreeState.Rules(ignore: ignore, include: include, context: context.map { ($0.0, $0.1) })
    }

    @Test("directories come and go as files do")
    func directories() throws {
        let place = try Directory()
        try place.make("old")
        try place.make("old/deep")
        try place.write("old/deep/file", "1")
        try place.write("stays", "1")
        let before = FileTreeState(place.path, rules())
        try place.remove("old")
        try place.make("empty")
        try place.make("new")
        try place.write("new/file", "1")
        let changes = FileTreeState(place.path, rules()).changes(since: before)
        #expect(changes == .init(written: ["new/file"], made: ["empty", "new"], removed: ["old"]))
        let first = before.changes(since: FileTreeState(empty: before))
        #expect(
            first.written == ["old/deep/file", "stays"] && first.made == ["old", "old/deep"] && first.removed.isEmpty)
        #expect(FileTreeState(place.path, rules()).changes(since: FileTreeState(place.path, rules())).isEmpty)
    }

    @Test("a directory in the place of a file, and the other way round")
    func replaced() throws {
        let place = try Directory()
        try place.write("a", "1")
        try place.make("b")
        try place.write("b/x", "1")
        let before = FileTreeState(place.path, rules())
        try place.remove("a")
        try place.make("a")
        try place.write("a/x", "1")
        try place.remove("b")
        try place.write("b", "1")
        let changes = FileTreeState(place.path, rules()).changes(since: before)
        #expect(changes == .init(written: ["a/x", "b"], made: ["a"], removed: ["a", "b"]))
    }

    @Test("what is ignored is not seen, and what is included alone counts")
    func patterns() throws {
        let place = try Directory()
        for name in ["src", "src/sub", "node_modules", ".git"] { try place.make(name) }
        for name in ["src/a.go", "src/sub/b.go", "src/c.txt", "node_modules/x.go", ".git/x.go"] {
            try place.write(name, "1")
        }
        func seen(_ rules: FileTreeState.Rules) -> FileTreeState.Changes {
            let state = FileTreeState(place.path, rules)
            return state.changes(since: FileTreeState(empty: state))
        }
        let ignoring = seen(rules(ignore: ["node_modules/", "*.txt"]))
        #expect(ignoring.written == ["src/a.go", "src/sub/b.go"] && ignoring.made == ["src", "src/sub"])
        let including = seen(rules(ignore: ["node_modules/"], include: ["*.go"]))
        #expect(including.written == ["src/a.go", "src/sub/b.go"] && including.made.isEmpty)
        let excepted = seen(rules(ignore: ["*", "!src/c.txt"]))
        #expect(excepted.written == ["src/c.txt"] && excepted.made.isEmpty)
        // As the build sees it: names of its .dockerignore are from its context's root.
        let context = seen(rules(ignore: ["!src/sub"], context: ("app/node_modules\napp/src\n", "app/")))
        #expect(context.written == ["src/sub/b.go"] && context.made == ["src/sub"], "\(context)")
    }

    @Test("one file, and nothing at all")
    func single() throws {
        let place = try Directory()
        let file = place.path + "/file"
        let none = FileTreeState(file, rules())
        try place.write("file", "1")
        let one = FileTreeState(file, rules())
        #expect(one.changes(since: none) == .init(written: [""]))
        try place.remove("file")
        #expect(FileTreeState(file, rules()).changes(since: one) == .init(removed: [""]))
    }
}
