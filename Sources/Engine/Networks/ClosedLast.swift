internal import LinuxKernel
internal import Networking
internal import Synchronization

/// Sockets of the packet rules that are done with, but take their time to close (`RuleSocket.intoDescriptor`): they stay open until this
/// process ends, so that nothing else waits for them and many wait once, and then another process does.
enum ClosedLast {
    private static let numbers = Mutex<[Int32]>([])
    /// How many stay open at most.
    private static let most = 64

    static func add(_ socket: consuming OwnedDescriptor) {
        let number = socket.release()
        let (surplus, isFirst) = numbers.withLock { numbers in
            numbers.append(number)
            return (numbers.count > most ? numbers.removeFirst() : nil, numbers.count == 1)
        }
        if let surplus { _ = OwnedDescriptor(adopting: surplus) }
        if isFirst { atEndOfProcess { ClosedLast.leave() } }
    }

    /// Leaves them to an errand. Where none can be made, the kernel closes them as it does all others.
    private static func leave() {
        let rest = numbers.withLock { $0 }
        if let errand = try? Errand(closing: rest) { Errands.keep(errand) }
    }
}
