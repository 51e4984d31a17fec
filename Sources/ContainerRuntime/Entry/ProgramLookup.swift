internal import LinuxKernel

/// Finds the program that a container is to run, as execvp(3) would, in the container's own file system.
enum ProgramLookup {
    /// The paths to try, in order.
    static func candidates(_ name: String, environment: [String]) -> [String] {
        guard !name.utf8.contains(UInt8(ascii: "/")) else { return [name] }
        guard !name.isEmpty else { return [] }
        let path = environment.last { $0.hasPrefix("PATH=") }?.dropFirst(5) ?? Substring(defaultPath)
        // An empty component means the working directory (POSIX.1, "PATH"); it is not searched, as in Go's LookPath.
        return path.split(separator: ":").map { "\($0)/\(name)" }
    }

    /// The path to execute.
    ///
    /// - Throws: `programNotFound`, `programNotExecutable`, with the words in which other engines look for the reason.
    static func find(_ name: String, environment: [String]) throws(RuntimeError) -> String {
        var denied: SyscallError?
        for candidate in candidates(name, environment: environment) {
            do throws(SyscallError) {
                let status = try OwnedDescriptor(open: candidate, .pathOnly).status()
                guard !status.isDirectory else {
                    throw SyscallError(call: "exec", subject: candidate, code: .isDirectory)
                }
                do throws(SyscallError) {
                    try mayExecute(candidate)
                } catch  where error.code == .notPermitted || error.code == .noSuchCall {
                    // The answer of a filter that is older than faccessat2(2), not of the file system: exec will tell.
                }
                return candidate
            } catch  where error.code == .noSuchFile || error.code == .notDirectory {
                continue
            } catch {
                denied = denied ?? error
            }
        }
        if let denied {
            // execve(2) denies permission to a directory, and Podman reads 126 out of these very words.
            let reason = denied.code == .isDirectory ? " is a directory: permission denied" : ": \(denied.code)"
            throw RuntimeError(.programNotExecutable, "exec: \"\(name)\": \(denied.subject)\(reason)")
        }
        guard name.utf8.contains(UInt8(ascii: "/")) else {
            throw RuntimeError(.programNotFound, "exec: \"\(name)\": executable file not found in $PATH")
        }
        throw RuntimeError(.programNotFound, "exec: \"\(name)\": stat \(name): no such file or directory")
    }

    private static let defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
}

/// The home directory that the container's own `/etc/passwd` gives a user.
enum HomeDirectory {
    /// - Returns: `/` if there is no such file or no such user.
    static func of(_ uid: UInt32) -> String {
        // The answer is a convenience for programs that read HOME; nothing is decided by it.
        guard let file = try? OwnedDescriptor(open: "/etc/passwd", [.read, .nonBlocking, .noControllingTerminal]),
            let status = try? file.status(), status.isRegularFile, let bytes = try? file.readAll(limit: 1 << 20)
        else { return "/" }
        return find(uid, in: bytes) ?? "/"
    }

    /// The sixth field of the first line whose third is `uid`. Source: passwd(5).
    static func find(_ uid: UInt32, in bytes: [UInt8]) -> String? {
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            let fields = line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
            guard fields.count >= 6, UInt32(String(decoding: fields[2], as: UTF8.self)) == uid else { continue }
            let home = String(decoding: fields[5], as: UTF8.self)
            return home.utf8.first == UInt8(ascii: "/") ? home : nil
        }
        return nil
    }
}
