internal import LinuxKernel
internal import Netlink
internal import Networking

/// A port of a container and where on the host it is reached, as `port` shows it.
public struct ContainerPort: Equatable, Sendable {
    /// `80/tcp`
    public let port: String
    /// `0.0.0.0:8080`, `[::]:8080`
    public let address: String
}

extension Engine {
    /// Where a container's ports are reached.
    ///
    /// - Parameter port: `PORT[/PROTOCOL]`; all if `nil`.
    /// - Throws: `EngineError` of kind `notFound` if this port is not published.
    public func ports(of reference: String, _ port: String? = nil) throws(EngineError) -> [ContainerPort] {
        let record = try store.container(reference)
        var ports = try store.ports(of: record.id)
        if let port {
            guard let asked = ExposedPort(port) else {
                throw EngineError(.invalidInput, "invalid port: \(quotedForError(port))")
            }
            ports = ports.filter { $0.containerPort == asked.number && $0.transport == asked.transport }
            guard !ports.isEmpty else {
                throw EngineError(.notFound, "no public port '\(asked.text)' published for \(record.name)")
            }
        }
        return ports.map { port in
            let address = port.hostAddressText
            return ContainerPort(
                port: "\(port.containerPort)/\(port.transport.rawValue)",
                address: "\(address.contains(":") ? "[\(address)]" : address):\(port.hostPort)")
        }
    }
}
