internal import LinuxKernel

/// The use cases of Brig on one pair of roots: every front door calls these.
///
/// There is no daemon behind it. A command opens the engine, does its work and ends; what must outlive it is the monitor
/// beside each container, and what must be remembered is in the store.
public final class Engine: Sendable {
    public let locations: EngineLocations
    let store: Store
    /// The absolute path of `brig-runtime`.
    let runtime: String
    /// The absolute path of this executable, which a monitor calls when its container has ended.
    let ownExecutable: String
    /// Takes what a command should tell the user though it is no error of this command.
    let notices: @Sendable (String) -> Void

    /// Opens the engine. Missing directories are made, closed to everybody else.
    ///
    /// - Parameters:
    ///   - runtime: The runtime's path; `nil` is `brig-runtime` beside this executable.
    ///   - notices: Takes what the user should know though it is no error: one line without an end.
    /// - Throws: `EngineError`.
    public init(
        _ locations: EngineLocations, runtime: String? = nil, notices: @escaping @Sendable (String) -> Void = { _ in }
    ) throws(EngineError) {
        self.notices = notices
        self.locations = locations
        do {
            for directory in [locations.root, locations.layers, locations.containers, locations.runRoot] {
                try HostDirectory.make(directory, mode: 0o700)
            }
            ownExecutable = try readSymbolicLink("/proc/self/exe")
        } catch {
            guard CallerIdentity.effectiveUid == 0 else {
                throw EngineError(.fault, "\(error); brig needs root for now: run it with sudo")
            }
            throw .wrapping(error, while: "prepare \(locations.root)")
        }
        self.runtime = runtime ?? HostDirectory.split(ownExecutable).parent + "/brig-runtime"
        store = try Store(path: locations.database)
        store.keepOpen()
    }
}
