internal import CLinux
internal import Glibc

/// The kernel's answer to a failed call.
///
/// The library has its own type because `brig-runtime` links nothing but the Swift standard library.
/// Source: errno(3).
public struct Errno: Error, Hashable, Sendable, CustomStringConvertible {
    /// The number as the C library has it, such as 2 for `ENOENT`.
    public let rawValue: Int32

    /// Names the error with this number.
    public init(rawValue: Int32) { self.rawValue = rawValue }

    /// What the last failed call of this thread said. Read at once: any later call may change it.
    package static var current: Errno { Errno(rawValue: clinux_errno()) }

    /// The C library's sentence without a capital, such as `no such file or directory`.
    public var description: String {
        let text = strerror(rawValue).map { String(cString: $0) } ?? "error \(rawValue)"
        // Names such as "RFS specific error" and "I/O error" keep their capitals.
        guard let first = text.first, text.dropFirst().first?.isLowercase == true else { return text }
        return first.lowercased() + text.dropFirst()
    }
}

extension Errno {
    /// `EPERM`
    public static let notPermitted = Errno(rawValue: EPERM)
    /// `ENOENT`
    public static let noSuchFile = Errno(rawValue: ENOENT)
    /// `ESRCH`
    public static let noSuchProcess = Errno(rawValue: ESRCH)
    /// `EINTR`
    public static let interrupted = Errno(rawValue: EINTR)
    /// `EIO`
    public static let inputOutput = Errno(rawValue: EIO)
    /// `ENXIO`
    public static let noSuchDeviceOrAddress = Errno(rawValue: ENXIO)
    /// `ENOEXEC`
    public static let execFormat = Errno(rawValue: ENOEXEC)
    /// `EBADF`
    public static let badDescriptor = Errno(rawValue: EBADF)
    /// `ECHILD`
    public static let noChild = Errno(rawValue: ECHILD)
    /// `EAGAIN`
    public static let again = Errno(rawValue: EAGAIN)
    /// `ENOMEM`
    public static let noMemory = Errno(rawValue: ENOMEM)
    /// `EACCES`
    public static let accessDenied = Errno(rawValue: EACCES)
    /// `EFAULT`
    public static let badAddress = Errno(rawValue: EFAULT)
    /// `EBUSY`
    public static let busy = Errno(rawValue: EBUSY)
    /// `EEXIST`
    public static let fileExists = Errno(rawValue: EEXIST)
    /// `EXDEV`
    public static let crossDevice = Errno(rawValue: EXDEV)
    /// `ENODEV`
    public static let noDevice = Errno(rawValue: ENODEV)
    /// `ENOTDIR`
    public static let notDirectory = Errno(rawValue: ENOTDIR)
    /// `EISDIR`
    public static let isDirectory = Errno(rawValue: EISDIR)
    /// `EINVAL`
    public static let invalidArgument = Errno(rawValue: EINVAL)
    /// `ETXTBSY`
    public static let textBusy = Errno(rawValue: ETXTBSY)
    /// `EFBIG`
    public static let fileTooLarge = Errno(rawValue: EFBIG)
    /// `ENOSPC`
    public static let noSpace = Errno(rawValue: ENOSPC)
    /// `EROFS`
    public static let readOnlyFileSystem = Errno(rawValue: EROFS)
    /// `EPIPE`
    public static let brokenPipe = Errno(rawValue: EPIPE)
    /// `ERANGE`
    public static let outOfRange = Errno(rawValue: ERANGE)
    /// `ENAMETOOLONG`
    public static let nameTooLong = Errno(rawValue: ENAMETOOLONG)
    /// `ENOSYS`
    public static let noSuchCall = Errno(rawValue: ENOSYS)
    /// `ENOTEMPTY`
    public static let directoryNotEmpty = Errno(rawValue: ENOTEMPTY)
    /// `ELOOP`
    public static let tooManyLinks = Errno(rawValue: ELOOP)
    /// `ENODATA`
    public static let noData = Errno(rawValue: ENODATA)
    /// `EOVERFLOW`
    public static let overflow = Errno(rawValue: EOVERFLOW)
    /// `EOPNOTSUPP`
    public static let notSupported = Errno(rawValue: EOPNOTSUPP)
    /// `EADDRINUSE`
    public static let addressInUse = Errno(rawValue: EADDRINUSE)
    /// `ECONNREFUSED`
    public static let connectionRefused = Errno(rawValue: ECONNREFUSED)
    /// `ECONNRESET`
    public static let connectionReset = Errno(rawValue: ECONNRESET)
    /// `ETIMEDOUT`
    public static let timedOut = Errno(rawValue: ETIMEDOUT)
}
