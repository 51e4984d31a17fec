internal import CLinux
internal import Glibc

/// A moment of a file: when it was changed or read.
public struct FileTime: Hashable, Sendable {
    /// Since 1970-01-01, UTC; before it, negative.
    public let seconds: Int64
    /// Added to `seconds`: 0 to 999,999,999.
    public let nanoseconds: UInt32

    /// A moment; nanoseconds beyond a second are cut to the last one of it.
    public init(seconds: Int64, nanoseconds: UInt32 = 0) {
        self.seconds = seconds
        self.nanoseconds = min(nanoseconds, 999_999_999)
    }

    /// 1970-01-01, which stands for "nobody said when".
    public static let epoch = FileTime(seconds: 0)

    init(_ time: timespec) {
        self.init(seconds: Int64(time.tv_sec), nanoseconds: UInt32(clamping: time.tv_nsec))
    }

    var timespec: timespec { Glibc.timespec(tv_sec: Int(seconds), tv_nsec: Int(nanoseconds)) }
}
