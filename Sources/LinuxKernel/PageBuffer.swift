internal import CLinux
internal import Glibc

/// Memory in whole pages straight from the kernel, of which only touched pages count, and all of which goes back at once.
///
/// For buffers that are mostly unused: the heap would keep their pages.
public struct PageBuffer: ~Copyable {
    /// All of it, empty at first.
    public private(set) var bytes = UnsafeMutableRawBufferPointer(start: nil, count: 0)

    /// An empty buffer, which has no memory yet.
    public init() {}

    /// Makes it at least so large; what it holds stays, what is new is zero.
    ///
    /// - Parameter size: In bytes. The kernel rounds up to whole pages.
    /// - Throws: `ENOMEM`; nothing is changed then.
    public mutating func reserve(_ size: Int) throws(SyscallError) {
        guard size > bytes.count else { return }
        let memory = bytes.baseAddress.map { clinux_remap($0, bytes.count, size) } ?? clinux_map_anonymous(size)
        guard let memory else {
            throw SyscallError(call: "mmap", subject: "\(size) bytes", code: .current)
        }
        bytes = UnsafeMutableRawBufferPointer(start: memory, count: size)
    }

    /// Gives all memory back; the buffer is empty again.
    public mutating func release() {
        if let start = bytes.baseAddress { munmap(start, bytes.count) }
        bytes = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    }

    deinit {
        if let start = bytes.baseAddress { munmap(start, bytes.count) }
    }
}

extension UnsafeRawBufferPointer {
    /// Where `byte` occurs first, by memchr(3).
    public func firstOffset(of byte: UInt8) -> Int? {
        let offset = baseAddress.map { clinux_find_byte($0, count, CInt(byte)) } ?? -1
        return offset >= 0 ? offset : nil
    }
}
