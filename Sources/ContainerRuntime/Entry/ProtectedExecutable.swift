internal import CProtect
internal import LinuxKernel

/// Keeps the host's copy of this program out of reach of what runs in containers.
///
/// A container's process can name the program that entered the container (`/proc/PID/exe`, or an entry point that is
/// `/proc/self/exe`) and write to it once it is no longer running: CVE-2019-5736. So what enters runs from a file that
/// nobody can write: through a private read-only overlay of the program's directory, or, without the privilege for
/// that, from a sealed copy in memory. `CProtect` does it, mostly before any Swift runs; here it is made sure of.
package enum ProtectedExecutable {
    /// Goes on if this program runs from a file that cannot be written; else executes itself from one.
    ///
    /// - Throws: `fault` if neither way is open: nothing may then enter a container.
    package static func ensure(arguments: [String], environment: [String]) throws(RuntimeError) {
        guard try !isProtected() else { return }
        let answer = withCStrings(arguments) { argv in
            withCStrings(environment) { envp in cprotect_execute(argv, envp) }
        }
        throw RuntimeError(
            "protecting the runtime's own program",
            SyscallError(call: "execveat", subject: "/proc/self/exe", code: Errno(rawValue: Int32(clamping: -answer))))
    }

    /// Checks that this process may enter a container, and sees to it that nobody in there can look into it.
    ///
    /// - Throws: `fault` if the program was not started anew by `ensure`: then nothing may enter.
    static func demand() throws(RuntimeError) {
        guard try isProtected() else {
            throw RuntimeError(
                .fault, "the runtime's program could be overwritten from the container; refusing to enter")
        }
        try attempting("hiding the runtime's process") { () throws(SyscallError) in
            try ProcessAttribute.setDumpable(false)
        }
    }

    /// Whether the kernel refuses to open the running program for writing for another reason than that it is running.
    private static func isProtected() throws(RuntimeError) -> Bool {
        do throws(SyscallError) {
            let program = try OwnedDescriptor(open: "/proc/self/exe", .write)
            // A file in memory opens; its seals say whether it can be written.
            return try program.seals().contains(.writing)
        } catch {
            switch error.code {
            case .readOnlyFileSystem: return true
            case .accessDenied where CallerIdentity.effectiveUid != 0: return try belongsToRootAlone()
            case .textBusy: return try isSealed()
            default: throw RuntimeError("asking whether the runtime's program can be written", error)
            }
        }
    }

    /// Whether an ordinary user who may not write the file is no more able to in a container: there they are each of the
    /// users that are mapped, and the owner of a file may change its mode. No map of theirs has the host's root.
    private static func belongsToRootAlone() throws(RuntimeError) -> Bool {
        let status = try attempting("asking whose the runtime's program is") { () throws(SyscallError) in
            try OwnedDescriptor(open: "/proc/self/exe", .pathOnly).status()
        }
        return status.userID == 0 && status.permissions & 0o022 == 0
    }

    private static func isSealed() throws(RuntimeError) -> Bool {
        do throws(SyscallError) {
            return try OwnedDescriptor(open: "/proc/self/exe", .read).seals().contains(.writing)
        } catch  where error.code == .invalidArgument {
            return false  // Not a file in memory.
        } catch {
            throw RuntimeError("asking whether the runtime's program is sealed", error)
        }
    }
}
