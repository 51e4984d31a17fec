internal import Engine
internal import LinuxKernel
internal import OCISpec
internal import Synchronization

/// What is known of the files of a build context, for all stages of a build: those of which the kernel says that they are
/// what they were are not read again.
final class ContextFiles: Sendable {
    private let session: BuildSession
    private let name: String
    private let device: UInt64
    private let isUsed: Bool
    private let digests: Mutex<ContextDigests>

    /// - Parameters:
    ///   - root: The directory of the context.
    ///   - isUsed: Whether what earlier builds have read counts; what this one reads is remembered all the same.
    /// - Returns: `nil` where the times of changes are not this kernel's own, or nobody can say who writes.
    init?(_ session: BuildSession, root: borrowing OwnedDescriptor, isUsed: Bool) {
        guard let type = try? root.fileSystemType(), Self.types.contains(type.rawValue), let status = try? root.status()
        else { return nil }
        self.session = session
        self.isUsed = isUsed
        device = status.device
        name = "\(String(status.device, radix: 16))-\(String(status.inode, radix: 16))"
        digests = Mutex(session.contextDigests(of: name))
    }

    /// ext2 to ext4, xfs, btrfs, f2fs and bcachefs. Others are a network's or a program's; and in a tmpfs, what is written
    /// through a shared mapping into a page that was read before changes no time.
    private static let types: Set<UInt64> = [0xef53, 0x5846_5342, 0x9123_683e, 0xf2f5_2010, 0xca45_1a4e]

    /// The digest of what a file holds.
    func content(of stamp: FileStamp) -> Digest? {
        guard isUsed, stamp.device == device else { return nil }
        return digests.withLock { $0.content(of: stamp) }
    }

    /// Remembers it; the stamp is one that is settled, from before the file was read.
    func note(_ content: Digest, of stamp: FileStamp) {
        guard stamp.device == device else { return }
        digests.withLock { $0.note(content, of: stamp) }
    }

    /// Keeps what was learned for the next build.
    func keep() { session.keep(digests.withLock { $0 }, of: name) }
}
