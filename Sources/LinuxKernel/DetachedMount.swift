internal import CLinux
internal import Glibc

/// A mount, or a tree of mounts, held by a descriptor: built and given its attributes while no path leads to it, then
/// attached. It vanishes with its last descriptor if it never was attached.
///
/// Source: fsopen(2), fsmount(2), open_tree(2), mount_setattr(2), move_mount(2); Linux 5.2, attributes 5.12.
public struct DetachedMount: ~Copyable {
    /// Names the mount's root, also once it is attached.
    public let root: OwnedDescriptor

    /// Takes over a descriptor from fsmount(2) or `open_tree(OPEN_TREE_CLONE)`.
    public init(adopting root: consuming OwnedDescriptor) { self.root = root }

    /// Mounts a new file system.
    ///
    /// - Parameters:
    ///   - type: Such as `tmpfs`.
    ///   - source: What mountinfo shows as its source; for many types a device.
    ///   - options: Of the file system itself: `mode=755` sets a value, a bare word a flag.
    /// - Throws: As the calls do, with the kernel's own explanation where the file system gives one.
    public static func fileSystem(
        _ type: String, source: String? = nil, options: [String] = [], attributes: MountAttributes = []
    ) throws(SyscallError) -> DetachedMount {
        let context = OwnedDescriptor(
            adopting: try kernel("fsopen", type) { clinux_fsopen(type, CUnsignedInt(FSOPEN_CLOEXEC)) })
        if let source { try configure(context, type, key: "source", value: source) }
        for option in options {
            guard let separator = option.utf8.firstIndex(of: UInt8(ascii: "=")) else {
                try configure(context, type, key: option, value: nil)
                continue
            }
            try configure(
                context, type, key: String(option[..<separator]),
                value: String(option[option.index(after: separator)...]))
        }
        let raw = context.raw
        do throws(SyscallError) {
            try kernel("fsconfig", type) {
                clinux_fsconfig(raw, FSCONFIG_CMD_CREATE.rawValue, nil, nil, 0)
            }
            let mount = try kernel("fsmount", type) {
                clinux_fsmount(
                    raw, CUnsignedInt(FSMOUNT_CLOEXEC), CUnsignedInt(truncatingIfNeeded: attributes.rawValue))
            }
            return DetachedMount(adopting: OwnedDescriptor(adopting: mount))
        } catch {
            throw explained(error, context, option: nil)
        }
    }

    private static func configure(
        _ context: borrowing OwnedDescriptor, _ type: String, key: String, value: String?
    ) throws(SyscallError) {
        let raw = context.raw
        do throws(SyscallError) {
            try kernel("fsconfig", type) {
                if let value {
                    clinux_fsconfig(raw, FSCONFIG_SET_STRING.rawValue, key, value, 0)
                } else {
                    clinux_fsconfig(raw, FSCONFIG_SET_FLAG.rawValue, key, nil, 0)
                }
            }
        } catch {
            throw explained(error, context, option: value.map { "\(key)=\($0)" } ?? key)
        }
    }

    /// Adds what the file system's context says about the failure. Source: fsopen(2), "Message retrieval".
    private static func explained(
        _ error: SyscallError, _ context: borrowing OwnedDescriptor, option: String?
    ) -> SyscallError {
        var subject = error.subject
        if let option { subject += " (option \(option))" }
        // Nothing depends on the explanation: without one the call's own error stands.
        if let message = try? context.read(upTo: 256), message.count > 2 {
            let text = String(decoding: message.dropFirst(2), as: UTF8.self)
            subject += " [\(text.last == "\n" ? String(text.dropLast()) : text)]"
        }
        return SyscallError(call: error.call, subject: subject, code: error.code)
    }

