internal import CLinux
internal import Glibc

/// Extended attributes of a file: xattr(7). Not for `O_PATH` descriptors: `EBADF`.
extension OwnedDescriptor {
    /// The value of an attribute, or `nil` if the file has none of that name.
    ///
    /// - Throws: As fgetxattr(2): `EOPNOTSUPP` where the file system has no attributes.
    public borrowing func extendedAttribute(_ name: String) throws(SyscallError) -> [UInt8]? {
        let own = raw
        do throws(SyscallError) {
            return try growing("fgetxattr", name) { fgetxattr(own, name, $0, $1) }
        } catch  where error.code == .noData {
            return nil
        }
    }

    /// Sets an attribute, new or not.
    public borrowing func setExtendedAttribute(_ name: String, _ value: [UInt8]) throws(SyscallError) {
        let own = raw
        try kernel("fsetxattr", name) { fsetxattr(own, name, value, value.count, 0) }
    }

    /// Removes an attribute.
    ///
    /// - Throws: `ENODATA` if the file has none of that name.
    public borrowing func removeExtendedAttribute(_ name: String) throws(SyscallError) {
        let own = raw
        try kernel("fremovexattr", name) { fremovexattr(own, name) }
    }

    /// The names of the attributes that the caller may see.
    public borrowing func extendedAttributeNames() throws(SyscallError) -> [String] {
        let own = raw
        let list = try growing("flistxattr", "descriptor \(own)") {
            flistxattr(own, $0?.assumingMemoryBound(to: CChar.self), $1)
        }
        return list.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }
}

/// Asks how long the answer is, then for the answer, again if it has grown meanwhile.
private func growing(
    _ call: StaticString, _ subject: String, _ read: (UnsafeMutableRawPointer?, Int) -> Int
) throws(SyscallError) -> [UInt8] {
    while true {
        let size = try kernel(call, subject) { read(nil, 0) }
        guard size > 0 else { return [] }
        var failure: SyscallError?
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, used in
            do throws(SyscallError) {
                used = try kernel(call, subject) { read(buffer.baseAddress, size) }
            } catch {
                failure = error
                used = 0
            }
        }
        guard let failure else { return bytes }
        guard failure.code == .outOfRange else { throw failure }
    }
}
