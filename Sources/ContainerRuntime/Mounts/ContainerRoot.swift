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
        for part in path.split(separator: "/", omittingEmptySubsequences: true) where part != "." {
            if part == ".." { _ = result.popLast() } else { result.append(part) }
        }
        return result
    }

    /// Names what is at `path`, or `nil` if there is nothing.
    borrowing func existing(_ path: String) throws(SyscallError) -> OwnedDescriptor? {
        do throws(SyscallError) {
            return try directory.resolve("/" + Self.components(of: path).joined(separator: "/"))
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

    /// Names the place at `path`, made with its parents where it is missing.
    ///
    /// - Throws: `ENOENT` for a symbolic link that leads nowhere, `ENOTDIR`, `EROFS`.
    borrowing func place(_ path: String, _ kind: Kind) throws(SyscallError) -> OwnedDescriptor {
        if let found = try existing(path) { return found }
        let components = Self.components(of: path)
        var parent = try directory.duplicate()
        for (index, component) in components.enumerated() {
            let soFar = "/" + components[...index].joined(separator: "/")
            do throws(SyscallError) {
                parent = try directory.resolve(soFar)
                continue
            } catch  where error.code == .noSuchFile {}
            let name = String(component)
            // Neither call follows a link, so what is opened is what was made, or a directory that a link cannot replace.
            if kind == .file, index == components.count - 1 {
                return try parent.open(name, [.create, .exclusive, .noFollow, .write], mode: 0o644)
            }
            try parent.makeDirectory(name, mode: 0o755)
            parent = try parent.open(name, [.pathOnly, .directory, .noFollow])
        }
        return parent
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
