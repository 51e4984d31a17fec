internal import CLinux
internal import Glibc

extension TreeDirectory {
    /// Takes `name` away with everything below it, whatever it is and however deep it goes.
    ///
    /// No link is followed and no mount entered: `EBUSY` or `EXDEV` says that something is mounted there. What is already
    /// gone is no error.
    package borrowing func removeTree(_ name: NamePointer) throws(SyscallError) {
        do throws(SyscallError) {
            return try removeFile(name)
        } catch {
            switch error.code {
            case .noSuchFile: return
            case .isDirectory: break
            default: throw error
            }
        }
        let tree: TreeDirectory
        do throws(SyscallError) {
            tree = try openForRemoval(name)
        } catch  where error.code == .noSuchFile {
            return
        }
        try tree.removeContents()
        try removeEmptyDirectory(name)
    }

    /// Takes away everything in this directory.
    package borrowing func removeContents() throws(SyscallError) {
        var removal = Removal()
        try removal.empty(self, depth: 0, top: self)
        // Once more: a directory too deep to be held open was moved up here.
        while removal.movedSinceLastPass {
            removal.movedSinceLastPass = false
            try removal.empty(self, depth: 0, top: self)
        }
    }

    private borrowing func removeEmptyDirectory(_ name: NamePointer) throws(SyscallError) {
        let directory = raw
        do throws(SyscallError) {
            try kernel("unlinkat", String(cString: name)) { unlinkat(directory, name, AT_REMOVEDIR) }
        } catch  where error.code == .noSuchFile {}
    }

    /// Opens a directory to be emptied, of this file system only.
    fileprivate borrowing func openForRemoval(_ name: NamePointer) throws(SyscallError) -> TreeDirectory {
        let directory = raw
        let flags = UInt64(UInt32(bitPattern: O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC))
        func open() throws(SyscallError) -> CInt {
            try kernel("openat2", String(cString: name)) {
                clinux_openat2(directory, name, flags, 0, UInt64(RESOLVE_NO_XDEV | RESOLVE_BENEATH))
            }
        }
        do throws(SyscallError) {
            return TreeDirectory(OwnedDescriptor(adopting: try open()))
        } catch  where error.code == .accessDenied {
            // An unprivileged owner may still open its own directory to itself.
            try openNode(name).setPermissionsOfNode(0o700)
            return TreeDirectory(OwnedDescriptor(adopting: try open()))
        }
    }

    /// The state of one removal.
    private struct Removal {
        /// How many directories are held open at once. A deeper one is first moved to the top.
        static let openDirectories = 40
        var movedSinceLastPass = false
        var moved = 0

        mutating func empty(
            _ directory: borrowing TreeDirectory, depth: Int, top: borrowing TreeDirectory
        ) throws(SyscallError) {
            let size = 16_384
            let buffer = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 8)
            defer { buffer.deallocate() }
            let raw = directory.raw
            // Removing while reading may make a file system skip names: read until a pass finds none.
            var found = true
            while found {
                found = false
                try kernel("lseek", "directory") { lseek(raw, 0, SEEK_SET) }
                while true {
                    let used = try kernel("getdents64", "directory") { clinux_getdents64(raw, buffer, size) }
                    if used == 0 { break }
                    var at = 0
                    // struct linux_dirent64: inode u64, offset i64, record length u16, type u8, name with a final zero.
                    while at + 19 < used {
                        let length = Int(buffer.loadUnaligned(fromByteOffset: at + 16, as: UInt16.self))
                        guard length > 19, at + length <= used else { break }
                        let type = buffer.load(fromByteOffset: at + 18, as: UInt8.self)
                        let name = UnsafePointer((buffer + at + 19).assumingMemoryBound(to: CChar.self))
                        at += length
                        if strcmp(name, ".") == 0 || strcmp(name, "..") == 0 { continue }
                        found = true
                        try remove(name, isDirectory: type == 4, from: directory, depth: depth, top: top)
                    }
                }
            }
        }

        private mutating func remove(
            _ name: NamePointer, isDirectory: Bool, from directory: borrowing TreeDirectory, depth: Int,
            top: borrowing TreeDirectory
        ) throws(SyscallError) {
            if !isDirectory {
                do throws(SyscallError) {
                    return try directory.removeFile(name)
                } catch {
                    switch error.code {
                    case .noSuchFile: return
                    case .isDirectory: break  // The file system does not tell types in listings.
                    default: throw error
                    }
                }
            }
            if depth >= Self.openDirectories {
                return try moveUp(name, from: directory, top: top)
            }
            let child: TreeDirectory
            do throws(SyscallError) {
                child = try directory.openForRemoval(name)
            } catch  where error.code == .noSuchFile {
                return
            }
            try empty(child, depth: depth + 1, top: top)
            try directory.removeEmptyDirectory(name)
        }

        /// Puts a deep directory into the top one under a name that nothing there has.
        private mutating func moveUp(
            _ name: NamePointer, from directory: borrowing TreeDirectory, top: borrowing TreeDirectory
        ) throws(SyscallError) {
            while true {
                moved += 1
                do throws(SyscallError) {
                    try directory.move(name, to: top, as: ".removing-\(moved)")
                    movedSinceLastPass = true
                    return
                } catch  where error.code == .fileExists {
                    continue
                }
            }
        }
    }
}
