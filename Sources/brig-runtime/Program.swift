import ContainerRuntime
import LinuxKernel
import OCISpec
import RuntimeCommandLine

/// The version of this program.
let programVersion = "0.1.0"

/// Runs one command line and returns the exit status.
func runProgram(_ words: [String]) -> Int32 {
    if let status = helloStatus(CommandLine.arguments) { return status }
    do {
        try StandardDescriptors.openMissing()
        switch try Invocation(words) {
        case .help(nil): try StandardDescriptors.print(HelpText.program(version: programVersion))
        case .help(let command?): try StandardDescriptors.print(HelpText.command(command))
        case .version:
            try StandardDescriptors.print("brig-runtime version \(programVersion)\nspec: \(Runtime.specVersion)\n")
        case .command(let command, let global, let options, let arguments):
            if command.entersContainer {
                // Before anything else: it starts this program anew, from a file that no container can write.
                try ProtectedExecutable.ensure(arguments: CommandLine.arguments, environment: callerEnvironment())
            }
            let log = try openLog(global)
            return Command(command, global, options, arguments, log).run()
        }
        return 0
    } catch {
        let log = Log(file: nil, errors: OwnedDescriptor(adopting: 2))
        log.error("\(error)")
        // As runc: callers tell an unknown command from one that failed.
        if case .unknownCommand? = error as? UsageError { return 3 }
        return 1
    }
}

private func openLog(_ global: GlobalOptions) throws -> Log {
    var file: OwnedDescriptor?
    if let path = global.logFile, path != "/dev/stderr" {
        file = try OwnedDescriptor(open: path, [.write, .create, .append], mode: 0o644)
    }
    return Log(
        file: file, format: global.logFormat == .json ? .json : .text, level: global.debug ? .debug : .warning,
        errors: OwnedDescriptor(adopting: 2))
}

/// One command with what it was given.
struct Command {
    let command: RuntimeCommand
    let global: GlobalOptions
    let options: GivenOptions
    let arguments: [String]
    let log: Log

    init(
        _ command: RuntimeCommand, _ global: GlobalOptions, _ options: GivenOptions, _ arguments: [String], _ log: Log
    ) {
        (self.command, self.global, self.options) = (command, global, options)
        (self.arguments, self.log) = (arguments, log)
    }

    /// Does what was asked for, logs why it could not be done, and returns the exit status.
    func run() -> Int32 {
        do {
            if global.systemdCgroup, command.touchesCgroups {
                throw RuntimeError(
                    .unsupported,
                    "--systemd-cgroup: cgroups made by systemd are not supported; use the cgroupfs driver")
            }
            return try perform()
        } catch {
            log.error(command == .exec ? "exec failed: \(error)" : "\(error)")
            return failureStatus(error)
        }
    }

    private func perform() throws -> Int32 {
        switch command {
        case .create: try create()
        case .start: try start()
        case .run: return try runContainer()
        case .exec: return try execProgram()
        case .state: try printState()
        case .list: try printList()
        case .kill: try kill()
        case .delete: try delete()
        case .pause: try runtime().pause(containerID())
        case .resume: try runtime().resume(containerID())
        case .update: try update()
        case .events: try printEvents()
        case .ps: try printProcesses()
        case .spec: try writeSpec()
        case .features: try printFeatures()
        case .monitor: return try monitor()
        case .checkpoint, .restore:
            throw RuntimeError(.unsupported, "\(command.rawValue) is not supported by this runtime")
        }
        return 0
    }

    /// As runc: what the program returned must not be taken for a failure of exec itself. An engine asks for the codes
    /// that its own command has.
    private func failureStatus(_ error: any Error) -> Int32 {
        guard command == .exec else { return 1 }
        guard options.has("engine-codes") else { return 255 }
        switch (error as? RuntimeError)?.kind {
        case .programNotFound: return 127
        case .programNotExecutable: return 126
        default: return 125
        }
    }

    /// The runtime on the state root that was asked for.
    func runtime() throws -> Runtime {
        let path =
            global.root
            ?? StateRoot.defaultPath(
                isRoot: CallerIdentity.effectiveUid == 0 && !isOrdinaryUserAsRoot,
                userID: CallerIdentity.effectiveUid, runtimeDirectory: environmentVariable("XDG_RUNTIME_DIR"))
        return Runtime(root: try StateRoot(path: path), log: log, cgroupUse: cgroupUse)
    }

    private var cgroupUse: CgroupUse {
        if global.withoutCgroups { return .none }
        switch global.rootless {
        case .true: return .bestEffort
        case .false: return .required
        case .auto: return CallerIdentity.effectiveUid != 0 || isOrdinaryUserAsRoot ? .bestEffort : .required
        }
    }

    /// An ordinary user who is root only in a user namespace of their own: neither `/run` nor the cgroups are theirs.
    private var isOrdinaryUserAsRoot: Bool {
        guard environmentVariable("XDG_RUNTIME_DIR") != nil, environmentVariable("USER") != "root" else { return false }
        // Best guess without the map: the host's own.
        guard let map = try? readText("/proc/self/uid_map") else { return false }
        return map.split(whereSeparator: \.isWhitespace).map { String($0) } != ["0", "0", "4294967295"]
    }

    /// The container that the first argument names.
    func containerID() throws -> ContainerID { try ContainerID(arguments.first ?? "") }
}

extension RuntimeCommand {
    /// Whether the command makes a process that goes into a container.
    fileprivate var entersContainer: Bool {
        switch self {
        case .create, .run, .exec, .monitor: true
        default: false
        }
    }

    /// Whether the command works on cgroups that somebody has made.
    fileprivate var touchesCgroups: Bool {
        switch self {
        case .create, .run, .start, .exec, .pause, .resume, .update, .events, .ps, .monitor: true
        default: false
        }
    }
}
