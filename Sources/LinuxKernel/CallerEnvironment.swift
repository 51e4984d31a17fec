internal import CLinux
internal import Glibc

/// The value of a variable in the environment of this process, `nil` if it is not set: getenv(3).
public func environmentVariable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

/// The absolute path of the working directory.
///
/// - Throws: `ENOENT` if it was removed, as getcwd(2).
public func workingDirectory() throws(SyscallError) -> String {
    guard let path = getcwd(nil, 0) else { throw SyscallError(call: "getcwd", subject: "", code: .current) }
    defer { free(path) }
    return String(cString: path)
}

/// Ends this process as returning from `main` does.
public func endProcess(_ status: Int32) -> Never { exit(status) }

/// Has a function run when this process ends by itself: atexit(3), which has room for 32 at least.
public func atEndOfProcess(_ function: @escaping @convention(c) () -> Void) { _ = atexit(function) }

/// All of this process's environment, as `NAME=value`.
public func callerEnvironment() -> [String] {
    var entries: [String] = []
    guard var next = clinux_environ() else { return [] }
    while let entry = next.pointee {
        entries.append(String(cString: entry))
        next += 1
    }
    return entries
}

/// Sets a variable in the environment of this process, for what it executes later: setenv(3).
public func setEnvironmentVariable(_ name: String, _ value: String) { _ = setenv(name, value, 1) }
