import ArgumentParser
import CommandLineUI
import Engine
import LinuxKernel

/// The options before the command, and their environment variables.
struct Globals: Sendable {
    var root = "/var/lib/brig"
    var runRoot = "/run/brig"
    var runtime: String?

    /// Set once, before any command runs.
    nonisolated(unsafe) static var current = Globals()

    init() {}

    /// Takes the options off the front. ArgumentParser would give a parent's options to nobody.
    init(takingFrom words: inout [String]) throws {
        root = environmentVariable("BRIG_ROOT") ?? root
        runRoot = environmentVariable("BRIG_RUN") ?? runRoot
        runtime = environmentVariable("BRIG_RUNTIME")
        while let word = words.first {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            if ["-D", "--debug", "--tls", "--tlsverify"].contains(word) {
                words.removeFirst()
                continue
            }
            guard Self.valued.contains(parts[0]) else { return }
            words.removeFirst()
            guard let value = parts.count == 2 ? parts[1] : words.first, !value.isEmpty else {
                throw CommandExit(CommandExit.engine, "option \(parts[0]) needs a value")
            }
            if parts.count == 1 { words.removeFirst() }
            switch parts[0] {
            case "--root": root = value
            case "--run-root": runRoot = value
            case "--runtime": runtime = value
            default: try Self.takeDockers(parts[0], value)
            }
        }
    }

    /// The last ones are Docker's.
    private static let valued: Set<String> = [
        "--root", "--run-root", "--runtime", "-l", "--log-level", "-c", "--context", "-H", "--host", "--config",
    ]

    /// What Docker's client is told before the command: how to reach a daemon, and how much to say of it.
    private static func takeDockers(_ option: String, _ value: String) throws {
        switch option {
        case "-l", "--log-level": break
        case "-c", "--context":
            guard value == "default" else {
                throw CommandExit(CommandExit.engine, "there is no context \(value): brig works on this host alone")
            }
        case "--config": setEnvironmentVariable("DOCKER_CONFIG", value)
        default:
            throw CommandExit(
                CommandExit.engine, "\(option) \(value): brig has no daemon to reach, and works on this host alone")
        }
    }

    /// Opens the engine that the options name.
    ///
    /// - Throws: `EngineError`, of kind `unsupported` for users other than root: with a root of their own some of it would work,
    ///   and some only half.
    static func engine() throws(EngineError) -> Engine {
        let globals = current
        guard CallerIdentity.effectiveUid == 0 else {
            throw EngineError(
                .unsupported,
                "user \(CallerIdentity.effectiveUid) cannot do this yet: containers, images, volumes and networks are root's; "
                    + "run it with sudo")
        }
        if let runtime = globals.runtime, !runtime.hasPrefix("/") {
            throw EngineError(.invalidInput, "BRIG_RUNTIME must be an absolute path: \(runtime)")
        }
        return try Engine(
            try EngineLocations(root: globals.root, runRoot: globals.runRoot), runtime: globals.runtime,
            notices: { Output.complain($0) })
    }
}
