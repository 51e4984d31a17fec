internal import LinuxKernel
internal import Netlink

/// A command of Brig's that talks to the name server.
final class CommandConnection {
    let socket: UnixSocket
    init(_ socket: consuming UnixSocket) { self.socket = socket }
}

/// A container whose questions are answered.
final class ServedContainer {
    let id: String
    let datagrams: InternetSocket
    let connections: InternetSocket

    init(id: String, _ datagrams: consuming InternetSocket, _ connections: consuming InternetSocket) {
        self.id = id
        self.datagrams = datagrams
        self.connections = connections
    }

    func reply(_ bytes: [UInt8], to peer: InternetPeer) {
        _ = try? datagrams.send(bytes, to: peer)  // One that cannot be reached asks again, or does not care.
    }
}

/// A socket in a box, so that it can be exchanged.
final class SocketBox {
    let socket: InternetSocket
    init(_ socket: consuming InternetSocket) { self.socket = socket }
}

enum ForwardingProgress {
    case answer, refused, nothing
}

/// A question that waits for the answer of a server outside.
final class ForwardedDatagram {
    let container: String
    private(set) var deadline: Int64 = 0
    private let served: ServedContainer
    private let peer: InternetPeer
    private let query: DomainQuery
    private let message: [UInt8]
    /// Each twice.
    private var servers: ArraySlice<IPAddress>
    private var current: SocketBox?
    /// A number of its own for each: an answer must be guessed, with its port, to be faked.
    private var id: UInt16 = 0

    init(
        _ served: ServedContainer, _ peer: InternetPeer, _ query: DomainQuery, _ message: [UInt8],
        _ servers: [IPAddress]
    ) {
        self.served = served
        container = served.id
        self.peer = peer
        self.query = query
        self.message = message
        self.servers = (servers.prefix(3) + servers.prefix(3))[...]
    }

    /// Asks the next server; `nil` if there is none left.
    func next() -> SocketBox? {
        current = nil
        while let server = servers.popFirst() {
            id = UInt16.random(in: .min ... .max)
            let bytes = DomainAnswer.renumbered(message, id)
            guard let socket = try? InternetSocket(.datagram, version6: !server.isVersion4) else { continue }
            guard (try? socket.connect(InternetEndpoint(address: server.bytes, port: 53))) != nil,
                (try? bytes.withUnsafeBytes({ try socket.descriptor.writeOnce($0) })) != nil
            else { continue }
            deadline = MonotonicClock.milliseconds + 2000
            let box = SocketBox(socket)
            current = box
            return box
        }
        return nil
    }

    func receive() -> ForwardingProgress {
        guard let current else { return .refused }
        for _ in 0..<8 {
            do throws(SyscallError) {
                guard let received = try current.socket.receive(limit: 65_535) else { return .nothing }
                guard DomainAnswer.matches(received.bytes, id: id, question: query.question) else { continue }
                served.reply(DomainAnswer.renumbered(received.bytes, query.id), to: peer)
                return .answer
            } catch {
                // Nobody listens there.
                return .refused
            }
        }
        return .nothing
    }

    func fail() { served.reply(DomainAnswer.message(to: query, .failure, limit: 512), to: peer) }
}

/// A container's connection: messages with two bytes of length before each.
final class NameClient {
    let container: String
    let socket: InternetSocket
    private(set) var deadline: Int64
    private var buffer: [UInt8] = []

    init(_ container: String, _ socket: consuming InternetSocket) {
        self.container = container
        self.socket = socket
        deadline = MonotonicClock.milliseconds + 10_000
    }

    /// Reads what is there.
    ///
    /// - Returns: Whether the connection goes on.
    func fill() -> Bool {
        guard let bytes = socket.readAvailable() else { return true }
        buffer += bytes
        return !bytes.isEmpty && buffer.count <= 65_537
    }

    func takeMessage() -> [UInt8]? {
        guard buffer.count >= 2 else { return nil }
        let length = Int(buffer[0]) << 8 | Int(buffer[1])
        guard buffer.count >= 2 + length else { return nil }
        defer { buffer.removeFirst(2 + length) }
        return Array(buffer[2..<2 + length])
    }

