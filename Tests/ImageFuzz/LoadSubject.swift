import Archive
import Foundation
import LinuxKernel
import TestSupport

/// The archives of `make-archives`, good and bad ones, changed, and given to the built `brig load`: it ends with 0, or with
/// 1 and one line, and whatever it does, `system check` finds nothing wrong in the end.
struct LoadSubject: FuzzSubject {
    private static let brig = ProcessInfo.processInfo.environment["BRIG"] ?? "\(Machine.repository)/bin/brig"
    private let directory = "/tmp/image-fuzz-store"
    let seeds: [[UInt8]]

    init() throws {
        _ = try? TestSupport.run(["/bin/rm", "-rf", directory, "\(directory)-archives"], in: "/tmp")
        let archives = "\(directory)-archives"
        let made = try TestSupport.run(
            ["/usr/bin/python3", "\(Tests.directory)/BrigTests/make-archives", archives], in: "/tmp")
        guard made.code == 0 else { throw Finding("make-archives: \(made.summary)") }
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        // Layouts that are directories are left out.
        seeds = try FileManager.default.contentsOfDirectory(atPath: archives).sorted()
            .filter { !Self.isDirectory("\(archives)/\($0)") }.map {
                Array(try Data(contentsOf: URL(fileURLWithPath: "\(archives)/\($0)")))
            }.filter { $0.count < 40_000 }
    }

    private static func isDirectory(_ path: String) -> Bool {
        var isDirectory: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory.boolValue
    }

    func accepts(_ mutator: inout Mutator) throws -> Bool {
        var bytes = seeds[mutator.below(seeds.count)]
        for _ in 0...mutator.below(3) { bytes = mutator.mutate(bytes) }
        // A changed header that is not believed tests nothing.
        TarArchives.repairChecksums(&bytes)
        try Data(bytes).write(to: URL(fileURLWithPath: "\(directory)/archive"))
        let outcome = try brig("load", "-i", "\(directory)/archive")
        guard outcome.code == 0 || outcome.code == 1 else { throw Finding("load: \(outcome.summary)") }
        if outcome.code == 1 {
            guard outcome.output.isEmpty, outcome.errors.hasPrefix("brig: "),
                outcome.errors.split(separator: "\n").count == 1
            else { throw Finding("load is refused otherwise than with one line: \(outcome.summary)") }
            return false
        }
        let check = try brig("system", "check")
        guard check.code == 0 else { throw Finding("check: \(check.summary)") }
        let ids = try brig("images", "-q").lines
        let removed = try brig(["rmi", "-f"] + Set(ids))
        let left = try brig("system", "check")
        guard left.output == "checked 0 images, 0 layers, 0 blobs\n" else {
            throw Finding("left: \(removed.summary) \(left.summary)")
        }
        return true
    }

    private func brig(_ words: String...) throws -> Outcome { try brig(words) }
    private func brig(_ words: [String]) throws -> Outcome {
        try TestSupport.run(
            [Self.brig, "--root", "\(directory)/root", "--run-root", "\(directory)/run"] + words, in: directory)
    }
}
