internal import LinuxKernel
internal import Seccomp

/// Names of calls by number, for each kind of program that this machine executes: 32-bit ones have numbers of their own.
struct CallTables: Sendable {
    private let tables: [UInt32: [UInt64: String]]
    /// The kernel's `AUDIT_ARCH_…` of this machine's own programs.
    let native: UInt32?
    private let names: [UInt32: [String]]

    init() {
        native = Architecture.native.flatMap { CallData("read", on: $0)?.architecture }
        let kinds: [Architecture] =
            switch Architecture.native {
            case .x86_64: [.x86_64, .x32, .x86]
            case .aarch64: [.aarch64, .arm]
            case let other?: [other]
            case nil: []
            }
        var (tables, names): ([UInt32: [UInt64: String]], [UInt32: [String]]) = ([:], [:])
        for kind in kinds {
            guard let token = CallData("read", on: kind)?.architecture else { continue }
            for call in Syscall.all(on: kind) { tables[token, default: [:]][UInt64(call.number)] = call.name }
            // x32 has the token of x86-64, and is no kind of its own here.
            if kind != .x32 { names[token] = [kind.specName] }
        }
        (self.tables, self.names) = (tables, names)
    }

    func name(_ number: UInt64, _ architecture: UInt32) -> String? { tables[architecture]?[number] }

    /// As a profile names it, such as `SCMP_ARCH_X86`.
    func profileName(_ architecture: UInt32) -> String? { names[architecture]?.first }

    /// Whether a program of this kind has pointers of four bytes.
    func isNarrow(_ architecture: UInt32) -> Bool { architecture & 0x8000_0000 == 0 }

    /// The name under which 64-bit machines have the same call.
    static func plain(_ name: String) -> String {
        switch name {
        case "mmap2": return "mmap"
        case "umount": return "umount2"
        case "fstatat64": return "newfstatat"
        case "_llseek": return "lseek"
        case "ugetrlimit": return "getrlimit"
        case "clock_settime64", "clock_adjtime64": return String(name.dropLast(2))
        default: break
        }
        let longer = [
            "truncate64", "ftruncate64", "stat64", "lstat64", "fstat64", "statfs64", "fcntl64", "utimensat_time64",
            "chown32", "lchown32", "fchown32", "setuid32", "setgid32", "setreuid32", "setregid32", "setresuid32",
            "setresgid32", "setfsuid32", "setfsgid32", "setgroups32",
        ]
        guard longer.contains(name) else { return name }
        return name == "utimensat_time64" ? "utimensat" : String(name.dropLast(2))
    }

    /// The call behind socketcall(2) of i386, and its arguments, which lie in the process's memory.
    static func socketCall(_ number: UInt64, _ words: [UInt8]) -> (name: String, arguments: [UInt64])? {
        let names = [
            "", "socket", "bind", "connect", "listen", "accept", "getsockname", "getpeername", "socketpair", "send",
            "recv", "sendto", "recvfrom", "shutdown", "setsockopt", "getsockopt", "sendmsg", "recvmsg", "accept4",
            "recvmmsg", "sendmmsg",
        ]
        guard number > 0, number < UInt64(names.count) else { return nil }
        let arguments = stride(from: 0, to: words.count - words.count % 4, by: 4).map { at in
            (0..<4).reduce(UInt64(0)) { $0 | UInt64(words[at + $1]) << UInt64(8 * $1) }
        }
        return (names[Int(number)], arguments + Array(repeating: 0, count: max(0, 6 - arguments.count)))
    }
}
