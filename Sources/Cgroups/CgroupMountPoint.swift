import LinuxKernel

/// The root of a hierarchy's mount, while directories below it are made: paths are below it, without slashes around them.
struct CgroupMountPoint: ~Copyable {
    let hierarchy: Hierarchy
    let descriptor: OwnedDescriptor

    init(_ hierarchy: Hierarchy, testRoot: String) throws(CgroupError) {
        self.hierarchy = hierarchy
        descriptor = try OwnedDescriptor.mountPoint(of: hierarchy, testRoot: testRoot)
    }

    init(_ hierarchy: Hierarchy, adopting descriptor: consuming OwnedDescriptor) {
        self.hierarchy = hierarchy
        self.descriptor = descriptor
    }

    borrowing func fullPath(_ path: String) -> String {
        path.isEmpty ? hierarchy.mountPoint : hierarchy.mountPoint + "/" + path
    }

    /// Makes one directory.
    ///
    /// - Returns: False if it was there.
    borrowing func makeDirectory(_ path: String) throws(CgroupError) -> Bool {
        do throws(SyscallError) {
            try descriptor.makeDirectory(path, mode: 0o755)
            return true
        } catch  where error.code == .fileExists {
            return false
        } catch {
            throw .failed(SyscallError(call: "mkdir", subject: fullPath(path), code: error.code))
        }
    }

    /// Makes a directory with those above it.
    ///
    /// - Returns: How many of the components were there already.
    borrowing func makeDirectories(_ components: [Substring]) throws(CgroupError) -> Int {
        // Mostly the parent is there, and one call will do.
        do throws(CgroupError) {
            return try makeDirectory(joinedPath(components)) ? components.count - 1 : components.count
        } catch  where error.code == .noSuchFile {
            var existing = 0
            for count in 1...components.count
            where try !makeDirectory(joinedPath(components[..<count])) {
                existing = count
            }
            return existing
        }
    }

    /// Removes what `makeDirectories` made.
    ///
    /// - Throws: As rmdir(2), on the first that cannot be removed.
    borrowing func removeDirectories(_ components: [Substring], existing: Int) throws(CgroupError) {
        for count in stride(from: components.count, to: existing, by: -1) {
            let path = joinedPath(components[..<count])
            do throws(SyscallError) {
                try descriptor.removeDirectory(path)
            } catch  where error.code == .noSuchFile {
                continue
            } catch {
                throw .failed(SyscallError(call: "rmdir", subject: fullPath(path), code: error.code))
            }
        }
    }

    borrowing func open(_ path: String, forReading: Bool = false) throws(CgroupError) -> OwnedDescriptor {
        do throws(SyscallError) {
            return try descriptor.openBeneath(path, forReading: forReading)
        } catch {
            throw .failed(SyscallError(call: "open", subject: fullPath(path), code: error.code))
        }
    }

    borrowing func read(_ path: String, _ file: String) throws(CgroupError) -> String {
        let name = path.isEmpty ? file : path + "/" + file
        do throws(SyscallError) {
            return try descriptor.open(name, [.read, .noFollow]).readAll(limit: 65_536).trimmedText
        } catch {
            throw .failed(SyscallError(call: "read", subject: fullPath(name), code: error.code))
        }
    }

    /// Writes a file of the mount's root.
    borrowing func write(_ file: String, _ value: String) throws(CgroupError) { try write("", file, value) }

    borrowing func write(_ path: String, _ file: String, _ value: String) throws(CgroupError) {
        let name = path.isEmpty ? file : path + "/" + file
        do throws(SyscallError) {
            try descriptor.open(name, [.write, .noFollow]).write(value)
        } catch {
            throw .refused(file: fullPath(name), value: value, error.code)
        }
    }
}
