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
        let separator = text.utf8.first { $0 == dot || $0 == slash }
        let bytes = text.utf8.map { byte in
            guard separator == dot else { return byte }
            return byte == dot ? slash : byte == slash ? dot : byte
        }
        let components = bytes.split(separator: slash, omittingEmptySubsequences: false)
        guard
            components.allSatisfy({ !$0.isEmpty && !$0.elementsEqual(".".utf8) && !$0.elementsEqual("..".utf8) }),
            bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { throw .field(path: "", problem: "not the name of a kernel parameter") }
        path = String(decoding: bytes, as: UTF8.self)
        guard let namespace = Self.namespace(of: path) else {
            throw .field(path: "", problem: "shared with the host, not part of a namespace")
        }
        self.namespace = namespace
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
        for (name, value) in linux.sysctl {
            let field = "linux.sysctl[\(quoted(name))]"
            let key: SysctlKey
            do {
                key = try SysctlKey(name)
            } catch {
                throw error.inside(field)
            }
            try requireText(value, field)
            try require(
                linux.namespace(key.namespace) != nil, field,
                "needs a namespace of the type \(key.namespace.rawValue) in linux.namespaces")
            try require(key.path != "kernel/hostname", field, "use the field hostname")
            try require(
                key.path != "kernel/domainname" || domainname == nil || domainname == value, field,
                "differs from the field domainname")
        }
    }
}
