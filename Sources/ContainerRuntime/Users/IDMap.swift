internal import LinuxKernel
internal import OCISpec

/// The user and group ids of a user namespace.
enum IDMap {
    /// The text for `/proc/PID/uid_map`.
    static func text(_ mappings: [RuntimeConfig.Linux.IDMapping]) -> String {
        mappings.map { "\($0.containerID) \($0.hostID) \($0.size)\n" }.joined()
    }

    /// Writes both maps as a privileged process.
    ///
    /// - Throws: `EPERM`, `EINVAL` for overlapping or too many lines (340). Source: user_namespaces(7).
    static func write(
        _ uid: [RuntimeConfig.Linux.IDMapping], _ gid: [RuntimeConfig.Linux.IDMapping], of pid: Int32
    ) throws(SyscallError) {
        try writeFile("/proc/\(pid)/gid_map", text(gid))
        try writeFile("/proc/\(pid)/uid_map", text(uid))
    }

    /// Writes the maps of a namespace that an ordinary user has made: by `newuidmap` and `newgidmap`, or, for a single
    /// id of one's own, directly, with `setgroups` denied first (CVE-2014-8989).
    ///
    /// - Throws: `unsupported` with what to install or to change.
    static func writeUnprivileged(
        _ uid: [RuntimeConfig.Linux.IDMapping], _ gid: [RuntimeConfig.Linux.IDMapping], of pid: Int32
    ) throws(RuntimeError) {
        if areOwn(uid, gid) {
            try attempting("mapping your own user and group") { () throws(SyscallError) in
                try writeFile("/proc/\(pid)/uid_map", text(uid))
                try writeFile("/proc/\(pid)/setgroups", "deny")
                try writeFile("/proc/\(pid)/gid_map", text(gid))
            }
            return
        }
        try runMapper("/usr/bin/newuidmap", "/etc/subuid", uid, pid)
        try runMapper("/usr/bin/newgidmap", "/etc/subgid", gid, pid)
    }

    /// Whether the maps name one user and one group, those of the caller: no helper is needed then.
    static func areOwn(
        _ uid: [RuntimeConfig.Linux.IDMapping], _ gid: [RuntimeConfig.Linux.IDMapping]
    ) -> Bool {
        isOwn(uid, callerID: CallerIdentity.effectiveUid) && isOwn(gid, callerID: CallerIdentity.effectiveGid)
    }

    private static func isOwn(_ mappings: [RuntimeConfig.Linux.IDMapping], callerID: UInt32) -> Bool {
        mappings.count == 1 && mappings[0].size == 1 && mappings[0].hostID == callerID
    }

    private static func runMapper(
        _ program: String, _ file: String, _ mappings: [RuntimeConfig.Linux.IDMapping], _ pid: Int32
    ) throws(RuntimeError) {
        let ids = mappings.flatMap { ["\($0.containerID)", "\($0.hostID)", "\($0.size)"] }
        let status: ExitStatus
        do {
            status = try Spawn(program: program, arguments: [program, "\(pid)"] + ids).start().wait()
        } catch {
            throw RuntimeError(
                .unsupported, "\(program): \(error); more than one id needs it: install the package uidmap")
        }
        guard status.isSuccess else {
            throw RuntimeError(
                .unsupported,
                "\(program) \(pid) \(ids.joined(separator: " ")): \(status); is the range yours in \(file)?")
        }
    }
}
