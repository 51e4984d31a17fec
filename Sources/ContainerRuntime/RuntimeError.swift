/// Why the runtime could not do what it was asked for: one line for the user, and a kind for callers that decide.
package struct RuntimeError: Error, Equatable, CustomStringConvertible {
    /// What a caller can do about it.
    package enum Kind: UInt8, Sendable {
        /// The request or the bundle asks for something that is not valid.
        case invalidInput = 1
        /// No such container.
        case notFound
        /// The container's state does not allow it, or the name is in use.
        case conflict
        /// Brig, or this kernel, cannot do it.
        case unsupported
        /// The program to run exists in no directory of the container's PATH, or its interpreter is missing: exit code 127.
        case programNotFound
        /// The program to run exists and cannot be executed: exit code 126.
        case programNotExecutable
        /// The kernel, a hook or another program failed.
        case fault
    }

    package let kind: Kind
    /// What was tried, on what, what was answered, and what to do.
    package let message: String

    package init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    package var description: String { message }

    /// A failed call, with what it was made for: `mount /proc: fsmount proc: operation not permitted`.
    package init(_ purpose: String, _ error: any Error) {
        self.init((error as? RuntimeError)?.kind ?? .fault, "\(purpose): \(error)")
    }
}

/// Runs `body`, and says what it was for if it fails.
package func attempting<Value: ~Copyable, Failure: Error>(
    _ purpose: @autoclosure () -> String, _ body: () throws(Failure) -> Value
) throws(RuntimeError) -> Value {
    do throws(Failure) { return try body() } catch { throw RuntimeError(purpose(), error) }
}