    /// - Returns: Whether it was sent. One who does not read is not waited for.
    func send(_ message: [UInt8]) -> Bool {
        deadline = MonotonicClock.milliseconds + 10_000
        return socket.writeAll(NameClient.framed(message))
    }

    static func framed(_ message: [UInt8]) -> [UInt8] {
        [UInt8(truncatingIfNeeded: message.count >> 8), UInt8(truncatingIfNeeded: message.count)] + message
    }
}

/// A connection's question that waits for the answer of a server outside.
final class ForwardedConnection {
    let client: NameClient
    private(set) var deadline: Int64 = 0
    private(set) var current: SocketBox?
    private let query: DomainQuery
    private let message: [UInt8]
    private var servers: ArraySlice<IPAddress>
    private var isSent = false
    private var buffer: [UInt8] = []

    init(_ client: NameClient, _ query: DomainQuery, _ message: [UInt8], _ servers: [IPAddress]) {
        self.client = client
        self.query = query
        self.message = message
        self.servers = servers.prefix(3)[...]
    }

    func next() -> SocketBox? {
        current = nil
        buffer = []
        isSent = false
        while let server = servers.popFirst() {
            guard let socket = try? InternetSocket(.stream, version6: !server.isVersion4),
                (try? socket.connect(InternetEndpoint(address: server.bytes, port: 53))) != nil
            else { continue }
            deadline = MonotonicClock.milliseconds + 3000
            let box = SocketBox(socket)
            current = box
            return box
        }
        return nil
    }

    func proceed() -> ForwardingProgress {
        guard let current else { return .refused }
        if !isSent {
            guard current.socket.writeAll(NameClient.framed(message)) else { return .refused }
            isSent = true
            return .nothing
        }
        guard let bytes = current.socket.readAvailable() else { return .nothing }
        guard !bytes.isEmpty, buffer.count <= 65_537 else { return .refused }
        buffer += bytes
        guard buffer.count >= 2, case let length = Int(buffer[0]) << 8 | Int(buffer[1]), buffer.count >= 2 + length
        else { return .nothing }
        let answer = Array(buffer[2..<2 + length])
        guard DomainAnswer.matches(answer, id: query.id, question: query.question) else { return .refused }
        _ = client.send(answer)  // A client that is gone has no use for it.
        return .answer
    }

    func fail() { _ = client.send(DomainAnswer.message(to: query, .failure, limit: 512)) }
}

extension InternetSocket {
    /// What is there; empty at the end or after an error, `nil` if nothing is there now.
    fileprivate borrowing func readAvailable() -> [UInt8]? {
        var isNow = true
        let bytes = [UInt8](unsafeUninitializedCapacity: 16_384) { buffer, used in
            do throws(SyscallError) {
                if let count = try descriptor.read(into: UnsafeMutableRawBufferPointer(buffer)) {
                    used = count
                } else {
                    isNow = false
                }
            } catch {
                used = 0  // An error ends it as the end does.
            }
        }
        return isNow ? bytes : nil
    }

    /// Whether all of it fits into the socket at once.
    fileprivate borrowing func writeAll(_ bytes: [UInt8]) -> Bool {
        let sent = try? bytes.withUnsafeBytes { try descriptor.writeOnce($0) }
        return sent == bytes.count
    }
}

/// The servers of the host's own resolv.conf, read again when it may have changed.
struct HostServers {
    private var servers: [IPAddress] = []
    private var nextLook: Int64 = 0

    mutating func current() -> [IPAddress] {
        let now = MonotonicClock.milliseconds
        guard now >= nextLook else { return servers }
        nextLook = now + 1000
        // A host without the file has no servers; glibc would ask its own loopback.
        let text = (try? readText("/etc/resolv.conf")) ?? ""
        servers = ResolverConfiguration(parsing: text).servers.filter { !$0.text.contains("%") }.compactMap(\.address)
        return servers
    }
}
