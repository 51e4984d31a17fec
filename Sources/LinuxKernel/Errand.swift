internal import CLinux

/// A process that does for this one what the kernel takes long to come back from, and that nobody need wait for.
///
/// It shares this process's memory, so that it costs nothing to make, sends at most one request, keeps a few descriptors open until
/// then, and ends. It stays a child of this process, of which waiting for any child (wait(2)) does not hear. Source: clone(2).
public struct Errand: Sendable {
    private let made: Made

    /// The pointer is the kernel's business until the process has ended, and nobody looks behind it.
    private struct Made: @unchecked Sendable { var errand: clinux_errand }

    /// Sends a request to the kernel on a netlink socket.
    ///
    /// - Throws: `EAGAIN` at a limit of processes, `ENOMEM`.
    public init(sending bytes: [UInt8], on socket: borrowing OwnedDescriptor) throws(SyscallError) {
        try self.init(socket.raw, bytes, keeping: [])
    }

    /// Closes descriptors: they are open there until all else that it has of this process is closed. Here they may be closed at once.
    ///
    /// - Throws: As `init(sending:on:)`.
    public init(closing descriptors: [Int32]) throws(SyscallError) { try self.init(-1, [], keeping: descriptors) }

    private init(_ socket: Int32, _ bytes: [UInt8], keeping kept: [Int32]) throws(SyscallError) {
        var errand = clinux_errand()
        try kernel("clone", "a process for an errand") {
            clinux_errand_start(&errand, socket, bytes, bytes.count, kept, kept.count)
        }
        made = Made(errand: errand)
    }

    /// Whether it has ended; once it has, it is not asked again.
    public func hasEnded() -> Bool {
        var errand = made.errand
        return clinux_errand_end(&errand) != 0
    }
}
