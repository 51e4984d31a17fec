import LinuxKernel

/// Where a container's cgroup lies, as a bundle or a command line says it: checked once, here.
///
/// An absolute path starts at the root of each hierarchy's mount. A relative one starts where the runtime decides: below
/// its own cgroup on v1, beside it on v2 (`Hierarchy.directory(of:)`).
///
/// Source: runtime-spec, config-linux.md, "Cgroups Path".
public struct CgroupPath: Hashable, Sendable, CustomStringConvertible {
    /// Whether it starts at the root of each hierarchy's mount.
    public let isAbsolute: Bool
    /// Never empty; none is empty, `.` or `..`, none holds a slash or a control character.
    public let components: [String]

    /// Reads a path; doubled and trailing slashes are dropped, as the kernel does.
    ///
    /// - Throws: `CgroupError.invalidPath` for `..` and `.`, control characters, the root itself, a component of more
    ///   than 255 bytes or a path of more than 2048.
    public init(_ text: String) throws(CgroupError) {
        func refuse(_ reason: String) -> CgroupError { .invalidPath(text.printable, reason: reason) }
        guard text.utf8.count <= 2048 else { throw refuse("longer than 2048 bytes") }
        // 0x7f is DEL; a newline would break /proc/PID/cgroup for everybody who reads it.
        guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else { throw refuse("holds a control character") }
        let components = pathComponents(text).map { String($0) }
        guard !components.isEmpty else { throw refuse("names no cgroup below the root") }
        for component in components {
            if component == "." || component == ".." { throw refuse("holds \"\(component)\"") }
            if component.utf8.count > 255 { throw refuse("holds a name longer than 255 bytes") }
        }
        self.isAbsolute = text.utf8.first == UInt8(ascii: "/")
        self.components = components
    }

    /// Without the leading slash, such as `brig/web`.
    var joined: String { joinedPath(components) }

    public var description: String { (isAbsolute ? "/" : "") + joined }
}

extension String {
    /// The text cut to a length that fits a message, with control characters as `?`.
    var printable: String {
        let shown = unicodeScalars.prefix(80).map { $0.value < 0x20 || $0.value == 0x7f ? "?" : Character($0) }
        return String(shown) + (unicodeScalars.count > 80 ? "..." : "")
    }
}
