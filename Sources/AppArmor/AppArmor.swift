public import LinuxKernel

/// The kernel's AppArmor, as this host has it. Source: apparmor(7), Documentation/admin-guide/LSM/apparmor.rst.
public enum AppArmor {
    private static let securityDirectory = "/sys/kernel/security/apparmor"

    /// Whether the kernel enforces AppArmor profiles. It does, too, where nothing shows which it has: Podman takes what is
    /// mounted below `/sys/kernel` out of its own sight before it makes a container with a map of users.
    ///
    /// - Throws: What the kernel answers other than that there is no such file.
    public static func isEnforced() throws(SyscallError) -> Bool {
        do throws(SyscallError) {
            return try readFile("/sys/module/apparmor/parameters/enabled", limit: 16).first == UInt8(ascii: "Y")
        } catch  where error.code == .noSuchFile {
            return false
        }
    }

    /// Whether the kernel enforces AppArmor profiles and shows which.
    ///
    /// - Throws: What the kernel answers other than that there is no such file.
    public static func isEnabled() throws(SyscallError) -> Bool {
        guard try isEnforced() else { return false }
        do throws(SyscallError) {
            _ = try OwnedDescriptor(open: securityDirectory, [.pathOnly, .directory])
            return true
        } catch  where error.code == .noSuchFile {
            return false
        }
    }

    /// Has the calling thread change to a profile when it next executes a program.
    ///
    /// - Parameters:
    ///   - profile: `unconfined` included.
    ///   - procfs: The root of a procfs of our own, mounted before anything of the container's could cover it. What is
    ///     opened is proved to lie on a procfs, so that no faked file takes the profile's name in.
    /// - Throws: `AppArmorError.notLoaded` if the kernel has no such profile.
    public static func changeOnExec(
        to profile: ProfileName, procfs: borrowing OwnedDescriptor
    ) throws(AppArmorError) {
        do throws(SyscallError) {
            let attribute = try openAttribute("exec", "thread-self", procfs)
            guard try attribute.fileSystemType() == .proc else {
                throw SyscallError(call: "open", subject: "thread-self/attr/exec", code: .invalidArgument)
            }
            try attribute.write("exec \(profile)")
        } catch {
            throw error.call == "write" && error.code == .noSuchFile ? .notLoaded(profile) : .kernel(error)
        }
    }

    /// The profile that confines a process, and how.
    ///
    /// - Parameter process: A thread group's or a thread's id in the caller's pid namespace.
    public static func label(of process: Int32) throws(SyscallError) -> Confinement {
        let procfs = try OwnedDescriptor(open: "/proc", [.pathOnly, .directory])
        let attribute = try openAttribute("current", "\(process)", procfs, .read)
        return Confinement(parsing: String(decoding: try attribute.readAll(limit: 1 << 16), as: UTF8.self))
    }

    /// Every profile that the kernel has, with its mode.
    ///
    /// - Throws: `ENOENT` without AppArmor, `EACCES` for ordinary users.
    public static func loadedProfiles() throws(SyscallError) -> [Confinement] {
        try readText("\(securityDirectory)/profiles", limit: 16 << 20).split(separator: "\n")
            .map { Confinement(parsing: String($0)) }
    }

    /// Whether the kernel has this profile.
    ///
    /// - Throws: As `loadedProfiles()`.
    public static func isLoaded(_ profile: ProfileName) throws(SyscallError) -> Bool {
        try loadedProfiles().contains { $0.profile == profile.text }
    }

    /// The kernel's digest of a profile as it was loaded; `nil` without such a profile. A kernel that makes no digests
    /// answers with an empty one.
    ///
    /// - Throws: `EACCES` for ordinary users.
    static func digest(of profile: ProfileName) throws(SyscallError) -> String? {
        let all = try OwnedDescriptor(open: "\(securityDirectory)/policy/profiles", [.read, .directory])
        for entry in try all.entries() {
            do throws(SyscallError) {
                // The directory's name is the profile's with other characters and a number.
                let directory = try all.open(entry.name, [.pathOnly, .directory])
                guard try directory.line("name") == profile.text else { continue }
                for name in ["sha256", "sha1"] {
                    if let digest = try directory.line(name) { return digest }
                }
                return ""
            } catch  where error.code == .noSuchFile {
                // Removed or replaced in this moment.
                continue
            }
        }
        return nil
    }

    /// Opens an attribute by AppArmor's own name, which another security module cannot answer, or by the shared one
    /// before Linux 5.8.
    private static func openAttribute(
        _ name: String, _ process: String, _ procfs: borrowing OwnedDescriptor, _ flags: OpenFlags = .write
    ) throws(SyscallError) -> OwnedDescriptor {
        do throws(SyscallError) {
            return try procfs.resolve("\(process)/attr/apparmor/\(name)", flags)
        } catch  where error.code == .noSuchFile {
            return try procfs.resolve("\(process)/attr/\(name)", flags)
        }
    }
}

/// What failed about a profile.
public enum AppArmorError: Error, Equatable, CustomStringConvertible {
    /// The kernel has no profile of this name.
    case notLoaded(ProfileName)
    /// No `apparmor_parser` on this host, so no profile can be loaded.
    case noParser(String)
    /// The parser's own words.
    case parserRefused(ProfileName, ExitStatus, String)
    case kernel(SyscallError)

    public var description: String {
        switch self {
        case .notLoaded(let profile):
            "AppArmor profile \"\(profile)\" is not loaded: load it with apparmor_parser, or use unconfined"
        case .noParser(let path):
            "\(path) is missing, so no AppArmor profile can be loaded: install the apparmor package"
        case .parserRefused(let profile, let status, let words):
            "apparmor_parser did not load profile \"\(profile)\" (\(status)): \(words)"
        case .kernel(let error): "\(error)"
        }
    }
}

/// A process's profile with its mode, as the kernel writes them: `brig-default (enforce)`, `unconfined`.
public struct Confinement: Equatable, Sendable {
    /// Its name as the kernel has it.
    public let profile: String
    /// `enforce`, `complain`, `kill`, `unconfined` or `mixed`; `nil` where the kernel names none.
    public let mode: String?

    /// Reads one line. A profile's name may hold spaces and parentheses, so the mode is what the last ones hold.
    public init(parsing line: String) {
        let text = line.last == "\n" || line.last == "\0" ? line.dropLast() : line[...]
        guard text.last == ")", let open = text.lastIndex(of: "("), open > text.startIndex,
            text[text.index(before: open)] == " "
        else {
            profile = String(text)
            mode = nil
            return
        }
        profile = String(text[..<text.index(before: open)])
        mode = String(text[text.index(after: open)...].dropLast())
    }
}

extension OwnedDescriptor {
    /// The only line of a file in this directory; `nil` if there is no such file.
    fileprivate borrowing func line(_ name: String) throws(SyscallError) -> String? {
        do throws(SyscallError) {
            let bytes = try open(name, .read).readAll(limit: 4096)
            return String(decoding: bytes.last == UInt8(ascii: "\n") ? bytes.dropLast() : bytes[...], as: UTF8.self)
        } catch  where error.code == .noSuchFile {
            return nil
        }
    }
}
