import CLinux
import LinuxKernel

/// The device programs that are attached to a v2 cgroup.
///
/// Source: bpf(2), `BPF_PROG_LOAD`, `BPF_PROG_ATTACH`, `BPF_PROG_QUERY`; Linux 4.15.
enum DevicePrograms {
    /// By this name our programs are told from those of others, such as systemd's.
    private static let name = "brig_devices"

    /// Loads the rules and puts them in the place of an earlier program of ours. Programs of others stay: the kernel
    /// allows what all of them allow.
    ///
    /// - Throws: `CgroupError.failed` with `EPERM` without CAP_BPF and CAP_NET_ADMIN (or CAP_SYS_ADMIN), or in a user
    ///   namespace; `EINVAL` if the kernel was built without CONFIG_CGROUP_BPF.
    static func install(_ rules: DeviceRules, on group: CgroupDirectory) throws(CgroupError) {
        do throws(SyscallError) {
            let program = try load(DeviceProgram(rules))
            let old = try attached(to: group).filter { $0.isOurs }
            // Up to the moment when the new program holds, the old one does: so it goes last. One of ours is the rule;
            // more are left by a process that was killed in between.
            try attach(program, to: group)
            for one in old { try detach(one, from: group) }
        } catch {
            throw .failed(error)
        }
    }

    private static func load(_ program: DeviceProgram) throws(SyscallError) -> OwnedDescriptor {
        let code = program.instructions.map { $0.encoded }
        return OwnedDescriptor(
            adopting: try kernel("bpf", "BPF_PROG_LOAD, \(code.count) instructions of device rules") {
                code.withUnsafeBufferPointer {
                    clinux_bpf_load_device_program($0.baseAddress, UInt32($0.count), name)
                }
            })
    }

    private static func attach(
        _ program: borrowing OwnedDescriptor, to group: CgroupDirectory
    ) throws(SyscallError) {
        let new = program.raw
        try kernel("bpf", "BPF_PROG_ATTACH to \(group.fullPath)") {
            clinux_bpf_attach_device_program(group.descriptor.raw, new)
        }
    }

    private static func detach(_ program: AttachedProgram, from group: CgroupDirectory) throws(SyscallError) {
        let old = try open(program.id)
        let raw = old.raw
        try kernel("bpf", "BPF_PROG_DETACH from \(group.fullPath)") {
            clinux_bpf_detach_device_program(group.descriptor.raw, raw)
        }
    }

    private struct AttachedProgram {
        let id: UInt32
        let isOurs: Bool
    }

    private static func attached(to group: CgroupDirectory) throws(SyscallError) -> [AttachedProgram] {
        // The kernel attaches at most 64 programs of a kind to a cgroup (BPF_CGROUP_MAX_PROGS).
        var ids = [UInt32](repeating: 0, count: 64)
        var count = UInt32(ids.count)
        try kernel("bpf", "BPF_PROG_QUERY on \(group.fullPath)") {
            clinux_bpf_query_device_programs(group.descriptor.raw, &ids, &count)
        }
        var result: [AttachedProgram] = []
        for id in ids.prefix(Int(count)) {
            let program = try open(id)
            let raw = program.raw
            let isOurs = try kernel("bpf", "BPF_OBJ_GET_INFO_BY_FD on program \(id)") {
                clinux_bpf_program_is_named(raw, name)
            }
            result.append(AttachedProgram(id: id, isOurs: isOurs == 1))
        }
        return result
    }

    private static func open(_ id: UInt32) throws(SyscallError) -> OwnedDescriptor {
        OwnedDescriptor(
            adopting: try kernel("bpf", "BPF_PROG_GET_FD_BY_ID \(id)") { clinux_bpf_open_program(id) })
    }
}
