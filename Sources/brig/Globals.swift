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
            guard ["--root", "--run-root", "--runtime"].contains(parts[0]) else { return }
            words.removeFirst()
            guard let value = parts.count == 2 ? parts[1] : words.first, !value.isEmpty else {
                throw CommandExit(CommandExit.engine, "option \(parts[0]) needs a value")
            }
            if parts.count == 1 { words.removeFirst() }
            switch parts[0] {
            case "--root": root = value
            case "--run-root": runRoot = value
            default: runtime = value
            }
        }
    }

    /// Opens the engine that the options name.
    static func engine() throws(EngineError) -> Engine {
        let globals = current
        if let runtime = globals.runtime, !runtime.hasPrefix("/") {
            throw EngineError(.invalidInput, "BRIG_RUNTIME must be an absolute path: \(runtime)")
        }
        return try Engine(
            try EngineLocations(root: globals.root, runRoot: globals.runRoot), runtime: globals.runtime,
            notices: { Output.complain($0) })
    }
}
