import ContainerRuntime
import Monitor
import RuntimeCommandLine

extension Command {
    /// Creates and starts a container and stays beside it; the exit status is 125 to 127 if it was not started.
    func monitor() throws -> Int32 {
        let valued = [
            "bundle", "run-dir", "log-driver", "log-path", "log-max-size", "log-max-files", "client-fd", "cleanup",
            "health-interval", "health-start-period", "health-start-interval",
        ]
        var words = valued.flatMap { name in options[name].map { ["--\(name)", $0] } ?? [] }
        for name in ["log-field", "cleanup-arg", "health-arg"] {
            words += options.all(name).flatMap { ["--\(name)", $0] }
        }
        words += ["stdin", "stdin-once", "client-cleans", "log-compress"].filter { options.has($0) }.map { "--\($0)" }
        let runtime = try runtime()
        words += ["--state-root", runtime.root.path]
        return Monitor.run(try MonitorOptions.parse(words + ["--"] + arguments), on: runtime)
    }
}
