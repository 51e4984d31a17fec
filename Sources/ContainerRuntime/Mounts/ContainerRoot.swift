internal import LinuxKernel

/// The root of a container while it is being set up. The only code that walks a tree which an image or a container can
/// shape: every path is resolved in the kernel with this directory as `/`, and everything else acts on descriptors.
///
/// SECURITY.md rule 1; CVE-2019-16884, CVE-2021-30465, CVE-2024-45310.
struct ContainerRoot: ~Copyable {
    /// Names the mounted root.
    let directory: OwnedDescriptor

    /// What a place must be to be mounted on.
    enum Kind { case directory, file }

    /// The components of `path` without `.`, empty ones, and `..` taken back lexically, so that `/a/../b` means `/b`.
    static func components(of path: String) -> [Substring] {
        var result: [Substring] = []
        for part in pathComponents(path) {
            let bytes = part.utf8
            if bytes.first == UInt8(ascii: "."), bytes.count <= 2, bytes.last == UInt8(ascii: ".") {
                if bytes.count == 2 { _ = result.popLast() }
            } else {
                result.append(part)
            }
        }
        return result
    }

    /// Names what is at `path`, or `nil` if there is nothing.
    borrowing func existing(_ path: String) throws(SyscallError) -> OwnedDescriptor? {
        do throws(SyscallError) {
            return try directory.resolve("/" + joinedPath(Self.components(of: path)))
        } catch  where error.code == .noSuchFile || error.code == .notDirectory {
            return nil
        }
    }

    /// Whether anything is at `path`.
    borrowing func has(_ path: String) throws(SyscallError) -> Bool {
        switch try existing(path) {
        case .some: true
        case .none: false
        }
    }

    /// Names the place at `path`, made with its parents where it is missing. A symbolic link that leads nowhere is followed
    /// inside of the root: what it names is made (images have `/etc/resolv.conf` as such a link).
    ///
    /// - Throws: `ENOTDIR`, `EROFS`; `ELOOP` for more than forty links.
    borrowing func place(_ path: String, _ kind: Kind) throws(SyscallError) -> OwnedDescriptor {
        if let found = try existing(path) { return found }
        // What is still ahead, the next part last; and the way so far, in which no part is a link.
        var ahead = Self.components(of: path).reversed().map { String($0) }
        var behind: [String] = []
        var here = try directory.duplicate()
        var links = 0
        while let name = ahead.popLast() {
            if name == ".." {
                _ = behind.popLast()
                here = try directory.resolve("/" + behind.joined(separator: "/"), [.pathOnly, .directory])
                continue
            }
            switch try Self.status(of: name, in: here) {
            case nil:
                // Neither call follows a link, so what is opened is what was made, or a directory that a link cannot replace.
                if kind == .file, ahead.isEmpty {
                    return try here.open(name, [.create, .exclusive, .noFollow, .write], mode: 0o644)
                }
                try here.makeDirectory(name, mode: 0o755)
            case let status? where status.isSymbolicLink:
                links += 1
                guard links <= 40 else { throw SyscallError(call: "open", subject: path, code: .tooManyLinks) }
                let target = try here.readSymbolicLink(name)
                if target.utf8.first == UInt8(ascii: "/") {
                    behind = []
                    here = try directory.duplicate()
                }
                ahead += target.split(separator: "/").filter { $0 != "." }.reversed().map { String($0) }
                continue
            case let status? where !status.isDirectory && ahead.isEmpty:
                return try here.open(name, [.pathOnly, .noFollow])
            case _?: break
            }
            here = try here.open(name, [.pathOnly, .directory, .noFollow])
            behind.append(name)
        }
        return here
    }

    private static func status(
        of name: String, in directory: borrowing OwnedDescriptor
    ) throws(SyscallError) -> FileStatus? {
        do throws(SyscallError) { return try directory.status(of: name) } catch  where error.code == .noSuchFile {
            return nil
        }
    }

    /// Names the directory at `path`, which no component may reach through a symbolic link: `/proc`, `/sys` and `/dev`
    /// must be what they seem (CVE-2019-19921, CVE-2023-27561).
    borrowing func realDirectory(_ path: String) throws(SyscallError) -> OwnedDescriptor {
        var current = try directory.duplicate()
        for component in Self.components(of: path) {
            let name = String(component)
            do throws(SyscallError) {
                current = try current.open(name, [.pathOnly, .directory, .noFollow])
            } catch  where error.code == .noSuchFile {
                try current.makeDirectory(name, mode: 0o755)
                current = try current.open(name, [.pathOnly, .directory, .noFollow])
            }
        }
        return current
    }
}
