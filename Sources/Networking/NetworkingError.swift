package import LinuxKernel
package import Netlink

/// What networks could not do.
package enum NetworkingError: Error, Equatable, CustomStringConvertible {
    /// The request is wrong.
    case invalid(String)
    /// Somebody else has what was asked for.
    case conflict(String)
    case netlink(String, NetlinkError)
    case system(String, SyscallError)

    package var description: String {
        switch self {
        case .invalid(let text), .conflict(let text): text
        case .netlink(let doing, let error): "\(doing): \(error)"
        case .system(let doing, let error): "\(doing): \(error)"
        }
    }
}

func netlink<Value>(_ doing: @autoclosure () -> String, _ body: () throws(NetlinkError) -> Value)
    throws(NetworkingError) -> Value
{
    do { return try body() } catch { throw .netlink(doing(), error) }
}

func system<Value>(_ doing: @autoclosure () -> String, _ body: () throws(SyscallError) -> Value)
    throws(NetworkingError) -> Value
{
    do { return try body() } catch { throw .system(doing(), error) }
}
