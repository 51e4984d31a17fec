internal import CLinux
internal import Glibc

/// Several directories shown as one: the first that has a name counts, and changes go to one of their own.
///
/// Source: Linux, Documentation/filesystems/overlayfs.rst.
public struct OverlayMount: Sendable {
    /// The read-only directories, highest first; without `upper` at least two.
    public let lower: [String]
    /// The directory for changes and the one that the kernel prepares them in.
    public let upper: (path: String, work: String)?
    /// Marks are in `user.overlay.*`, as in a user namespace; Linux 5.11.
    public let usesUserAttributes: Bool

    /// `OVL_MAX_STACK`
    public static let maximumLayers = 500

    /// Layers, the highest first; without `upper` the mount is read-only.
    public init(lower: [String], upper: (path: String, work: String)?, usesUserAttributes: Bool = false) {
        self.lower = lower
        self.upper = upper
        self.usesUserAttributes = usesUserAttributes
    }

    /// Makes the mount and attaches it.
    ///
    /// - Parameter subject: How messages name the target.
    /// - Throws: As fsopen(2) and mount(2): `ENODEV` where the kernel has no overlay, `EPERM`, `EBUSY` if `upper` is in use.
    public func attach(
        to target: borrowing OwnedDescriptor, subject: @autoclosure () -> String, attributes: MountAttributes = []
    ) throws(SyscallError) {
        do throws(SyscallError) {
            let mount = try DetachedMount.fileSystem(
                "overlay", source: "overlay", options: newOptions(), attributes: attributes)
            return try mount.attach(to: target, subject: subject())
        } catch  where error.code == .invalidArgument || error.code == .noSuchCall {
            // Before Linux 6.5 one option of at most a page names all layers, and the new calls take 255 bytes of it.
            let refusal = error
            do throws(SyscallError) {
                try attachOld(to: target, subject: subject(), attributes: attributes)
            } catch  where error.code == .invalidArgument {
                throw refusal  // It has the kernel's explanation.
            }
        }
    }

    /// Options that both ways of mounting take. A layer cannot lead the kernel to other files (`redirect_dir`), nor can
    /// its content come from elsewhere (`metacopy`); `index` would tie layers to one mount.
    private var commonOptions: [String] {
        usesUserAttributes ? ["userxattr"] : ["redirect_dir=nofollow", "metacopy=off", "index=off"]
    }

    private func newOptions() -> [String] {
        var options = commonOptions
        options += lower.map { "lowerdir+=\($0)" }
        if let upper { options += ["upperdir=\(upper.path)", "workdir=\(upper.work)"] }
        return options
    }

    /// mount(2), with all options in one page of text.
    package func attachOld(
        to target: borrowing OwnedDescriptor, subject: String, attributes: MountAttributes
    ) throws(SyscallError) {
        let paths = lower + (upper.map { [$0.path, $0.work] } ?? [])
        let special = Set("\\:,\"".utf8)
        if text(paths).utf8.count < 4000, !paths.contains(where: { $0.utf8.contains(where: special.contains) }) {
            return try mountOld(text(paths), at: target, subject, attributes)
        }
        // Too long, or with signs that mean something: named by descriptors, which the kernel resolves in this process.
        var open: [CInt] = []
        defer { for raw in open { _ = close(raw) } }
        for path in paths { open.append(try OwnedDescriptor(open: path, [.pathOnly, .directory]).release()) }
        try mountOld(text(open.map { "/proc/self/fd/\($0)" }), at: target, subject, attributes)
    }

    private func text(_ paths: [String]) -> String {
        var options = commonOptions
        options.append("lowerdir=" + paths.prefix(lower.count).joined(separator: ":"))
        if upper != nil {
            options += zip(["upperdir=", "workdir="], paths.dropFirst(lower.count)).map { $0 + $1 }
        }
        return options.joined(separator: ",")
    }

    private func mountOld(
        _ options: String, at target: borrowing OwnedDescriptor, _ subject: String, _ attributes: MountAttributes
    ) throws(SyscallError) {
        guard options.utf8.count < 4096 else {
            throw SyscallError(call: "mount", subject: "overlay of \(lower.count) layers", code: .outOfRange)
        }
        var flags: UInt = 0
        let pairs: [(MountAttributes, UInt)] = [(.readOnly, 1), (.noSetUID, 2), (.noDevices, 4), (.noExec, 8)]
        for (attribute, flag) in pairs where attributes.contains(attribute) { flags |= flag }
        let place = "/proc/self/fd/\(target.raw)"
        try kernel("mount", subject) { Glibc.mount("overlay", place, "overlay", flags, options) }
    }
}

/// Unmounts what is mounted at a path of the host's, lazily if it is in use; nothing mounted there is no error.
///
/// - Throws: `EPERM`, as umount2(2). A link in the last part is not followed.
public func removeMount(at path: String) throws(SyscallError) {
    let (noFollow, detach): (CInt, CInt) = (8, 2)  // UMOUNT_NOFOLLOW, MNT_DETACH
    do throws(SyscallError) {
        try kernel("umount", path) { umount2(path, noFollow) }
    } catch {
        switch error.code {
        case .invalidArgument, .noSuchFile: return
        case .busy: try kernel("umount", path) { umount2(path, noFollow | detach) }
        default: throw error
        }
    }
}
