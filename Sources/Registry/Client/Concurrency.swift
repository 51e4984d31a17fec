internal import NIOConcurrencyHelpers
internal import NIOPosix

/// Does something with each item, at most `limit` at once. The first failure ends all that are under way.
///
/// - Returns: What came of each, in the order of the items.
public func concurrently<Item: Sendable, Value: Sendable>(
    _ items: [Item], limit: Int, _ body: @escaping @Sendable (Item) async throws -> Value
) async throws -> [Value] {
    var values = [Value?](repeating: nil, count: items.count)
    try await withThrowingTaskGroup(of: (Int, Value).self) { group in
        var rest = items.enumerated().makeIterator()
        func startNext() {
            guard let (index, item) = rest.next() else { return }
            group.addTask { (index, try await body(item)) }
        }
        for _ in 0..<max(1, limit) { startNext() }
        while let (index, value) = try await group.next() {
            values[index] = value
            startNext()
        }
    }
    return values.compactMap { $0 }
}

/// Runs asynchronous work for a caller that is not: a command of one thread that has nothing else to do.
///
/// Not to be called from asynchronous code: it would keep a thread of the pool from the work that it waits for.
public func waiting<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) throws -> Value {
    let outcome = ConditionLock<Bool>(value: false)
    let box = NIOLockedValueBox<Result<Value, any Error>?>(nil)
    Task.detached {
        let result: Result<Value, any Error>
        do {
            result = .success(try await work())
        } catch {
            result = .failure(error)
        }
        box.withLockedValue { $0 = result }
        outcome.lock()
        outcome.unlock(withValue: true)
    }
    outcome.lock(whenValue: true)
    outcome.unlock()
    guard let result = box.withLockedValue({ $0 }) else { throw CancellationError() }
    return try result.get()
}

/// Runs a call that blocks on a thread of its own instead of one that others wait for.
func onOwnThread<Value: Sendable>(_ call: @escaping @Sendable () throws -> Value) async throws -> Value {
    let pool = NIOThreadPool(numberOfThreads: 1)
    pool.start()
    do {
        let value = try await pool.runIfActive(call)
        try await pool.shutdownGracefully()
        return value
    } catch {
        // The call's error is the one to report.
        try? await pool.shutdownGracefully()
        throw error
    }
}
