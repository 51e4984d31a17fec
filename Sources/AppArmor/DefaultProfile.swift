import LinuxKernel

/// The policy of containers that ask for no other, in the language of apparmor.d(5).
///
/// A container's processes may do what capabilities and files allow, but mount nothing, change no kernel setting outside
/// of what namespaces keep to them, not look at the kernel's memory and firmware, and trace or signal only each other.
public struct DefaultProfile: Equatable, Sendable {
    /// Under which it is loaded.
    public let name: ProfileName

    /// The profile under this name; the text is made when it is asked for.
    public init(name: ProfileName = .brigDefault) { self.name = name }

    /// The policy's text. It includes no files, so that it means the same on every host.
    public var text: String {
        """
        profile "\(name)" flags=(attach_disconnected,mediate_deleted) {
          network,
          # CVE-2026-31431. Filters see no family in socketcall(2) of i386.
          deny network alg,
          capability,
          file,
          umount,
          deny mount,

          signal (receive) peer=unconfined,
          signal (receive) peer=brig,
          signal (receive) peer=brig-runtime,
          signal (send) set=(exists),
          signal (send,receive) peer="\(name)",
          ptrace (readby,tracedby) peer=unconfined,
          ptrace (trace,read,tracedby,readby) peer="\(name)",

          # /proc: files at the top, and directories other than those of processes and sys.
          deny /proc/* w,
          deny /proc/[^0-9s/]*/** w,
          deny /proc/[0-9]*[^0-9/]*/** w,
          deny /proc/s[^ey/]*/** w,
          deny /proc/se[^l/]*/** w,
          deny /proc/sy[^s/]*/** w,
          deny /proc/sys[^/]*/** w,
          deny /proc/{kcore,sysrq-trigger} rwklx,

          # Of /proc/sys, System V shared memory's limits alone stay writable: the IPC namespace keeps them.
          deny /proc/sys/[^k]** w,
          deny /proc/sys/k[^e]** w,
          deny /proc/sys/kernel/[^s]** w,
          deny /proc/sys/kernel/s[^h]** w,
          deny /proc/sys/kernel/sh[^m]** w,

          # /sys, but for cgroups.
          deny /sys/[^f/]*/** wklx,
          deny /sys/f[^s/]*/** wklx,
          deny /sys/fs/[^c/]*/** wklx,
          deny /sys/fs/c[^g/]*/** wklx,
          deny /sys/fs/cg[^r/]*/** wklx,
          deny /sys/{firmware,devices/virtual/powercap,kernel/security}/** rwklx,
        }

        """
    }

    /// Where distributions keep the program that compiles policies. Never searched for.
    public static let parser = "/usr/sbin/apparmor_parser"

    /// Compiles the policy and gives it to the kernel, in place of an older one of that name.
    ///
    /// - Throws: `noParser`, `parserRefused`, or `kernel`.
    public func load() throws(AppArmorError) { try replace(with: text) }

    /// Gives the kernel a policy for this profile's name.
    func replace(with text: String) throws(AppArmorError) {
        let status: ExitStatus
        var words = ""
        do throws(SyscallError) {
            let input = try Pipe()
            let output = try Pipe()
            // The text is shorter than a pipe holds, so that writing it does not wait for the child.
            try input.writeEnd.write(text)
            // -r replaces, -K leaves caches alone: what is loaded is this text.
            let child = try Spawn(program: DefaultProfile.parser, arguments: ["apparmor_parser", "-K", "-r"]).start([
                (input.readEnd.raw, 0), (output.writeEnd.raw, 1), (output.writeEnd.raw, 2),
            ])
            _ = input.keepReadEnd()
            words = String(decoding: try output.keepReadEnd().readAll(limit: 1 << 20), as: UTF8.self)
            status = try child.wait()
        } catch {
            throw error.call == "posix_spawn" && error.code == .noSuchFile
                ? .noParser(DefaultProfile.parser) : .kernel(error)
        }
        guard status.isSuccess else {
            throw .parserRefused(name, status, words.split(separator: "\n").joined(separator: "; "))
        }
    }

    /// Loads the policy unless it is what the kernel has under its name: a profile that an older version has loaded stays
    /// in the kernel until it is replaced.
    ///
    /// - Parameter note: A file of the caller's, private and gone with a reboot, which keeps what was loaded last and the
    ///   kernel's digest of it.
    public func ensureLoaded(note: String) throws(AppArmorError) {
        do throws(SyscallError) {
            if let digest = try AppArmor.digest(of: name), isNoted(note, digest) { return }
        } catch {
            throw .kernel(error)
        }
        try load()
        do throws(SyscallError) {
            if let digest = try AppArmor.digest(of: name) { try replaceFile(note, noteText(digest)) }
        } catch {
            throw .kernel(error)
        }
    }

    private func isNoted(_ note: String, _ digest: String) -> Bool {
        // Without a note, or one that can be read, the policy is loaded once more.
        (try? readText(note, limit: 1 << 16)) == noteText(digest)
    }

    private func noteText(_ digest: String) -> String { "\(digest)\n\(text)" }
}
