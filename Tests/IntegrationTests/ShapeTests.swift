import Foundation
import OCISpec
import TestSupport
import Testing

extension Integration {
    /// What programs read of `list`, `ps`, `state` and `events` is where runc has it.
    @Suite(
        "Output beside runc's",
        .enabled(
            if: !Machine.isReference && FileManager.default.isExecutableFile(atPath: Shapes.reference), "no runc here"))
    struct ShapeTests {
        @Test(
            "every member of runc's documents is there",
            arguments: [
                ["list", "--format", "json"], ["state", "ID"], ["events", "--stats", "ID"],
                ["ps", "--format", "json", "ID"],
            ])
        func documents(_ command: [String]) throws {
            try withWorkspace { workspace in
                let (own, other) = try Shapes.both(command, in: workspace)
                // Settings, not statistics, of v1's cpuset, and zeros for a counter that v2 has not: nobody reads them.
                let missing = try Shapes.paths(other).subtracting(Shapes.paths(own))
                    .filter { !$0.hasPrefix(".data.cpuset") && !$0.hasPrefix(".data.memory.kernelTCP") }
                #expect(missing.isEmpty, "\(command): \(missing.sorted()); ours: \(own)")
            }
        }

        @Test("the tables have runc's columns", arguments: [["list"], ["ps", "ID"]])
        func tables(_ command: [String]) throws {
            try withWorkspace { workspace in
                let (own, other) = try Shapes.both(command, in: workspace)
                func header(_ text: String) -> [Substring] {
                    text.split(separator: "\n").first?.split(separator: " ") ?? []
                }
                #expect(header(own) == header(other), "\(own)\n\(other)")
            }
        }
    }
}

enum Shapes {
    static let reference = "/usr/sbin/runc"

    /// The answers of both runtimes about the same container, each of its own.
    static func both(_ command: [String], in workspace: Workspace) throws -> (own: String, reference: String) {
        let words = command.map { $0 == "ID" ? workspace.id : $0 }
        try workspace.startContainer()
        let own = try workspace.runtime(words)
        #expect(own.code == 0, "\(own.summary)")
        _ = try workspace.runtime("delete", "--force", workspace.id)

        func runc(_ words: [String]) throws -> Outcome {
            try run([reference, "--root", "\(workspace.directory)/runc"] + words, in: workspace.bundle)
        }
        defer { _ = try? runc(["delete", "--force", workspace.id]) }
        #expect(try runc(["run", "--detach", "--bundle", workspace.bundle, workspace.id]).code == 0)
        let other = try runc(words)
        #expect(other.code == 0, "\(other.summary)")
        return (own.output, other.output)
    }

    /// Where a document has values; positions in lists count as one.
    static func paths(_ text: String) throws -> Set<String> {
        func walk(_ json: JSONValue, _ path: String) -> Set<String> {
            switch json {
            case .object(let object): object.reduce(into: []) { $0.formUnion(walk($1.value, "\(path).\($1.key)")) }
            case .array(let list): list.reduce(into: [path]) { $0.formUnion(walk($1, "\(path)[]")) }
            default: [path]
            }
        }
        return walk(try JSONValue(parsing: text, sizeLimit: 1 << 20), "")
    }
}
