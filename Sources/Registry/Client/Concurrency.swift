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
///
/// - Parameter canceller: Ends it early, from another thread.
public func waiting<Value: Sendable>(
    cancelledBy canceller: Canceller? = nil, _ work: @escaping @Sendable () async throws -> Value
) throws -> Value {
    let outcome = ConditionLock<Bool>(value: false)
    let box = NIOLockedValueBox<Result<Value, any Error>?>(nil)
    let task = Task.detached {
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
    canceller?.add { task.cancel() }
    outcome.lock(whenValue: true)
    outcome.unlock()
    guard let result = box.withLockedValue({ $0 }) else { throw CancellationError() }
    return try result.get()
}

/// Cancels what others wait for with ``waiting(cancelledBy:_:)``, and all that they begin to wait for afterwards.
public final class Canceller: Sendable {
    private let state = NIOLockedValueBox<(isCancelled: Bool, actions: [@Sendable () -> Void])>((false, []))

    public init() {}

    /// Ends what is waited for now and later.
    public func cancel() {
        let actions = state.withLockedValue { state in
            state.isCancelled = true
            defer { state.actions = [] }
            return state.actions
        }
        for action in actions { action() }
    }

    fileprivate func add(_ action: @escaping @Sendable () -> Void) {
        let isCancelled = state.withLockedValue { state in
            if !state.isCancelled { state.actions.append(action) }
            return state.isCancelled
        }
        if isCancelled { action() }
    }
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
