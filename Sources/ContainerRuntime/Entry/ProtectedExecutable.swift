internal import LinuxKernel

/// Keeps the host's copy of this program out of reach of what runs in containers.
///
/// A container's process can name the program that entered the container (`/proc/PID/exe`, or an entry point that is
/// `/proc/self/exe`) and write to it once it is no longer running: CVE-2019-5736. So what enters runs from a file that
/// nobody can write: through a private read-only overlay of the program's directory, or, without the privilege for
/// that, from a sealed copy in memory.
package enum ProtectedExecutable {
    /// Goes on if this program runs from a file that cannot be written; else executes itself from one.
    ///
    /// - Throws: `fault` if neither way is open: nothing may then enter a container.
    package static func ensure(arguments: [String], environment: [String]) throws(RuntimeError) {
        guard try !isProtected() else { return }
        do throws(SyscallError) {
            try execute(protectedCopy(), arguments: arguments, environment: environment)
        } catch {
            throw RuntimeError("protecting the runtime's own program", error)
        }
    }

    private static func protectedCopy() throws(SyscallError) -> OwnedDescriptor {
        do throws(SyscallError) {
            return try openThroughOverlay()
        } catch {
            return try copyToMemory()
        }
    }

    /// Checks that this process may enter a container, and sees to it that nobody in there can look into it.
    ///
    /// - Throws: `fault` if the program was not started anew by `ensure`: then nothing may enter.
    static func demand() throws(RuntimeError) {
        guard try isProtected() else {
            throw RuntimeError(
                .fault, "the runtime's program could be overwritten from the container; refusing to enter")
        }
        try attempting("hiding the runtime's process") { () throws(SyscallError) in
            try ProcessAttribute.setDumpable(false)
        }
    }

    /// Whether the kernel refuses to open the running program for writing for another reason than that it is running.
    private static func isProtected() throws(RuntimeError) -> Bool {
        do throws(SyscallError) {
            let program = try OwnedDescriptor(open: "/proc/self/exe", .write)
            // A file in memory opens; its seals say whether it can be written.
            return try program.seals().contains(.writing)
        } catch {
            switch error.code {
            case .readOnlyFileSystem: return true
            // An ordinary user who may not write the file is no more able to in a container.
            case .accessDenied where CallerIdentity.effectiveUid != 0: return true
            case .textBusy: return try isSealed()
            default: throw RuntimeError("asking whether the runtime's program can be written", error)
            }
        }
    }

    private static func isSealed() throws(RuntimeError) -> Bool {
        do throws(SyscallError) {
            return try OwnedDescriptor(open: "/proc/self/exe", .read).seals().contains(.writing)
        } catch  where error.code == .invalidArgument {
            return false  // Not a file in memory.
        } catch {
            throw RuntimeError("asking whether the runtime's program is sealed", error)
        }
    }

    /// An overlay needs two directories to have no writable one. The second holds nothing that a program is called.
    private static func openThroughOverlay() throws(SyscallError) -> OwnedDescriptor {
        let path = try readSymbolicLink("/proc/self/exe")
        let name = path.split(separator: "/").last.map { String($0) } ?? ""
        let directory = String(path.dropLast(name.utf8.count))
        // Characters that separate directories in the option cannot be given.
        guard path.utf8.first == UInt8(ascii: "/"), !directory.contains(":"), !directory.contains("\\") else {
            throw SyscallError(call: "overlay", subject: path, code: .invalidArgument)
        }
        let overlay = try DetachedMount.fileSystem(
            "overlay", source: "brig-runtime", options: ["lowerdir=\(directory):/sys/fs"],
            attributes: [.readOnly, .noDevices, .noSetUID])
        let program = try overlay.root.open(name, [.pathOnly, .noFollow])
        // The name may have another file by now; only the very program that runs will do.
        let (found, running) = (try program.status(), try OwnedDescriptor(open: "/proc/self/exe", .pathOnly).status())
        guard found.isRegularFile, found.inode == running.inode, found.size == running.size else {
            throw SyscallError(call: "overlay", subject: path, code: .noSuchFile)
        }
        return program
    }

    private static func copyToMemory() throws(SyscallError) -> OwnedDescriptor {
        let copy = try OwnedDescriptor(memoryFile: "brig-runtime", executable: true)
        _ = try OwnedDescriptor(open: "/proc/self/exe", .read).copyAll(to: copy)
        try copy.addSeals(.complete)
        return copy
    }
}
