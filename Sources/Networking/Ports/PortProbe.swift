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

    /// Looks the port up in procfs. Only for a message, so whatever cannot be read is left out.
    private static func process(holding port: UInt16, _ transport: TransportProtocol) -> String? {
        var inodes: Set<Substring> = []
        for file in [transport.rawValue, transport.rawValue + "6"] {
            guard let text = try? text("/proc/thread-self/net/\(file)") else { continue }
            for line in text.split(separator: "\n").dropFirst() {
                let fields = line.split(separator: " ")
                guard fields.count > 9, let colon = fields[1].lastIndex(of: ":"),
                    UInt16(fields[1][fields[1].index(after: colon)...], radix: 16) == port,
                    transport == .udp || fields[3] == "0A"
                else { continue }
                inodes.insert(fields[9])
            }
        }
        guard !inodes.isEmpty, let proc = try? OwnedDescriptor(open: "/proc", [.read, .directory]),
            let entries = try? proc.entries()
        else { return nil }
        for entry in entries {
            guard let pid = Int32(entry.name), let directory = try? proc.open("\(pid)/fd", [.read, .directory]),
                let files = try? directory.entries()
            else { continue }
            for file in files {
                guard let target = try? directory.readSymbolicLink(file.name), target.hasPrefix("socket:["),
                    inodes.contains(target.dropFirst(8).dropLast())
                else { continue }
                let name = (try? text("/proc/\(pid)/comm")).map { $0.prefix { $0 != "\n" } } ?? "?"
                return "\(name) (pid \(pid))"
            }
        }
        return nil
    }

    private static func text(_ path: String) throws(SyscallError) -> String {
        String(decoding: try OwnedDescriptor(open: path, .read).readAll(limit: 8 << 20), as: UTF8.self)
    }
}
