import CLinux
import LinuxKernel

/// A container's directory in one hierarchy, held open: all work on its files goes through the descriptor.
final class CgroupDirectory: Sendable {
    let hierarchy: Hierarchy
    /// Below the mount point, without slashes around it.
    let path: String
    /// The mount point, through which the directory is removed.
    let mount: OwnedDescriptor
    /// The directory itself (`O_PATH`).
    let descriptor: OwnedDescriptor
    /// On v2 those that its `cgroup.controllers` gives, and the implicit ones.
    let controllers: ControllerSet
    /// Why v2 controllers are missing here, if the kernel has said so.
    let missingReason: String?
    /// Held by whoever is making a container here, so that no second one is put into the same cgroup.
    private let claim: CgroupClaim?
    /// How many components of the path were there before this process made it; `nil` if it did not.
    private let existing: Int?

    init(
        hierarchy: Hierarchy, path: String, mount: consuming OwnedDescriptor, descriptor: consuming OwnedDescriptor,
        controllers: ControllerSet, missingReason: String? = nil, claim: CgroupClaim? = nil, existing: Int? = nil
    ) {
        (self.claim, self.existing) = (claim, existing)
        self.hierarchy = hierarchy
        self.path = path
        self.mount = mount
        self.descriptor = descriptor
        self.controllers = controllers
        self.missingReason = missingReason
    }

    /// The container runs: who comes now finds its processes.
    func releaseClaim() { claim?.release() }

    /// Removes the directories above that were made for this one. What others use by now stays.
    func removeMadeAbove() {
        guard let existing else { return }
        let components = pathComponents(path)
        for count in stride(from: components.count - 1, to: existing, by: -1) {
            do throws(SyscallError) { try mount.removeDirectory(joinedPath(components[..<count])) } catch { return }
        }
    }

    /// The whole path, for messages and records.
    var fullPath: String { hierarchy.mountPoint + "/" + path }

    func fullPath(_ file: String) -> String { fullPath + "/" + file }
}

/// How a directory below a cgroup mount is opened: no symbolic link, nothing above it, no other mount.
private let beneath = UInt64(0x08 | 0x04 | 0x01)  // RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS, RESOLVE_NO_XDEV

extension OwnedDescriptor {
    /// Opens the mount point of a hierarchy and makes sure that the kernel's own file system is there.
    static func mountPoint(of hierarchy: Hierarchy, testRoot: String) throws(CgroupError) -> OwnedDescriptor {
        let path = testRoot + hierarchy.mountPoint
        let expected = hierarchy.version == .v1 ? FileSystemType.cgroup1 : .cgroup2
        do throws(SyscallError) {
            let opened = try OwnedDescriptor(open: path, [.pathOnly, .directory, .noFollow])
            if !testRoot.isEmpty { return opened }
            if try opened.fileSystemType() == expected { return opened }
        } catch {
            throw .failed(error)
        }
        throw .notCgroupFileSystem(path)
    }

    /// Opens a directory at or below this one that lies on the same mount and is reached by directories alone.
    borrowing func openBeneath(_ path: String, forReading: Bool = false) throws(SyscallError) -> OwnedDescriptor {
        let directory = raw
        let flags = OpenFlags.directory.union(.noFollow).union(forReading ? .read : .pathOnly).rawValue
        return OwnedDescriptor(
            adopting: try kernel("openat2", path) {
                clinux_openat2(directory, path, UInt64(flags) | UInt64(O_CLOEXEC), 0, beneath)
            })
    }
}

// MARK: - Files

extension CgroupDirectory {
    /// Writes a value in one call, as cgroup files want it.
    ///
    /// - Throws: `CgroupError.refused` with the kernel's answer; `ENOENT` if this kernel or cgroup has no such file.
    func write(_ file: String, _ value: String) throws(CgroupError) {
        try write(file, values: CollectionOfOne(value))
    }

    /// Writes several values, each in a call of its own, with the file opened once.
    func write(_ file: String, values: some Sequence<String>) throws(CgroupError) {
        var writing = ""
        do throws(SyscallError) {
            let opened = try descriptor.open(file, [.write, .noFollow])
            for value in values {
                writing = value
                try opened.write(value)
            }
        } catch {
            throw .refused(file: fullPath(file), value: writing, error.code)
        }
    }

    /// Writes unless the file is not there.
    ///
    /// - Returns: Whether it is.
    @discardableResult
    func writeIfPresent(_ file: String, _ value: String) throws(CgroupError) -> Bool {
        do throws(CgroupError) {
            try write(file, value)
            return true
        } catch  where error.code == .noSuchFile {
            return false
        }
    }

    /// The content of a file.
    func read(_ file: String) throws(CgroupError) -> [UInt8] {
        do throws(SyscallError) {
            return try descriptor.open(file, [.read, .noFollow]).readAll(limit: 4 << 20)
        } catch {
            throw .failed(SyscallError(call: "read", subject: fullPath(file), code: error.code))
        }
    }

    /// The content of a file without the final newline; `nil` if there is no such file or the cgroup has gone.
    func readIfPresent(_ file: String) throws(CgroupError) -> [UInt8]? {
        do throws(CgroupError) {
            return try read(file)
        } catch  where error.code == .noSuchFile || error.code == .noDevice {
            return nil
        } catch  where error.code == .notSupported {
            // hugetlb and pressure files that are compiled in but switched off answer so.
            return nil
        }
    }

    /// The content as text, without blanks and newlines around it.
    func readText(_ file: String) throws(CgroupError) -> String { try read(file).trimmedText }

    /// A single number; `max` and v1's huge "no limit" are the caller's business.
    func readNumber(_ file: String) throws(CgroupError) -> UInt64 {
        let text = try readText(file)
        guard let number = UInt64(text) else { throw .unexpected(file: fullPath(file), content: text) }
        return number
    }

    /// What the directory holds.
    func fileNames() throws(CgroupError) -> [String] {
        do throws(SyscallError) {
            return try descriptor.openBeneath(".", forReading: true).entries().map { $0.name }
        } catch {
            throw .failed(SyscallError(call: error.call, subject: fullPath, code: error.code))
        }
    }

    /// Whether there is such a file.
    func has(_ file: String) -> Bool {
        do throws(SyscallError) {
            _ = try descriptor.open(file, [.pathOnly, .noFollow])
            return true
        } catch {
            return false
        }
    }
}

extension [UInt8] {
    /// As text, without blanks and newlines around it.
    var trimmedText: String {
        // By hand: a chain of lazy collections has the runtime make a type of each link, at every start.
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0a || byte == 0x09 }
        var (first, end) = (0, count)
        while first < end, isBlank(self[first]) { first += 1 }
        while first < end, isBlank(self[end - 1]) { end -= 1 }
        return String(decoding: self[first..<end], as: UTF8.self)
    }

    /// Lines of words, as most cgroup files are; empty lines are left out.
    var lines: [[Substring]] {
        pieces(of: String(decoding: self, as: UTF8.self), between: "\n").map { pieces(of: $0, between: " ") }
    }
}
