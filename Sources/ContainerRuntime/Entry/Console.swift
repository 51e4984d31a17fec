internal import LinuxKernel
internal import OCISpec

/// The terminal of a process in a container.
enum Console {
    /// Makes a pseudo-terminal of the container's own devpts, makes its peer this process's standard streams and
    /// controlling terminal, and sends the controller to the engine.
    ///
    /// - Parameters:
    ///   - directory: The container's root.
    ///   - socket: Where the controller goes.
    ///   - isFirstProcess: Whether the peer shall be `/dev/console`, too.
    ///
    /// SECURITY.md rule 4; CVE-2025-52565: the peer comes from the controller, never from a path.
    static func set(
        up root: borrowing ContainerRoot, socket: borrowing UnixSocket, size: RuntimeConfig.Process.ConsoleSize?,
        owner: UInt32, isFirstProcess: Bool
    ) throws(RuntimeError) {
        try attempting("console") { () throws(SyscallError) in
            let terminal = try open(in: root)
            if let size, let rows = UInt16(exactly: size.height), let columns = UInt16(exactly: size.width) {
                try terminal.controller.setWindowSize(WindowSize(rows: rows, columns: columns))
            }
            try terminal.peer.setOwner(uid: owner, gid: .max)
            if isFirstProcess { try mountConsole(terminal.peer, in: root) }
            let name = Array("/dev/pts/\(terminal.number)".utf8)
            try socket.send(name, descriptor: terminal.controller)
            try terminal.peer.becomeControllingTerminal()
            for number in Int32(0)...2 { try makeStandardStream(number, of: terminal.peer) }
        }
    }

    private static func open(in root: borrowing ContainerRoot) throws(SyscallError) -> PseudoTerminal {
        if let directory = try root.existing("/dev/pts"), try directory.fileSystemType() == .devpts {
            return try PseudoTerminal(devpts: directory)
        }
        // Without one the terminal is of an instance of its own: what lies at /dev/ptmx is the image's, or the container's.
        let own = try DetachedMount.fileSystem(
            "devpts", source: "devpts", options: ["ptmxmode=0666", "mode=0620"], attributes: [.noSetUID, .noExec])
        return try PseudoTerminal(devpts: own.root)
    }

    private static func mountConsole(
        _ peer: borrowing OwnedDescriptor, in root: borrowing ContainerRoot
    ) throws(SyscallError) {
        // In /dev itself, so that no link that an image put there is followed.
        let directory = try root.realDirectory("/dev")
        let place: OwnedDescriptor
        do throws(SyscallError) {
            place = try directory.open("console", [.create, .exclusive, .write, .noFollow], mode: 0o600)
        } catch  where error.code == .fileExists {
            place = try directory.open("console", [.pathOnly, .noFollow])
            guard try !place.status().isSymbolicLink else { throw error }
        }
        try DetachedMount.copy(of: peer, recursive: false, subject: "/dev/console").attach(
            to: place, subject: "/dev/console")
    }
}

extension UnixSocket {
    /// The socket that the console's controller is to be sent over, if a terminal is wanted.
    ///
    /// - Parameters:
    ///   - path: Where to connect to.
    ///   - number: A connected descriptor of the caller's, which stays the caller's.
    static func console(wanted: Bool, path: String?, number: Int32?) throws(RuntimeError) -> UnixSocket? {
        guard wanted else { return nil }
        if let number {
            return try attempting("console descriptor \(number)") { () throws(SyscallError) in
                UnixSocket(adopting: try duplicateDescriptor(number))
            }
        }
        guard let path else {
            throw RuntimeError(.invalidInput, "process.terminal is set: give a --console-socket, or no terminal")
        }
        return try attempting("console socket \(path)") { () throws(SyscallError) in try UnixSocket.connect(to: path) }
    }
}
