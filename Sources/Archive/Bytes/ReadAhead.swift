internal import CLinux
internal import LinuxKernel

/// Reads another source on a thread of its own, a few blocks ahead, so that decompressing and writing overlap.
///
/// The thread is kept for blocking calls and ends with the source, with an error, or when this object goes away.
package final class ReadAhead: ByteSource {
    private let exchange: Exchange
    private var current: (block: Int, position: Int, count: Int)?

    /// - Parameters:
    ///   - source: Handed over: nobody else may use it from now on.
    ///   - blockSize: Bytes of one block.
    ///   - blocks: How many blocks there are; all but one may be ahead.
    /// - Throws: `EAGAIN` if there can be no further thread.
    package init(_ source: any ByteSource, blockSize: Int = 262_144, blocks: Int = 4) throws {
        exchange = Exchange(source, blockSize: blockSize, blocks: max(2, blocks))
        let retained = Unmanaged.passRetained(exchange)
        let failed = clinux_thread_detached(
            { context in
                guard let context else { return nil }
                Unmanaged<Exchange>.fromOpaque(context).takeRetainedValue().produce()
                return nil
            }, retained.toOpaque())
        if failed != 0 {
            retained.release()
            throw SyscallError(call: "pthread_create", subject: "read ahead", code: Errno(rawValue: failed))
        }
    }

    deinit { exchange.abandon() }

    package func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        if current == nil {
            guard let (block, count) = try exchange.next() else { return 0 }
            current = (block, 0, count)
        }
        guard let (block, position, count) = current else { return 0 }
        let length = min(buffer.count, count - position)
        buffer.copyMemory(from: exchange.bytes(of: block, from: position, count: length))
        if position + length == count {
            exchange.giveBack()
            current = nil
        } else {
            current = (block, position + length, count)
        }
        return length
    }
}

/// A ring of blocks between the thread that fills them and the one that empties them.
///
/// Unchecked: `filled`, `ended`, `failure` and `abandoned` are touched only under the turnstile's lock. A block belongs to
/// the consumer while it counts as filled, and else to the producer; `source` belongs to the producer.
private final class Exchange: @unchecked Sendable {
    private let source: any ByteSource
    private let blockSize: Int
    private let memory: UnsafeMutableRawBufferPointer
    private let turnstile: UnsafeMutablePointer<clinux_turnstile>
    private var lengths: [Int]
    /// The consumer's next block, and how many from there on are filled.
    private var first = 0
    private var filled = 0
    private var ended = false
    private var failure: (any Error)?
    private var abandoned = false

    init(_ source: any ByteSource, blockSize: Int, blocks: Int) {
        self.source = source
        self.blockSize = max(4096, blockSize)
        lengths = Array(repeating: 0, count: blocks)
        memory = .allocate(byteCount: self.blockSize * blocks, alignment: 4096)
        turnstile = .allocate(capacity: 1)
        // It fails for lack of memory only, which Linux does not report here.
        precondition(clinux_turnstile_init(turnstile) == 0)
    }

    deinit {
        clinux_turnstile_destroy(turnstile)
        turnstile.deallocate()
        memory.deallocate()
    }

    private func locked<Result>(_ body: () -> Result) -> Result {
        clinux_turnstile_lock(turnstile)
        defer { clinux_turnstile_unlock(turnstile) }
        return body()
    }

    /// The thread's work.
    func produce() {
        while let block = freeBlock() {
            do {
                let room = UnsafeMutableRawBufferPointer(
                    rebasing: memory[block * blockSize..<(block + 1) * blockSize])
                let count = try source.fill(room)
                publish(count: count, in: block, isLast: count < blockSize, failure: nil)
                if count < blockSize { return }
            } catch {
                return publish(count: 0, in: block, isLast: true, failure: error)
            }
        }
    }

    /// Waits until a block is free; `nil` when nobody wants more.
    private func freeBlock() -> Int? {
        locked {
            while filled == lengths.count, !abandoned { clinux_turnstile_wait(turnstile) }
            return abandoned ? nil : (first + filled) % lengths.count
        }
    }

    private func publish(count: Int, in block: Int, isLast: Bool, failure: (any Error)?) {
        locked {
            lengths[block] = count
            if count > 0 { filled += 1 }
            ended = isLast
            self.failure = failure
            clinux_turnstile_signal(turnstile)
        }
    }

    /// Waits for the next filled block; `nil` at the end.
    func next() throws -> (block: Int, count: Int)? {
        let answer: Result<(block: Int, count: Int)?, any Error> = locked {
            while filled == 0, !ended { clinux_turnstile_wait(turnstile) }
            if filled > 0 { return .success((first, lengths[first])) }
            if let failure { return .failure(failure) }
            return .success(nil)
        }
        return try answer.get()
    }

    func bytes(of block: Int, from position: Int, count: Int) -> UnsafeRawBufferPointer {
        let start = block * blockSize + position
        return UnsafeRawBufferPointer(rebasing: memory[start..<start + count])
    }

    func giveBack() {
        locked {
            first = (first + 1) % lengths.count
            filled -= 1
            clinux_turnstile_signal(turnstile)
        }
    }

    func abandon() {
        locked {
            abandoned = true
            clinux_turnstile_signal(turnstile)
        }
    }
}
