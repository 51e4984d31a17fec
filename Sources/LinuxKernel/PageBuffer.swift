internal import CLinux
internal import Glibc

/// Memory in whole pages straight from the kernel, of which only touched pages count, and all of which goes back at once.
///
/// For buffers that are mostly unused: the heap would keep their pages.
public struct PageBuffer: ~Copyable {
    /// All of it. Zero when it was obtained.
    public private(set) var bytes: UnsafeMutableRawBufferPointer

    /// - Parameter size: In bytes, rounded up to whole pages by the kernel.
    /// - Throws: `ENOMEM`.
    public init(size: Int) throws(SyscallError) {
        guard let memory = clinux_map_anonymous(size) else {
            throw SyscallError(call: "mmap", subject: "\(size) bytes", code: .current)
        }
        bytes = UnsafeMutableRawBufferPointer(start: memory, count: size)
    }

    /// Makes it larger or smaller; the content up to the smaller size stays.
    ///
    /// - Throws: `ENOMEM`; nothing is changed then.
    public mutating func resize(to size: Int) throws(SyscallError) {
        guard let memory = clinux_remap(bytes.baseAddress, bytes.count, size) else {
            throw SyscallError(call: "mremap", subject: "\(size) bytes", code: .current)
        }
        bytes = UnsafeMutableRawBufferPointer(start: memory, count: size)
    }

    deinit { munmap(bytes.baseAddress, bytes.count) }
}

extension UnsafeRawBufferPointer {
    /// Where `byte` occurs first, by memchr(3).
    public func firstOffset(of byte: UInt8) -> Int? {
        let offset = baseAddress.map { clinux_find_byte($0, count, CInt(byte)) } ?? -1
        return offset >= 0 ? offset : nil
    }
}
