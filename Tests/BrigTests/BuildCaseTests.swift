import Foundation
import LinuxKernel
import Testing

/// The table of Dockerfiles in Tests/BuildCases: what each comes to was recorded from buildah, or, where the two differ and
/// Docker's documents say otherwise than buildah 1.28, noted in `differences` with the reason.
@Suite("Dockerfiles and what they come to", .drivesBrig(with: "jq", "xz", "bzip2"), SharedStore())
struct BuildCaseTests {
    @Test("as recorded", arguments: BuildCases.all)
    func asRecorded(build: BuildCase) throws {
        let shared = try #require(SharedStore.current)
        let result = try shared.result(of: build)
        #expect(result == build.expected, "\(build.text)")
    }
}

/// The same table with dockerd's two builders: a quarter of it, `compare-docker` alone takes all.
@Suite("Dockerfiles and dockerd", .drivesBrig(with: "dockerd", "docker", "jq", "xz", "bzip2"))
struct BuildCaseReferenceTests {
    @Test("dockerd's builders come to what is recorded of them")
    func quarter() throws {
        let result = try BrigFixture.run(
            "/usr/bin/env",
            [
                "EVERY=8", "\(BuildCases.directory)/../BrigTests/with-docker", "\(BuildCases.directory)/compare-docker",
            ], limit: .seconds(1200))
        if result.status == 77 { try Test.cancel("\(result.errors)") }
        #expect(result.status == 0 && result.output.contains("buildkit: 26 cases"), "\(result.output)\(result.errors)")
    }
}

/// One store for all cases, which run side by side in it, for as long as the suite takes.
struct SharedStore: SuiteTrait, TestScoping {
    @TaskLocal static var current: BuildCaseFixture?

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await Self.$current.withValue(try BuildCaseFixture()) { try await function() }
    }
}

struct BuildCase: CustomTestStringConvertible, Sendable {
    let name: String
    let options: [String]
    let text: String
    let ignore: String?
    let expected: String

    var testDescription: String { name }
}

enum BuildCases {
    static let directory = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "BuildCases").path

    /// Bytes and not characters: `\r\n` would be one character.
    private static func lines(_ name: String) -> [String] {
        let bytes = (try? readFile("\(directory)/\(name)", limit: 4 << 20)) ?? []
        return bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
    }

    private static func sections(_ name: String) -> [(head: String, lines: [String])] {
        var result: [(head: String, lines: [String])] = []
        for line in lines(name) {
            if line.hasPrefix("@case ") {
                result.append((String(line.dropFirst(6)), []))
            } else if !result.isEmpty {
                result[result.count - 1].lines.append(line)
            }
        }
        return result
    }

    static let all: [BuildCase] = {
        var expected: [String: String] = [:]
        for file in ["expected", "differences"] {
            for (head, lines) in sections(file) {
                expected[head] = lines.filter { !$0.hasPrefix("# ") && !$0.isEmpty }.joined(separator: "\n")
            }
        }
        return sections("cases").map { head, lines in
            let words = head.split(separator: " ").map(String.init)
            let parts = lines.split(separator: "@ignore", maxSplits: 1, omittingEmptySubsequences: false)
            return BuildCase(
                name: words[0], options: Array(words.dropFirst()), text: parts[0].joined(separator: "\n") + "\n",
                ignore: parts.count == 2 ? parts[1].joined(separator: "\n") + "\n" : nil,
                expected: expected[words[0]] ?? "nothing is recorded")
        }
    }()
}

/// A store with the base image, and the context of all cases. Rules lie beside the Dockerfile, so no `.dockerignore` is copied.
final class BuildCaseFixture: Sendable {
    let directory: String

    init() throws {
        directory = "/tmp/brig-build-cases-\(UInt64.random(in: 0 ... .max))"
        let script = """
            set -e
            mkdir -p \(directory)
            cd \(BuildCases.directory)
            ./base \(directory)/base
            tar -C \(directory)/base --owner=0 --group=0 -cf \(directory)/base.tar .
            ./make-context \(directory)/context
            """
        let made = try BrigFixture.run("/bin/sh", ["-c", script])
        guard made.status == 0 else { throw SyscallError(call: "sh", subject: made.errors, code: .inputOutput) }
        let imported = try brig(["import", "\(directory)/base.tar", "box"])
        guard imported.status == 0 else {
            throw SyscallError(call: "import", subject: imported.errors, code: .inputOutput)
        }
    }

    deinit { _ = try? BrigFixture.run("/bin/rm", ["-rf", "--one-file-system", directory]) }

    func brig(_ arguments: [String]) throws -> BrigFixture.Result {
        try BrigFixture.run(
            BrigFixture.products + "/brig",
            ["--root", directory + "/root", "--run-root", directory + "/run"] + arguments)
    }

    func result(of build: BuildCase) throws -> String {
        let own = "\(directory)/\(build.name)"
        let root = try OwnedDescriptor(open: directory, [.read, .directory])
        try root.makeDirectory(build.name, mode: 0o755)
        try OwnedDescriptor(open: "\(own)/Dockerfile", [.write, .create]).write(build.text)
        if let ignore = build.ignore {
            try OwnedDescriptor(open: "\(own)/Dockerfile.dockerignore", [.write, .create]).write(ignore)
        }
        let done = try brig(
            [
                "build", "--network", "none", "-t", build.name, "-o", "type=local,dest=\(own)/out", "--iidfile",
                "\(own)/id",
            ] + build.options
                + ["-f", "\(own)/Dockerfile", "\(directory)/context"])
        guard done.status == 0 else {
            // What was said is no part of what is expected, but of what a failure shows.
            return build.expected == "status \(done.status)" ? build.expected : "status \(done.status)\n\(done.errors)"
        }
        let script = """
            cd \(BuildCases.directory)
            id=$(cat \(own)/id); printf 'config '
            ./describe-config < \(directory)/root/blobs/sha256/${id#sha256:}
            ./describe \(own)/out; rm -rf \(own)/out
            """
        let described = try BrigFixture.run("/bin/sh", ["-c", script])
        return "status 0\n" + described.output.split(separator: "\n").joined(separator: "\n")
    }
}
