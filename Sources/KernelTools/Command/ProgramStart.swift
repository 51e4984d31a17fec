internal import LinuxKernel

/// Replaces this process by a command, found as execvp(3) finds it.
///
/// - Throws: `ToolFailure` with status 127 if there is no such program, 126 if it cannot be executed.
func executeCommand(_ words: [String], environment: [String] = callerEnvironment()) throws -> Never {
    let name = words.first ?? ""
    var refusal: SyscallError?
    for path in candidates(name) {
        do throws(SyscallError) {
            try execute(path, arguments: words, environment: environment)
        } catch {
            switch error.code {
            case .execFormat:
                // A script without its first line is the shell's, as with execvp.
                try execute("/bin/sh", arguments: ["/bin/sh", path] + words.dropFirst(), environment: environment)
            case .noSuchFile, .notDirectory: refusal = refusal ?? error
            case .accessDenied: refusal = error
            default: throw ToolFailure("failed to execute \(name): \(error.code)", status: 126)
            }
        }
    }
    let code = refusal?.code ?? .noSuchFile
    throw ToolFailure(
        "failed to execute \(name): \(code)", status: code == .noSuchFile || code == .notDirectory ? 127 : 126)
}

/// The same for a tool that has one status of its own for whatever cannot be started.
func executeCommand(_ words: [String], failing status: Int32) throws -> Never {
    do {
        try executeCommand(words)
    } catch let failure as ToolFailure {
        throw ToolFailure(failure.message, status: status)
    }
}

/// Replaces this process by the user's shell, as a login shell: what `unshare` and `nsenter` do without a command.
func executeLoginShell(environment: [String] = callerEnvironment()) throws -> Never {
    let shell = shellCommand()[0]
    do throws(SyscallError) {
        try execute(shell, arguments: ["-" + lastComponent(of: shell)], environment: environment)
    } catch {
        throw ToolFailure("failed to execute \(shell): \(error.code)", status: error.code == .noSuchFile ? 127 : 126)
    }
}

private func lastComponent(of path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

private func candidates(_ name: String) -> [String] {
    if name.contains("/") || name.isEmpty { return [name] }
    let path = environmentVariable("PATH") ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    return path.split(separator: ":", omittingEmptySubsequences: false).map { $0.isEmpty ? name : "\($0)/\(name)" }
}

/// Replaces this process by a command, as `executeCommand` does.
///
/// - Throws: Why it cannot, in words.
public func startCommand(_ words: [String]) throws -> Never { try executeCommand(words) }

/// The user's shell, for a tool that was given no command.
func shellCommand(interactive: Bool = false) -> [String] {
    let shell = environmentVariable("SHELL").flatMap { $0.isEmpty ? nil : $0 } ?? "/bin/sh"
    return interactive ? [shell, "-i"] : [shell]
}

/// Goes on in a child, as fork(2) does, while this process waits and then ends as the child did: with its exit code, or by
/// the same signal.
///
/// - Parameters:
///   - endsWithParent: The signal that the child gets when this process ends first.
///   - inParent: What this process does before it waits.
/// - Returns: Only in the child.
func goOnInChild(endsWithParent: Signal? = nil, inParent: (Int32) throws -> Void = { _ in }) throws {
    // ^C is for the command; this process has to stay and say how it ended.
    let before = try SignalMask.block([.interrupt, .terminate])
    let own = CallerIdentity.pid
    switch try clone(namespaces: [], cgroup: nil) {
    case .child:
        if let signal = endsWithParent {
            try ProcessAttribute.setParentDeathSignal(signal)
            // The parent may have ended before that was set. Behind a new pid namespace its number shows as 0.
            if CallerIdentity.parentPid != own, CallerIdentity.parentPid != 0 { exitNow(1) }
        }
        try SignalMask.set(before)
    case .parent(let pid, _):
        do {
            try inParent(pid)
        } catch {
            try? Signal.kill.send(to: pid)
            _ = try? Children.wait(for: pid)
            throw error
        }
        switch try Children.wait(for: pid) {
        case .exited(let code): exitNow(code)
        case .signalled(let signal, _):
            try? signal.useDefaultAction()
            try SignalMask.unblock([signal])
            try signal.send(to: CallerIdentity.pid)
            exitNow(128 + signal.rawValue)  // Only for a signal that does not end us.
        }
    }
}
