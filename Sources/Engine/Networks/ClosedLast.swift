internal import LinuxKernel
internal import Synchronization

/// Sockets of the packet rules that are done with, but take their time to close (`RuleSocket.intoDescriptor`): they stay open until the
/// process ends, so that nothing else waits for them, and many wait once.
final class ClosedLast: Sendable {
    private let numbers = Mutex<[Int32]>([])
    /// How many stay open at most.
    private static let most = 64

    func add(_ socket: consuming OwnedDescriptor) {
        let number = socket.release()
        let surplus = numbers.withLock { numbers in
            numbers.append(number)
            return numbers.count > Self.most ? numbers.removeFirst() : nil
        }
        if let surplus { _ = OwnedDescriptor(adopting: surplus) }
    }
}
