internal import LinuxKernel

extension Monitor {
    /// Waits, and becomes another program: what stands in for a monitor until a restart policy starts its container again.
    ///
    /// - Parameter arguments: The whole command line: `… monitor --wait MILLISECONDS PROGRAM ARGUMENT…`.
    /// - Returns: The exit status, if the program cannot be executed; `nil` for any other command line.
    package static func waitToExecute(_ arguments: [String]) -> Int32? {
        guard arguments.count > 4, arguments[1] == "monitor", arguments[2] == "--wait",
            let milliseconds = Int64(arguments[3]), (0...3_600_000).contains(milliseconds)
        else { return nil }
        sleep(for: .milliseconds(milliseconds))
        do throws(SyscallError) {
            try execute(arguments[4], arguments: Array(arguments[4...]), environment: callerEnvironment())
        } catch {
            // Nobody is there to be told; whoever looks next finds that nobody waits any more.
            return 125
        }
    }
}
