import LinuxKernel
import Testing

/// A project of a file in a directory of its own.
struct ComposeProject {
    let fixture: BrigFixture
    let directory: String

    init(_ text: String, files: [String: String] = [:]) throws {
        fixture = try BrigFixture()
        directory = fixture.directory + "/shop"
        _ = try BrigFixture.run("/bin/mkdir", ["-p", directory])
        try replaceFile(directory + "/compose.yaml", text)
        for (name, text) in files { try replaceFile("\(directory)/\(name)", text) }
    }

    func write(_ text: String) throws { try replaceFile(directory + "/compose.yaml", text) }

    func compose(_ words: String...) throws -> BrigFixture.Result { try compose(words) }

    func compose(_ words: [String]) throws -> BrigFixture.Result {
        try fixture.brig(["compose", "--progress", "plain", "-f", directory + "/compose.yaml"] + words)
    }

    /// Begins a command and kills it.
    ///
    /// - Parameter after: Milliseconds.
    func kill(_ words: [String], after delay: Int64) throws {
        let program = BrigFixture.products + "/brig"
        let nowhere = try OwnedDescriptor(memoryFile: "stream")
        let globals = ["--root", fixture.directory + "/root", "--run-root", fixture.directory + "/run"]
        let child = try Spawn(
            program: program,
            arguments: [program] + globals + ["compose", "-f", directory + "/compose.yaml"] + words,
            environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]
        ).start([(nowhere.raw, 1), (nowhere.raw, 2)])
        sleep(for: .milliseconds(delay))
        // It may have ended already.
        try? child.send(.kill)
        _ = try child.wait()
    }

    /// Names and identifiers of the project's containers.
    func containers() throws -> [String: String] {
        let lines = try compose("ps", "-a", "--format", "{{.Name}} {{.ID}}").output.split(separator: "\n")
        return lines.reduce(into: [:]) { result, line in
            let words = line.split(separator: " ").map(String.init)
            if words.count == 2 { result[words[0]] = words[1] }
        }
    }

    func leavesNothing() throws {
        #expect(try containers().isEmpty)
        let left = try fixture.leftovers()
        #expect(left == [])
    }
}
