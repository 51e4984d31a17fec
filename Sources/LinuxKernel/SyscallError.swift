internal import CLinux

/// A failed system call: which one, on what, and the kernel's answer.
public struct SyscallError: Error, Equatable, CustomStringConvertible {
    /// The call's name as in its man page, such as `openat2`.
    public let call: String
    /// What it was tried on: a path, a process, a limit with its value.
    public let subject: String
    /// The kernel's answer.
    public let code: Errno

    /// Describes a failure that code above the calls has found itself.
    public init(call: String, subject: String, code: Errno) {
        self.call = call
        self.subject = subject
        self.code = code
    }

    /// One line, such as `openat2 /etc/passwd: no such file or directory`.
    public var description: String { "\(call) \(subject): \(reason)" }

    /// The kernel's answer in words, for messages that say by themselves what was tried. A call that the kernel has not
    /// got is named.
    public var reason: String {
        guard code == .noSuchCall else { return code.description }
        let release = (try? SystemName().release) ?? "of an unknown version"
        return "this kernel (\(release)) has no \(call), or a filter hides it; Linux "
            + "\(SystemName.oldestKernel.major).\(SystemName.oldestKernel.minor) or newer is needed"
    }
}

/// Calls the kernel, again after `EINTR` (so not for `close`, which must not be repeated), and turns -1 into an error
/// before anything else can change `errno`.
@discardableResult
package func kernel<Value: FixedWidthInteger & SignedInteger>(
    _ call: StaticString, _ subject: @autoclosure () -> String, _ body: () -> Value
) throws(SyscallError) -> Value {
    while true {
        let value = body()
        guard value == -1 else { return value }
        let code = Errno.current
        if code == .interrupted { continue }
        throw SyscallError(call: "\(call)", subject: subject(), code: code)
    }
}
