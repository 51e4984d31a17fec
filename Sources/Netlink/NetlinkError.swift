public import LinuxKernel

/// A failed netlink request.
public enum NetlinkError: Error, Equatable, CustomStringConvertible {
    /// The kernel said no.
    ///
    /// - request: Such as `set link eth0 up`.
    /// - explanation: The kernel's own sentence, where it has one.
    case refused(request: String, Errno, explanation: String?)
    /// The socket itself failed.
    case socket(SyscallError)
    /// The answer does not have netlink's form.
    case malformed(request: String, String)

    /// A failure, and why what had been done by then could not be undone.
    case notUndone(String, String)

    /// The kernel's number; `EBADMSG` where there is no single one.
    public var code: Errno {
        switch self {
        case .refused(_, let code, _): code
        case .socket(let error): error.code
        case .malformed, .notUndone: Errno(rawValue: 74)
        }
    }

    public var description: String {
        switch self {
        case .refused(let request, let code, let explanation):
            "netlink: \(request): \(code)\(explanation.map { " (\($0))" } ?? "")"
        case .socket(let error): "netlink: \(error)"
        case .malformed(let request, let what): "netlink: \(request): malformed answer (\(what))"
        case .notUndone(let first, let second): "\(first); and this could not be undone: \(second)"
        }
    }
}
