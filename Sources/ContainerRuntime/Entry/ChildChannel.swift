internal import LinuxKernel

/// What a process on its way into a container says to the runtime that made it.
enum ChildMessage: Equatable {
    /// Mounts are made and the host's root is still there: time for `prestart` and `createRuntime` hooks.
    case mounted
    /// All that can be done before `start` is done.
    case ready
    /// The filter's listener will be this descriptor of the child's.
    case listener(Int32)
    case failed(RuntimeError)
}

/// What the runtime says to a process on its way into a container.
enum ParentMessage: UInt8 {
    /// What the child waited for is done.
    case proceed = 1
    case start = 2
}

/// The socket between the runtime and a process that it makes. It closes on exec, which is how the runtime learns that
/// exec succeeded. One message a packet: docs/protocols/init.md.
struct ChildChannel: ~Copyable {
    let socket: UnixSocket

    /// A pair of connected ends.
    static func pair() throws(SyscallError) -> UnixSocketPair { try UnixSocketPair(.packets) }

    // MARK: the child's side

    borrowing func tell(_ message: ChildMessage) throws(SyscallError) {
        let bytes: [UInt8] =
            switch message {
            case .mounted: [1]
            case .ready: [2]
            case .listener(let number): [3] + withUnsafeBytes(of: number.littleEndian) { Array($0) }
            case .failed(let error): [4, error.kind.rawValue] + error.message.utf8.prefix(Self.longestMessage)
            }
        try socket.sendAll(bytes)
    }

    /// Waits for the parent; `nil` if it has ended.
    borrowing func hear() throws(SyscallError) -> ParentMessage? {
        let message = try socket.receive(upTo: 1)
        return message.bytes.first.flatMap { ParentMessage(rawValue: $0) }
    }

    // MARK: the parent's side

    borrowing func tell(_ message: ParentMessage) throws(SyscallError) { try socket.sendAll([message.rawValue]) }

    /// Waits for the child; `nil` once it has executed its program, or ended.
    borrowing func hearChild() throws(SyscallError) -> ChildMessage? {
        let bytes = try receiveFromChild()
        switch bytes.first {
        case 1: return .mounted
        case 2: return .ready
        case 3 where bytes.count == 5:
            return .listener(bytes.dropFirst().reversed().reduce(Int32(0)) { $0 << 8 | Int32($1) })
        case 4 where bytes.count >= 2:
            return .failed(
                RuntimeError(
                    RuntimeError.Kind(rawValue: bytes[1]) ?? .fault, String(decoding: bytes.dropFirst(2), as: UTF8.self)
                ))
        default: return nil
        }
    }

    /// What a child said before its end comes after the news that it left something of ours unread (unix(7)).
    private borrowing func receiveFromChild() throws(SyscallError) -> [UInt8] {
        do throws(SyscallError) {
            return try socket.receive(upTo: Self.longestMessage + 2).bytes
        } catch {
            guard error.code == .connectionReset else { throw error }
            return try socket.receive(upTo: Self.longestMessage + 2).bytes
        }
    }

    private static let longestMessage = 4096
}
