internal import LinuxKernel

/// What the runtime itself does in a container's network namespace.
enum NetworkSetUp {
    /// Brings the loopback interface up.
    static func loopbackUp() throws(RuntimeError) {
        try attempting("bringing lo up", LoopbackInterface.bringUp)
    }

    /// Moves a network device of the host's into the container.
    ///
    /// Source: runtime-spec config-linux.md, "Network Devices".
    static func move(
        _ device: String, named name: String?, to namespace: borrowing OwnedDescriptor
    ) throws(RuntimeError) {
        throw RuntimeError(.unsupported, "linux.netDevices.\(device): moving devices is not supported")
    }
}
