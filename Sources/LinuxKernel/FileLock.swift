internal import CLinux
internal import Glibc

/// A held flock(2), given up when its owner lets go or dies.
public struct FileLock: ~Copyable, Sendable {
    /// The locked file.
    public let descriptor: OwnedDescriptor

    /// Whether others may hold the lock at the same time.
    public enum Mode: Sendable {
        /// `LOCK_EX`
        case exclusive
        /// `LOCK_SH`
        case shared
    }

    /// Locks the open file, waiting for other holders. A directory can be locked, too.
    public init(_ file: consuming OwnedDescriptor, _ mode: Mode = .exclusive) throws(SyscallError) {
        let raw = file.raw
        try kernel("flock", "descriptor \(raw)") { clinux_flock(raw, mode == .exclusive ? LOCK_EX : LOCK_SH) }
        descriptor = file
    }

    /// Locks the open file at once.
    ///
    /// - Returns: `nil` if another holder is in the way; the file is then closed.
    public static func attempt(
        _ file: consuming OwnedDescriptor, _ mode: Mode = .exclusive
    ) throws(SyscallError) -> FileLock? {
        let raw = file.raw
        do throws(SyscallError) {
            try kernel("flock", "descriptor \(raw)") {
                clinux_flock(raw, LOCK_NB | (mode == .exclusive ? LOCK_EX : LOCK_SH))
            }
        } catch  where error.code == .again {
            return nil
        }
        return FileLock(held: file)
    }

    /// Unlocks now, so that duplicates of the descriptor hold nothing either, those of other processes included.
    public borrowing func release() throws(SyscallError) {
        let raw = descriptor.raw
        try kernel("flock", "unlock \(raw)") { clinux_flock(raw, LOCK_UN) }
    }

    private init(held file: consuming OwnedDescriptor) { descriptor = file }

    /// Unlocks now, so that duplicates of the descriptor hold nothing either, and keeps the file open.
    public consuming func unlock() throws(SyscallError) -> OwnedDescriptor {
        try release()
        return descriptor
    }
}
