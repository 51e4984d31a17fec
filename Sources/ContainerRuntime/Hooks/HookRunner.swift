package import OCISpec
internal import LinuxKernel

/// Runs a bundle's hooks, one after the other, each with the container's state on its standard input.
///
/// A hook gets its absolute path, the arguments and the environment that it declares, the working directory `/` and a
/// session of its own; nothing else of ours. It runs in the namespaces of the calling process.
package enum HookRunner {
    /// How much of a hook's output is kept for the error's message, in bytes.
    static let outputLimit = 4096

    /// Runs hooks until one fails.
    ///
    /// - Parameter state: The content of the hooks' standard input.
    package static func run(
        _ kind: HookKind, _ hooks: [RuntimeConfig.Hooks.Hook], state: @autoclosure () -> JSONValue
    ) throws(HookError) {
        guard !hooks.isEmpty else { return }
        let input = state().bytes()
        for (index, hook) in hooks.enumerated() { try run(kind, index, hook, input) }
    }

    /// Runs all hooks, and calls `failed` for each one that fails: for those whose failure stops nothing.
    package static func runAll(
        _ kind: HookKind, _ hooks: [RuntimeConfig.Hooks.Hook], state: @autoclosure () -> JSONValue,
        failed: (HookError) -> Void
    ) {
        guard !hooks.isEmpty else { return }
        let input = state().bytes()
        for (index, hook) in hooks.enumerated() {
            do throws(HookError) { try run(kind, index, hook, input) } catch { failed(error) }
        }
    }

    private static func run(
        _ kind: HookKind, _ index: Int, _ hook: RuntimeConfig.Hooks.Hook, _ input: [UInt8]
    ) throws(HookError) {
        func failure(_ problem: HookError.Problem, _ output: [UInt8] = []) -> HookError {
            HookError(kind: kind, index: index, path: hook.path, problem: problem, output: shown(output))
        }
        let end: End
        do throws(SyscallError) {
            end = try runProgram(hook, input)
        } catch {
            throw failure(.notStarted("\(error)"))
        }
        switch end.status {
        case nil: throw failure(.timedOut(hook.timeout ?? 0), end.output)
        case let status? where status.isSuccess: return
        case let status?: throw failure(.failed("\(status)"), end.output)
        }
    }

    /// How a hook's program ended; `nil` for one that was killed for want of time.
    private struct End {
        let status: ExitStatus?
        let output: [UInt8]
    }

    private static func runProgram(_ hook: RuntimeConfig.Hooks.Hook, _ input: [UInt8]) throws(SyscallError) -> End {
        // A file of ours instead of a pipe: the hook may read it late or not at all, and nobody has to feed it.
        let stdin = try OwnedDescriptor(memoryFile: "state")
        try stdin.write(input)
        try stdin.seek(to: 0)
        let output = try Pipe(nonBlocking: false)
        let program = Spawn(
            program: hook.path, arguments: hook.args.isEmpty ? [hook.path] : hook.args, environment: hook.env,
            workingDirectory: "/", newSession: true)
        let child = try program.start([
            (stdin.raw, 0), (output.writeEnd.raw, 1), (output.writeEnd.raw, 2),
        ])
        return try watch(child, output.keepReadEnd(), hook.timeout.map { .seconds($0) })
    }

    /// Waits for the child, not for the end of its output: what it leaves running may keep that open.
    private static func watch(
        _ child: consuming ChildProcess, _ output: consuming OwnedDescriptor, _ timeout: Duration?
    ) throws(SyscallError) -> End {
        try output.setNonBlocking(true)
        let deadline = timeout.map { MonotonicClock.now + $0 }
        var kept: [UInt8] = []
        var isOpen = true
        while true {
            let left = deadline.map { max(.zero, $0 - MonotonicClock.now) }
            var wanted: [(descriptor: CInt, events: PollEvents)] = [(child.descriptor.raw, .readable)]
            if isOpen { wanted.append((output.raw, .readable)) }
            let ready = try pollReady(wanted, left)
            if isOpen { isOpen = try drain(output, into: &kept) }
            if ready.contains(where: { $0.index == 0 }) { return End(status: try child.wait(), output: kept) }
            if ready.isEmpty {
                // The whole session's first group: it is the child's own, and its number is taken until we wait.
                try? Signal.kill.send(to: -child.pid)
                _ = try child.wait()
                return End(status: nil, output: kept)
            }
        }
    }

    /// Reads what is there; false at the end. Beyond the limit it is read all the same, so that nobody blocks.
    private static func drain(
        _ output: borrowing OwnedDescriptor, into kept: inout [UInt8]
    ) throws(SyscallError) -> Bool {
        // Bounded, so that a hook that never stops writing cannot keep us from its timeout.
        for _ in 0..<16 {
            do throws(SyscallError) {
                let bytes = try output.read(upTo: 4096)
                if bytes.isEmpty { return false }
                kept += bytes.prefix(max(0, outputLimit - kept.count))
            } catch  where error.code == .again {
                return true
            }
        }
        return true
    }

    /// The output on one line, without what could act on a terminal.
    private static func shown(_ output: [UInt8]) -> String {
        let words = printable(String(decoding: output, as: UTF8.self))
        let trimmed = words.drop { $0 == " " }
        return String(trimmed.reversed().drop { $0 == " " }.reversed())
    }
}
