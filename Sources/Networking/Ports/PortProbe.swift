internal import LinuxKernel
package import Netlink

/// Whether a program of the host's has a port already.
///
/// Rules would take the port from it in silence, so it is asked for by binding it for a moment.
package enum PortProbe {
    /// - Returns: `nil` if the port is free, or else who has it, such as `nginx (pid 123)`.
    /// - Throws: `NetworkingError.system`: `EADDRNOTAVAIL` if the host does not have the address.
    package static func holder(
        of port: UInt16, _ transport: TransportProtocol, at address: IPAddress?, version6: Bool
    ) throws(NetworkingError) -> String? {
        // The kernel may not have SCTP at all, and then nobody holds one of its ports.
        guard transport != .sctp else { return nil }
        let address = address ?? (version6 ? .version6(0, 0) : .version4(0))
        do throws(SyscallError) {
            let socket = try InternetSocket(
                transport == .tcp ? .stream : .datagram, version6: !address.isVersion4)
            // As a server would: what remains of old connections is in nobody's way. Datagrams would share the port then.
            try socket.bind(InternetEndpoint(address: address.bytes, port: port), reusing: transport == .tcp)
            if transport == .tcp { try socket.listen(backlog: 1) }
            return nil
        } catch  where error.code == .addressInUse {
            return process(holding: port, transport) ?? "another program"
        } catch {
            throw .system("publish port \(port)/\(transport.rawValue) on \(address)", error)
        }
    }

    /// The ports on which anybody waits, at whatever address: one question, where binding asks for each port.
    ///
    /// - Returns: `nil` where the kernel does not say.
    package static func waiting(_ transport: TransportProtocol) -> Set<UInt16>? {
        do throws(NetlinkError) {
            var socket = try DiagnosisSocket()
            var ports: Set<UInt16> = []
            for isVersion4 in [true, false] {
                for found in try socket.waiting(isVersion4: isVersion4, isStream: transport == .tcp) {
                    ports.insert(found.port)
                }
            }
            return ports
        } catch {
            return nil
        }
    }

    /// Looks the port up in procfs. Only for a message, so whatever cannot be read is left out.
    private static func process(holding port: UInt16, _ transport: TransportProtocol) -> String? {
        let sockets = ListeningSocket.all(transport).filter { $0.port == port }
        return ListeningSocket.holders(of: Set(sockets.map(\.inode)), atMost: 1).first.map {
            "\($0.name) (pid \($0.pid))"
        }
    }
}
