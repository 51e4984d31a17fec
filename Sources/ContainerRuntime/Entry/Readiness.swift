package import LinuxKernel
package import OCISpec

/// The word of a container's program that it is ready, carried to the service manager that waits for it.
///
/// A service manager names a socket in `NOTIFY_SOCKET`. The container gets one of its own in a directory that is mounted
/// at `/run/notify`; of what comes there only the word that the service is ready is passed on, in words of ours. The
/// same places and words as with runc. Source: sd_notify(3).
package final class Readiness {
    private let socket: UnixSocket
    /// The service manager's socket.
    private let manager: String

    /// Below the container's state directory.
    static let directoryName = "notify"
    private static let socketName = "notify.sock"
    private static let place = "/run/notify"
    /// Far more than any message has; what is longer is cut.
    private static let longestMessage = 8192

    /// Starts to listen for a container that was created with a place for it.
    ///
    /// - Parameter manager: The value of `NOTIFY_SOCKET`.
    /// - Returns: `nil` if nobody asks, or the container has no such place.
    package static func listen(_ manager: String?, _ root: StateRoot, _ id: ContainerID) throws -> Readiness? {
        guard let manager = try checked(manager) else { return nil }
        return try listen(manager, in: root.open(id).descriptor)
    }

    private static func listen(
        _ manager: String, in directory: borrowing OwnedDescriptor
    ) throws(SyscallError) -> Readiness? {
        let own: OwnedDescriptor
        do throws(SyscallError) {
            own = try directory.open(directoryName, [.pathOnly, .directory, .noFollow])
        } catch {
            guard error.code == .noSuchFile else { throw error }
            return nil
        }
        do throws(SyscallError) {
            // Of a start that was killed.
            try own.removeFile(socketName)
        } catch {
            guard error.code == .noSuchFile else { throw error }
        }
        // The directory can be reached only through the container's mount; there any user may be the service's.
        let socket = try UnixSocket.receiver(in: own, name: socketName, mode: 0o777, nonBlocking: true)
        return Readiness(socket: socket, manager: manager)
    }

    private init(socket: consuming UnixSocket, manager: String) {
        self.socket = socket
        self.manager = manager
    }

    /// - Throws: `unsupported` for what is no path: sockets of other kinds can be reached from anywhere.
    fileprivate static func checked(_ manager: String?) throws(RuntimeError) -> String? {
        guard let manager, !manager.isEmpty else { return nil }
        guard manager.utf8.first == UInt8(ascii: "/") else {
            throw RuntimeError(.unsupported, "NOTIFY_SOCKET \(manager): only the path of a socket is supported")
        }
        return manager
    }

    /// Readable once something was said.
    package var descriptor: CInt { socket.descriptor.raw }

    /// Reads what was said.
    ///
    /// - Returns: Whether the program is ready.
    package func hears() throws(SyscallError) -> Bool {
        // A program that never stops talking must not keep the caller from anything else.
        for _ in 0..<64 {
            do throws(SyscallError) {
                // Descriptors that come along are closed.
                let message = try socket.receive(upTo: Self.longestMessage).bytes
                if message.split(separator: UInt8(ascii: "\n")).contains(where: { $0.elementsEqual("READY=1".utf8) }) {
                    return true
                }
            } catch  where error.code == .again {
                return false
            }
        }
        return false
    }

    /// Tells the service manager that the service is ready and which process is its main one.
    package func tell(mainProcess pid: Int32) throws(RuntimeError) {
        try attempting("NOTIFY_SOCKET \(manager)") { () throws(SyscallError) in
            try UnixSocket.connect(to: manager, kind: .datagram).sendAll(Array("READY=1\nMAINPID=\(pid)".utf8))
        }
    }

    /// Waits until the program is ready, or has ended, and tells the service manager.
    package func wait(for pid: Int32, _ pidfd: borrowing OwnedDescriptor) throws {
        while true {
            let ready = try pollReady([(descriptor, .readable), (pidfd.raw, .readable)], nil)
            if try hears() { return try tell(mainProcess: pid) }
            if ready.contains(where: { $0.index == 1 }) { return }
        }
    }
}

extension Readiness {
    /// Adds to a config what the container needs to say that it is ready.
    static func add(to config: inout RuntimeConfig, _ manager: String?, _ root: StateRoot, _ id: ContainerID) throws {
        guard try checked(manager) != nil, var process = config.process else { return }
        process.env = process.env.filter { !$0.hasPrefix("NOTIFY_SOCKET=") } + ["NOTIFY_SOCKET=\(place)/\(socketName)"]
        config.process = process
        config.mounts.append(
            RuntimeConfig.Mount(
                destination: place, type: "bind", source: "\(root.path)/\(id)/\(directoryName)",
                options: ["bind", "nosuid", "noexec", "nodev", "ro"]))
    }
}

extension ContainerDirectory {
    /// Makes the directory that is mounted, if there is a service manager.
    borrowing func prepareReadiness(_ manager: String?) throws {
        guard try Readiness.checked(manager) != nil else { return }
        try descriptor.makeDirectory(Readiness.directoryName, mode: 0o755)
        // Whatever the file creation mask is: the container's users must get through.
        try descriptor.open(Readiness.directoryName, [.read, .directory, .noFollow]).setPermissions(0o755)
    }
}
