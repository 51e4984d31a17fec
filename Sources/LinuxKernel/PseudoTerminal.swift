internal import CLinux
internal import Glibc

/// Rows and columns of a terminal.
public struct WindowSize: Equatable, Sendable {
    /// Lines of text.
    public var rows: UInt16
    /// Characters in a line.
    public var columns: UInt16

    /// A size in characters; 0 in both means that nobody has said one.
    public init(rows: UInt16, columns: UInt16) {
        self.rows = rows
        self.columns = columns
    }
}

/// A pseudo-terminal: the side that a program of ours keeps and the side that a container's process sees.
@frozen public struct PseudoTerminal: ~Copyable, Sendable {
    /// Our side. What is written here is typed input; what is read here is the program's output.
    public var controller: OwnedDescriptor
    /// The side of the process: its standard input, output and error.
    public var peer: OwnedDescriptor
    /// The peer's name in its devpts instance, as a number: `/dev/pts/NUMBER`.
    public let number: UInt32

    /// Makes a pseudo-terminal of the host's devpts.
    public init() throws(SyscallError) {
        try self.init(adopting: OwnedDescriptor(open: "/dev/ptmx", [.readWrite, .noControllingTerminal]))
    }

    /// Makes a pseudo-terminal of a devpts instance of our own.
    ///
    /// - Parameter devpts: Its root. That it is one is proved by its magic number, so that nothing that an image put in
    ///   the place can pass for it.
    /// - Throws: `EINVAL` if the directory is no devpts; as open(2).
    public init(devpts: borrowing OwnedDescriptor) throws(SyscallError) {
        guard try devpts.fileSystemType() == .devpts else {
            throw SyscallError(call: "open", subject: "ptmx", code: .invalidArgument)
        }
        try self.init(adopting: devpts.open("ptmx", [.readWrite, .noControllingTerminal, .noFollow]))
    }

    private init(adopting controller: consuming OwnedDescriptor) throws(SyscallError) {
        let status = try controller.status()
        // Character device 5:2 is the only file on which the requests below mean what is meant here.
        guard status.isCharacterDevice,
            DeviceNumber(raw: status.specialDevice)
                == DeviceNumber(major: UInt32(CLINUX_PTMX_MAJOR), minor: UInt32(CLINUX_PTMX_MINOR))
        else { throw SyscallError(call: "open", subject: "ptmx", code: .noDevice) }
        let own = controller.raw
        var locked: CInt = 0
        var number: CUnsignedInt = 0
        try kernel("ioctl", "TIOCSPTLCK") { clinux_ioctl_pointer(own, CLINUX_TIOCSPTLCK, &locked) }
        try kernel("ioctl", "TIOCGPTN") { clinux_ioctl_pointer(own, CLINUX_TIOCGPTN, &number) }
        // Opened from the controller and never by path: a path below /dev/pts is the container's to shape.
        let opened = try kernel("ioctl", "TIOCGPTPEER") {
            clinux_ioctl(own, CLINUX_TIOCGPTPEER, Int(O_RDWR | O_NOCTTY | O_CLOEXEC))
        }
        self.controller = controller
        self.peer = OwnedDescriptor(adopting: opened)
        self.number = number
    }

    /// Closes the peer and keeps the controller, once the process has its own copies.
    public consuming func keepController() -> OwnedDescriptor { controller }
}

extension OwnedDescriptor {
    /// Opens the other side of the pseudo-terminal whose controller this is, in whatever devpts it is.
    ///
    /// - Throws: `ENOTTY` if it is no controller. Source: ioctl_tty(2), `TIOCGPTPEER`, Linux 4.13.
    public borrowing func openTerminalPeer() throws(SyscallError) -> OwnedDescriptor {
        let own = raw
        return OwnedDescriptor(
            adopting: try kernel("ioctl", "TIOCGPTPEER") {
                clinux_ioctl(own, CLINUX_TIOCGPTPEER, Int(O_RDWR | O_NOCTTY | O_CLOEXEC))
            })
    }

    /// Whether this is a terminal.
    public borrowing func isTerminal() -> Bool {
        var settings = termios()
        return tcgetattr(raw, &settings) == 0
    }

    /// The terminal's size.
    ///
    /// - Throws: `ENOTTY` if it is none.
    public borrowing func windowSize() throws(SyscallError) -> WindowSize {
        var size = winsize()
        let own = raw
        try kernel("ioctl", "TIOCGWINSZ") { clinux_ioctl_pointer(own, CLINUX_TIOCGWINSZ, &size) }
        return WindowSize(rows: size.ws_row, columns: size.ws_col)
    }

    /// Changes the terminal's size; its foreground processes get `SIGWINCH`.
    public borrowing func setWindowSize(_ size: WindowSize) throws(SyscallError) {
        var value = winsize(ws_row: size.rows, ws_col: size.columns, ws_xpixel: 0, ws_ypixel: 0)
        let own = raw
        try kernel("ioctl", "TIOCSWINSZ") { clinux_ioctl_pointer(own, CLINUX_TIOCSWINSZ, &value) }
    }

    /// Makes this terminal the controlling one of the caller's session, which the caller leads and which has none.
    public borrowing func becomeControllingTerminal() throws(SyscallError) {
        let own = raw
        try kernel("ioctl", "TIOCSCTTY") { clinux_ioctl(own, CLINUX_TIOCSCTTY, 0) }
    }

    /// How the terminal treats input and output now.
    public borrowing func terminalSettings() throws(SyscallError) -> TerminalSettings {
        var settings = termios()
        let own = raw
        try kernel("tcgetattr", "descriptor \(own)") { tcgetattr(own, &settings) }
        return TerminalSettings(value: settings)
    }

    /// Changes how the terminal treats input and output, after pending output has gone.
    public borrowing func setTerminalSettings(_ settings: TerminalSettings) throws(SyscallError) {
        var value = settings.value
        let own = raw
        try kernel("tcsetattr", "descriptor \(own)") { tcsetattr(own, TCSADRAIN, &value) }
    }
}

/// How a terminal treats input and output: termios(3). Kept to restore what was before raw mode.
public struct TerminalSettings: Sendable {
    fileprivate var value: termios

    /// These settings with every byte passed on as it comes: no echo, no lines, no signals, no translation.
    public var raw: TerminalSettings {
        var result = self
        cfmakeraw(&result.value)
        return result
    }

    /// These settings with a line feed in the output left alone, as runtimes set a container's new terminal up.
    public var withoutCarriageReturns: TerminalSettings {
        var result = self
        result.value.c_oflag &= ~tcflag_t(ONLCR)
        return result
    }
}
