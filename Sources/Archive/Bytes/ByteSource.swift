public import LinuxKernel

/// Bytes that come one after another: a file, a pipe, a download, or what a decompressor makes of another source.
///
/// Pulled by the reader, so that nothing is held in memory that nobody has asked for. One thread at a time uses a source.
public protocol ByteSource: AnyObject {
    /// Fills the front of `buffer`, which is not empty, with one to all of its bytes.
    ///
    /// - Returns: How many bytes there are now in `buffer`; 0 is the end, and stays so.
    /// - Throws: Whatever the origin of the bytes has to say. The source is of no use afterwards.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int
}

extension ByteSource {
    /// Fills all of `buffer` unless the source ends before.
    ///
    /// - Returns: How many bytes there are now in `buffer`.
    package func fill(_ buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        var done = 0
        while done < buffer.count {
            let got = try read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[done...]))
            if got == 0 { break }
            done += got
        }
        return done
    }

    /// Reads to the end, at most `limit` bytes.
    ///
    /// - Throws: `ArchiveError` with the reason `.tooLarge` if there is more.
    package func readAll(limit: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 65_536)
        while true {
            let got = try part.withUnsafeMutableBytes { try read(into: $0) }
            if got == 0 { return bytes }
            guard bytes.count + got <= limit else {
                throw ArchiveError(.limit(.totalBytes, UInt64(limit)), offset: UInt64(bytes.count))
            }
            bytes += part.prefix(got)
        }
    }
}

/// Bytes of an open file, pipe or socket, from where it stands.
public final class DescriptorSource: ByteSource {
    private let descriptor: OwnedDescriptor

    /// Takes over a descriptor that is open for reading.
    public init(_ descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }

    /// Opens a file of the host's.
    ///
    /// - Throws: As open(2).
    public convenience init(path: String) throws(SyscallError) {
        self.init(try OwnedDescriptor(open: path, [.read, .noControllingTerminal]))
    }

    public func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int { try descriptor.read(into: buffer) }
}

/// Bytes that are in memory already.
public final class MemorySource: ByteSource {
    private let bytes: [UInt8]
    private var position = 0
    private let step: Int

    /// Serves `bytes`, at most `step` of them at a time.
    public init(_ bytes: [UInt8], step: Int = .max) {
        self.bytes = bytes
        self.step = max(1, step)
    }

    public func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(buffer.count, bytes.count - position, step)
        guard count > 0 else { return 0 }
        bytes.withUnsafeBytes {
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[position..<position + count]))
        }
        position += count
        return count
    }
}
