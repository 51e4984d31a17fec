import ComposeFile
import Engine
import LinuxKernel
import OCISpec

/// When a project has last looked for a newer image (`pull_policy: daily` and the like): the time of an empty file among the
/// project's, so that it is looked for again after `down`, too.
struct PullStamp {
    private let directory: String
    private let make: () throws(EngineError) -> Void
    private let name: String

    init(_ engine: Engine, _ project: Project, _ image: String) {
        directory = engine.projectPath(project.name)
        make = { () throws(EngineError) in _ = try engine.projectDirectory(project.name) }
        name = "pulled-\(SHA256Hash.digest(of: image.utf8).hex.prefix(16))"
    }

    func isOlder(than nanoseconds: Int64) -> Bool {
        // Without the file nothing is known.
        guard
            let file = try? OwnedDescriptor(open: "\(directory)/\(name)", [.pathOnly, .noFollow]),
            let time = try? file.times().modified
        else { return true }
        let age = Timestamp.now.seconds - time.seconds
        return age < 0 || age >= nanoseconds / 1_000_000_000
    }

    func renew() throws(EngineError) {
        try make()
        let path = "\(directory)/\(name)"
        do { try replaceFile(path, "") } catch { throw EngineError(.fault, "\(path): \(error)") }
    }
}
