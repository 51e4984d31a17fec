internal import Synchronization

/// Counts what passes through. The count may be read by another thread than the one that reads the bytes.
final class CountingSource: ByteSource {
    private let source: any ByteSource
    private let passed = Atomic<UInt64>(0)

    init(_ source: any ByteSource) { self.source = source }

    var count: UInt64 { passed.load(ordering: .relaxed) }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let got = try source.read(into: buffer)
        passed.wrappingAdd(UInt64(got), ordering: .relaxed)
        return got
    }
}
