/// The name of a kernel parameter that belongs to a namespace, so that a container can have its own value.
///
/// Written with dots (`net.ipv4.ip_forward`) or slashes; whichever comes first separates, and the other one then stands
/// for itself, as in sysctl(8): `net.ipv4.conf.eth0/100.forwarding` and `net/ipv4/conf/eth0.100/forwarding` are the
/// same.
public struct SysctlKey: Equatable, Sendable {
    /// Below `/proc/sys`, relative: no component is empty, `.` or `..`.
    public let path: String
    /// The namespace that the parameter belongs to.
    public let namespace: RuntimeConfig.Linux.Namespace.Kind

    /// - Throws: ``SpecError/field(path:problem:)`` with an empty path if the text is not the name of a parameter, or
    ///   of one that is shared with the host.
    public init(_ text: String) throws(SpecError) {
        let dot = UInt8(ascii: ".")
        let slash = UInt8(ascii: "/")
        var bytes = Array(text.utf8)
        if bytes.first(where: { $0 == dot || $0 == slash }) == dot {
            for index in bytes.indices where bytes[index] == dot || bytes[index] == slash {
                bytes[index] ^= dot ^ slash
            }
        }
        guard Self.isRelativePath(bytes) else { throw .field(path: "", problem: "not the name of a kernel parameter") }
        path = String(decoding: bytes, as: UTF8.self)
        guard let namespace = Self.namespace(of: path) else {
            throw .field(path: "", problem: "shared with the host, not part of a namespace")
        }
        self.namespace = namespace
    }

    /// Whether no component is empty, `.` or `..`, and all is visible ASCII.
    private static func isRelativePath(_ bytes: [UInt8]) -> Bool {
        var length = 0
        var dots = 0
        for byte in bytes {
            if byte == UInt8(ascii: "/") {
                guard length > 0, dots < length || length > 2 else { return false }
                length = 0
                dots = 0
            } else {
                guard byte > 0x20, byte < 0x7F else { return false }
                length += 1
                if byte == UInt8(ascii: ".") { dots += 1 }
            }
        }
        return length > 0 && (dots < length || length > 2)
    }

    private static func namespace(of path: String) -> RuntimeConfig.Linux.Namespace.Kind? {
        switch path {
        case "kernel/msgmax", "kernel/msgmnb", "kernel/msgmni", "kernel/sem", "kernel/shmall", "kernel/shmmax",
            "kernel/shmmni", "kernel/shm_rmid_forced":
            .ipc
        case "kernel/hostname", "kernel/domainname": .uts
        case _ where path.utf8.starts(with: "fs/mqueue/".utf8): .ipc
        case _ where path.utf8.starts(with: "net/".utf8): .network
        case _ where path.utf8.starts(with: "user/".utf8): .user
        default: nil
        }
    }
}

extension RuntimeConfig {
    func validateSysctls() throws(SpecError) {
        guard let linux else { return }
        try OCISpec.validate("linux.sysctl", linux.sysctl) { (name, value) throws(SpecError) in
            let key = try SysctlKey(name)
            try requireText(value, "")
            try require(
                linux.namespace(key.namespace) != nil, "",
                "needs a namespace of the type \(key.namespace.rawValue) in linux.namespaces")
            try require(key.path != "kernel/hostname", "", "use the field hostname")
            try require(
                key.path != "kernel/domainname" || domainname == nil || domainname == value, "",
                "differs from the field domainname")
        }
    }
}
