// A monitor for tests that need no privileges: the container is a plain child process. Takes the monitor's own command
// line; the words after a `--` that stands for itself are the program and its arguments.
import LinuxKernel
import Monitor
import MonitorProtocol

struct ChildStarter: ContainerStarter {
    let program: [String]
    let hasTerminal: Bool

    func start(_ stdio: borrowing ContainerStdio) throws(StartFailure) -> StartedContainer {
        guard let path = program.first else { throw StartFailure(kind: .engine, message: "no program") }
        let spawn = Spawn(program: path, arguments: program, environment: ["PATH=/usr/bin:/bin"], newSession: true)
        do throws(SyscallError) {
            if hasTerminal {
                let terminal = try PseudoTerminal()
                let numbers: [(CInt, CInt)] = [(terminal.peer.raw, 0), (terminal.peer.raw, 1), (terminal.peer.raw, 2)]
                let pid = try spawn.start(numbers).release()
                return StartedContainer(
                    pid: pid, terminal: terminal.keepController(), memoryEvents: nil, earlierKills: 0)
            }
            let pid = try spawn.start([(stdio.input.raw, 0), (stdio.output.raw, 1), (stdio.error.raw, 2)]).release()
            return StartedContainer(pid: pid, terminal: nil, memoryEvents: nil, earlierKills: 0)
        } catch {
            let kind: StartFailure.Kind = error.code == .noSuchFile ? .notFound : .notExecutable
            throw StartFailure(kind: kind, message: "\(error)")
        }
    }
}

// monitor-fixture [tty] monitor OPTIONS… ID -- PROGRAM…
let words = CommandLine.arguments
if let status = Monitor.resume(words) { exitNow(status) }
let hasTerminal = words.dropFirst().first == "tty"
let first = words.firstIndex(of: "monitor") ?? words.endIndex - 1
let divider = words.firstIndex(of: "--") ?? words.endIndex
do {
    let options = try MonitorOptions.parse(Array(words[(first + 1)..<divider]))
    let starter = ChildStarter(program: Array(words[divider...].dropFirst()), hasTerminal: hasTerminal)
    exitNow(Monitor.run(options, starter: starter))
} catch {
    try? OwnedDescriptor(adopting: 2).write("monitor-fixture: \(error)\n")
    exitNow(125)
}
