import Foundation
import LinuxKernel
import Testing

/// Real stacks, of Debian's packages: each directory of Tests/compose-stacks is a project with a `check.sh`.
///
/// Each has a store, a state root and a network namespace of its own, so they run side by side.
@Suite("Stacks of Compose", .drivesBrig, .enabled(if: BuiltPrograms.images != nil, "needs `make images`"))
struct ComposeStackTests {
    static let directory = BuildCases.directory + "/../compose-stacks"

    static let all: [String] = {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return names.filter { (try? readFile("\(directory)/\($0)/check.sh", limit: 1 << 20)) != nil }.sorted()
    }()

    /// The archives of the images that a stack's file names.
    private static func images(_ stack: String) throws -> Set<String> {
        var result: Set<String> = []
        let files = ["compose.yaml", "base.yaml", "tools.yaml", "Dockerfile"]
        let text = files.compactMap { try? readFile("\(directory)/\(stack)/\($0)", limit: 1 << 20) }
            .map { String(decoding: $0, as: UTF8.self) }.joined(separator: "\n")
        for (name, archive) in [
            ("busybox", "busybox-latest"), ("redis:", "redis-alpine"), ("nginx", "nginx-alpine"),
            ("httpd\"", "httpd-latest"),
        ] where text.contains(name) {
            result.insert(archive)
        }
        return result
    }

    @Test("comes up, does what it is for, and goes away", arguments: all)
    func stack(name: String) throws {
        let fixture = try BrigFixture()
        let images = try #require(BuiltPrograms.images)
        for archive in try Self.images(name).sorted() {
            let loaded = try fixture.brig("load", "-q", "-i", "\(images)/\(archive).tar")
            #expect(loaded.status == 0, "\(loaded.errors)")
        }
        let brig =
            "\(BrigFixture.products)/brig --root \(fixture.directory)/root --run-root \(fixture.directory)/run"
        let result = try fixture.onHost(
            "/bin/sh", ["-c", "BRIG='\(brig)' exec \(Self.directory)/run \(name)"], limit: .seconds(900))
        #expect(result.status == 0 && result.output.hasPrefix("ok \(name)\n"), "\(result.output)\(result.errors)")
        #expect(try fixture.leftovers().filter { $0 != "builds" }.isEmpty)
        #expect(try fixture.brig("system", "check").status == 0)
        // The name server has ended with the last container, and its bridges are gone with their networks.
        let links = try fixture.onHost("/bin/busybox", ["ip", "-o", "link"])
        #expect(!links.output.contains("br-"), "\(links.output)")
    }
}
