internal import LinuxKernel
internal import OCISpec

/// Brings the listener of a container's filter to the agent that decides for the filter.
struct SeccompListener {
    let path: String
    let metadata: String
    let state: ContainerState

    init(_ seccomp: RuntimeConfig.Linux.Seccomp?, _ state: ContainerState) {
        path = seccomp?.listenerPath ?? ""
        metadata = seccomp?.listenerMetadata ?? ""
        self.state = state
    }

    /// Fetches the listener from the process, which is about to load its filter, and sends it to the agent.
    ///
    /// - Parameter number: The descriptor that the listener will be in that process.
    ///
    /// Source: runtime-spec config-linux.md, "The Container Process State".
    func deliver(_ number: Int32, of process: borrowing OwnedDescriptor, pid: Int32) throws(RuntimeError) {
        try attempting("linux.seccomp.listenerPath \(path)") { () throws(SyscallError) in
            let listener = try fetch(number, of: process)
            let message = ContainerProcessState(
                ociVersion: state.ociVersion, fds: [ContainerProcessState.seccompDescriptor], pid: pid,
                metadata: metadata.isEmpty ? nil : metadata, state: state)
            try UnixSocket.connect(to: path).send(message.json.bytes(), descriptor: listener)
        }
    }

    private func fetch(
        _ number: Int32, of process: borrowing OwnedDescriptor
    ) throws(SyscallError) -> OwnedDescriptor {
        // From here on the process makes one call until the descriptor is there, or ends.
        while true {
            do throws(SyscallError) {
                return try fetchDescriptor(number, of: process)
            } catch  where error.code == .badDescriptor {
                if try !process.wait(for: .readable, timeout: .milliseconds(1)).isEmpty { throw error }
            }
        }
    }
}
