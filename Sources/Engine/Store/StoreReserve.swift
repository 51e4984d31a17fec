internal import LinuxKernel

/// A piece of the disk that the store keeps for the day when there is no other.
///
/// To stop a container, or to remove something, a few pages of the store must be written, also on a full disk: it is how room
/// is made. So a file of that size lies beside the store, and a part of it is given up for such a write. The next command
/// that finds room makes it whole again.
struct StoreReserve: Sendable {
    let path: String

    /// In bytes.
    static let size: Int64 = 1 << 20
    /// What is given up at once: enough for one command.
    static let part: Int64 = 128 << 10

    /// Makes the file as large as it should be, if the disk has the room.
    func fill() {
        do throws(SyscallError) {
            let file = try OwnedDescriptor(open: path, [.write, .create, .noFollow], mode: 0o600)
            let before = try file.status().size
            guard before < Self.size else { return }
            do throws(SyscallError) {
                try file.allocate(Self.size)
            } catch {
                try file.truncate(to: before)
            }
        } catch {
            // A disk that is full, or read-only, has none: what needs it fails then, and says why.
        }
    }

    /// Gives up a part if the disk is full.
    func giveUpIfNeeded() {
        do throws(SyscallError) {
            let file = try OwnedDescriptor(open: path, [.write, .noFollow])
            let left = try file.status().size
            guard left > 0, try file.availableBytes() < Self.part else { return }
            try file.truncate(to: max(0, left - Self.part))
        } catch {
            // Where nobody can say how full the disk is, the write itself will.
        }
    }
}
