public import LinuxKernel

/// Whether this host enforces SELinux. Brig sets no labels of its own; where the kernel has no SELinux, a label that a
/// user asks for is an error, not a wish.
public enum SELinux {
    /// Whether the kernel has SELinux and its file system is mounted, as libselinux asks.
    ///
    /// - Throws: What the kernel answers other than that there is no such file.
    public static func isEnabled() throws(SyscallError) -> Bool {
        do throws(SyscallError) {
            return try FileSystemType(of: "/sys/fs/selinux") == .selinux
        } catch  where error.code == .noSuchFile {
            return false
        }
    }

    /// Has the calling thread get a label when it next executes a program.
    ///
    /// - Parameter procfs: The root of a procfs of our own, as for AppArmor.
    /// - Throws: `EINVAL` for a label that the policy does not know, or where SELinux does not answer for the file.
    public static func changeOnExec(
        to label: String, procfs: borrowing OwnedDescriptor
    ) throws(SyscallError) {
        let attribute = try procfs.resolve("thread-self/attr/exec", .write)
        guard try attribute.fileSystemType() == .proc else {
            throw SyscallError(call: "open", subject: "thread-self/attr/exec", code: .invalidArgument)
        }
        do throws(SyscallError) {
            try attribute.write(label)
        } catch {
            throw SyscallError(call: error.call, subject: "SELinux label \(label)", code: error.code)
        }
    }
}
