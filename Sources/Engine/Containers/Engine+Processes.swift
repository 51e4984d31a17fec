internal import LinuxKernel
public import OCISpec
internal import Seccomp

/// A running container's place among the processes of the host.
public struct ContainerProcess: Equatable, Sendable {
    public let name: String
    /// Its pid 1, as the host numbers it.
    public let pid: Int32
    /// The process beside it, if that runs.
    public let monitor: Int32?
}

extension Engine {
    /// The containers that run, as processes of this host.
    public func containerProcesses() throws(EngineError) -> [ContainerProcess] {
        try store.containers().compactMap { record in
            guard let process = record.process, (try? process.isRunning()) == true else { return nil }
            let monitor = record.monitor.flatMap { (try? $0.isRunning()) == true ? $0.pid : nil }
            return ContainerProcess(name: record.name.text, pid: process.pid, monitor: monitor)
        }
    }

    /// A seccomp profile as a container would get it.
    ///
    /// - Parameters:
    ///   - name: `builtin`, or the path of a file in Docker's or the runtime-spec's form.
    ///   - capabilities: Those that the container has beside the default ones, in any case, with or without `CAP_`.
    /// - Throws: `EngineError` of kind `invalidInput` for a file that cannot be read or understood.
    public static func seccompProfile(
        _ name: String, capabilities: [String] = []
    ) throws(EngineError) -> RuntimeConfig.Linux.Seccomp {
        let held = try CapabilitySelection.select(
            adding: capabilities, dropping: [], privileged: false, lastCapability: CapabilitySelection.all.count - 1)
        let context = try SeccompContext.current(capabilities: held)
        do {
            guard name != "builtin" else {
                return try DefaultProfile.profile(
                    capabilities: held, kernel: .init(context.kernel.major, context.kernel.minor),
                    architecture: context.architecture
                ).ociSeccomp()
            }
            return try SeccompFile.parse(try readFile(name, limit: 4 << 20), context)
        } catch {
            throw EngineError(.invalidInput, "seccomp profile \(quotedForError(name)): \(error)")
        }
    }
}
