/// Why a file that somebody else's file names was not read.
public enum NamedFileError: Error, Equatable, CustomStringConvertible {
    case kernel(SyscallError)
    /// Something that may give bytes without an end, or never one.
    case notAFile(path: String)

    public var description: String {
        switch self {
        case .kernel(let error): "cannot read \(error.subject): \(error.code)"
        case .notAFile(let path): "cannot read \(path): it is no regular file"
        }
    }

    /// The kernel's answer, if it was the kernel that refused.
    public var code: Errno? {
        if case .kernel(let error) = self { error.code } else { nil }
    }
}

/// Reads the whole of a small file whose path may be anybody's choice: reading a FIFO would wait for somebody to write, and
/// some devices never end.
///
/// What this process has open, by `/dev/stdin` or `/dev/fd/N` as a shell's `<(…)` gives it, is what the caller wanted.
///
/// - Parameter limit: The largest size taken, in bytes.
/// - Throws: As open(2) and read(2) with the path as subject; `EFBIG` beyond `limit`.
public func readNamedFile(_ path: String, limit: Int) throws(NamedFileError) -> [UInt8] {
    let isOwn = path == "/dev/stdin" || path.hasPrefix("/dev/fd/") || path.hasPrefix("/proc/self/fd/")
    do throws(SyscallError) {
        if isOwn || path == "/dev/null" { return try readFile(path, limit: limit) }
        let place = try OwnedDescriptor(open: path, .pathOnly)
        // Opened again by its descriptor: it is the same file, whatever its name leads to by now.
        // Some of /proc and /sys say that they are files, and wait for what is to come.
        if try place.status().isRegularFile {
            return try OwnedDescriptor(open: "/proc/self/fd/\(place.raw)", [.read, .nonBlocking]).readAll(limit: limit)
        }
    } catch {
        throw .kernel(SyscallError(call: error.call, subject: path, code: error.code))
    }
    throw .notAFile(path: path)
}
