internal import LinuxKernel
internal import Netlink

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
        let subject = "linux.netDevices.\(device)"
        let old: InterfaceName
        let new: InterfaceName?
        do throws(InvalidInterfaceName) {
            old = try InterfaceName(device)
            new = try name.map { (name) throws(InvalidInterfaceName) in try InterfaceName(name) }
        } catch {
            throw RuntimeError(.invalidInput, "\(subject): \(error)")
        }
        do throws(NetlinkError) {
            try moveDevice(old, to: namespace, as: new)
        } catch {
            throw RuntimeError(.fault, "\(subject): \(error)")
        }
    }
}
