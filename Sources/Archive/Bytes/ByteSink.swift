public import LinuxKernel

/// Where bytes go one after another: a file, a pipe, an upload, or something that packs them on the way.
public protocol ByteSink: AnyObject {
    /// Takes all of `bytes`, which may change afterwards.
    func write(_ bytes: UnsafeRawBufferPointer) throws
}

/// Writes to an open file, pipe or socket.
public final class DescriptorSink: ByteSink {
    private let descriptor: OwnedDescriptor

    /// Takes over a descriptor that is open for writing.
    public init(_ descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }

    public func write(_ bytes: UnsafeRawBufferPointer) throws { try descriptor.write(bytes) }
}

/// Keeps bytes in memory.
public final class MemorySink: ByteSink {
    /// What was written so far.
    public private(set) var bytes: [UInt8] = []

    public init() {}

    public func write(_ bytes: UnsafeRawBufferPointer) { self.bytes.append(contentsOf: bytes) }
}
