/// Puts `text` into a file of the host's in one step, so that who waits for the file never reads a part.
///
/// - Throws: As open(2), write(2) and rename(2).
public func replaceFile(_ path: String, _ text: String) throws(SyscallError) {
    let components = path.split(separator: "/", omittingEmptySubsequences: true)
    guard let name = components.last.map({ String($0) }) else {
        throw SyscallError(call: "open", subject: path, code: .isDirectory)
    }
    let parent = String(path.dropLast(name.utf8.count))
    let directory = try OwnedDescriptor(open: parent.isEmpty ? "." : parent, [.read, .directory])
    let temporary = ".\(name).\(CallerIdentity.threadIdentifier)"
    // Two threads may replace the same file at once. A file of that name would be of somebody who waits for us to write to it.
    do throws(SyscallError) { try directory.removeFile(temporary) } catch  where error.code == .noSuchFile {}
    try directory.open(temporary, [.write, .create, .exclusive, .noFollow], mode: 0o644).write(text)
    try directory.rename(temporary, to: name)
}
