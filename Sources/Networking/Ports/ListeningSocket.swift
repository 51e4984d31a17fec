internal import LinuxKernel
package import Netlink

/// A socket that waits for connections, or for datagrams from anybody.
package struct ListeningSocket: Equatable, Sendable {
    package var transport: TransportProtocol
    package var address: IPAddress
    package var port: UInt16
    /// Its number in the kernel, by which descriptors name it.
    package var inode: String

    /// Those of a network namespace. What cannot be read is left out.
    ///
    /// - Parameter process: A process in that namespace; the caller's own if `nil`.
    package static func all(_ transport: TransportProtocol, of process: Int32? = nil) -> [ListeningSocket] {
        [transport.rawValue, transport.rawValue + "6"].flatMap { file -> [ListeningSocket] in
            let directory = process.map { "\($0)" } ?? "thread-self"
            guard let bytes = try? readFile("/proc/\(directory)/net/\(file)", limit: 8 << 20) else { return [] }
            return list(String(decoding: bytes, as: UTF8.self), transport)
        }
    }

    /// Reads `/proc/PID/net/tcp` and its kin. Source: Documentation/networking/proc_net_tcp.rst.
    package static func list(_ text: String, _ transport: TransportProtocol) -> [ListeningSocket] {
        text.split(separator: "\n").dropFirst().compactMap { line in
            let fields = line.split(separator: " ")
            // 0A is LISTEN; a datagram socket without a peer is 07.
            guard fields.count > 9, fields[3] == (transport == .tcp ? "0A" : "07") else { return nil }
            let parts = fields[1].split(separator: ":")
            guard parts.count == 2, let port = UInt16(parts[1], radix: 16), let address = address(parts[0]) else {
                return nil
            }
            return ListeningSocket(transport: transport, address: address, port: port, inode: String(fields[9]))
        }
    }

    /// Words of the machine's byte order, as they stand in memory in network order.
    private static func address(_ digits: Substring) -> IPAddress? {
        var (bytes, rest): ([UInt8], Substring) = ([], digits)
        while !rest.isEmpty {
            guard let word = UInt32(rest.prefix(8), radix: 16) else { return nil }
            withUnsafeBytes(of: word) { bytes += $0 }
            rest = rest.dropFirst(8)
        }
        return IPAddress(bytes: bytes)
    }

    /// Whether packets for this address of the namespace reach it.
    package func accepts(_ destination: IPAddress) -> Bool {
        address == destination || address == .version4(0) && destination.isVersion4 || address == .version6(0, 0)
    }

    /// The processes of this host that hold one of the sockets.
    package static func holders(of inodes: Set<String>, atMost count: Int = .max) -> [(pid: Int32, name: String)] {
        guard !inodes.isEmpty, let proc = try? OwnedDescriptor(open: "/proc", [.read, .directory]),
            let entries = try? proc.entries()
        else { return [] }
        var found: [(pid: Int32, name: String)] = []
        for entry in entries where found.count < count {
            guard let pid = Int32(entry.name), let directory = try? proc.open("\(pid)/fd", [.read, .directory]),
                let files = try? directory.entries()
            else { continue }
            let holds = files.contains { file in
                guard let target = try? directory.readSymbolicLink(file.name), target.hasPrefix("socket:[") else {
                    return false
                }
                return inodes.contains(String(target.dropFirst(8).dropLast()))
            }
            guard holds else { continue }
            let name =
                (try? readFile("/proc/\(pid)/comm", limit: 64)).map { String(decoding: $0, as: UTF8.self) } ?? "?"
            found.append((pid, String(name.prefix { $0 != "\n" })))
        }
        return found
    }
}