    /// Copies the mount that `source` names (a bind mount), with all mounts below it if `recursive`.
    ///
    /// - Parameter subject: How messages name the source.
    /// - Throws: `EINVAL` if it is not in the caller's mount namespace or unbindable; `EPERM` without CAP_SYS_ADMIN.
    public static func copy(
        of source: borrowing OwnedDescriptor, recursive: Bool, subject: @autoclosure () -> String
    ) throws(SyscallError) -> DetachedMount {
        let from = source.raw
        let opened = try kernel("open_tree", subject()) {
            clinux_open_tree(from, "", openTreeFlags(recursive) | CUnsignedInt(CLINUX_AT_EMPTY_PATH))
        }
        return DetachedMount(adopting: OwnedDescriptor(adopting: opened))
    }

    private static func openTreeFlags(_ recursive: Bool) -> CUnsignedInt {
        CUnsignedInt(OPEN_TREE_CLONE) | CUnsignedInt(O_CLOEXEC)
            | (recursive ? CUnsignedInt(CLINUX_AT_RECURSIVE) : 0)
    }

    /// Sets and clears attributes, of every mount of the tree if `recursive`.
    ///
    /// - Throws: `EPERM` where an attribute is locked (mount_namespaces(7)); `EBUSY` if open files prevent read-only.
    public borrowing func change(
        set: MountAttributes, clear: MountAttributes, recursive: Bool
    ) throws(SyscallError) {
        try mountSetAttributes(root, set: set.rawValue, clear: clear.rawValue, recursive: recursive)
    }

    /// Changes the propagation type.
    public borrowing func setPropagation(_ propagation: MountPropagation, recursive: Bool) throws(SyscallError) {
        try mountSetAttributes(root, propagation: propagation.rawValue, recursive: recursive)
    }

    /// Maps the owners of files through a user namespace.
    ///
    /// - Throws: `EINVAL` if the file system cannot, or the mount is attached or mapped already.
    ///
    /// Source: mount_setattr(2), `MOUNT_ATTR_IDMAP`, Linux 5.12.
    public borrowing func mapOwners(
        through namespace: borrowing OwnedDescriptor, recursive: Bool
    ) throws(SyscallError) {
        try mountSetAttributes(root, set: 0x10_0000, userNamespace: namespace.raw, recursive: recursive)
    }

    /// Makes the mount visible at what `target` names.
    ///
    /// - Parameter subject: How messages name the target.
    /// - Throws: `ENOTDIR` if one is a directory and the other is not; `ELOOP`; `EINVAL` on a shared parent.
    public borrowing func attach(
        to target: borrowing OwnedDescriptor, subject: @autoclosure () -> String
    ) throws(SyscallError) {
        let (from, to) = (root.raw, target.raw)
        // Neither side is followed further: both descriptors name exactly what is meant.
        try kernel("move_mount", subject()) {
            clinux_move_mount(
                from, "", to, "",
                CUnsignedInt(MOVE_MOUNT_F_EMPTY_PATH) | CUnsignedInt(MOVE_MOUNT_T_EMPTY_PATH))
        }
    }
}

func mountSetAttributes(
    _ mount: borrowing OwnedDescriptor, set: UInt64 = 0, clear: UInt64 = 0, propagation: UInt64 = 0,
    userNamespace: CInt = 0, recursive: Bool
) throws(SyscallError) {
    let raw = mount.raw
    try kernel("mount_setattr", "mount") {
        clinux_mount_setattr(
            raw, "", CUnsignedInt(CLINUX_AT_EMPTY_PATH) | (recursive ? CUnsignedInt(CLINUX_AT_RECURSIVE) : 0),
            set, clear, propagation, UInt64(UInt32(bitPattern: userNamespace)))
    }
}

/// Changes the propagation of this namespace's whole tree.
public func setRootPropagation(_ propagation: MountPropagation, recursive: Bool) throws(SyscallError) {
    try mountSetAttributes(
        try OwnedDescriptor(open: "/", .pathOnly), propagation: propagation.rawValue, recursive: recursive)
}
