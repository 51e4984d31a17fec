internal import LinuxKernel
package import OCISpec

/// A container that does not run, as far as its records and its files tell.
package struct EndedContainer: Equatable, Sendable {
    /// The file that was to be executed, as it lies in the container.
    package struct Program: Equatable, Sendable {
        /// Where it was found; `nil` if nowhere.
        package var path: String?
        package var mode: UInt32
        package var isDirectory: Bool
        package var header: ProgramHeader
        /// Whether the interpreter or loader that it names is there; `nil` if it names none.
        package var interpreterIsThere: Bool?

        package init(
            path: String?, mode: UInt32 = 0o755, isDirectory: Bool = false, header: ProgramHeader = .unknown,
            interpreterIsThere: Bool? = nil
        ) {
            self.path = path
            self.mode = mode
            self.isDirectory = isDirectory
            self.header = header
            self.interpreterIsThere = interpreterIsThere
        }
    }

    package var name: String
    /// `created`, `exited`, …
    package var status: String
    package var exitCode: Int32
    package var outOfMemory: Bool
    /// Bytes; 0 for none.
    package var memoryLimit: Int64
    /// The engine's words for a start that failed.
    package var error: String
    package var command: [String]
    /// `unhealthy`, …; empty where health is not checked.
    package var health: String
    /// What the last health check said.
    package var healthOutput: String
    package var program: Program?
    /// The host's, as uname(2) has it.
    package var machine: String

    package init(
        name: String, status: String = "exited", exitCode: Int32, outOfMemory: Bool = false, memoryLimit: Int64 = 0,
        error: String = "", command: [String] = [], health: String = "", healthOutput: String = "",
        program: Program? = nil, machine: String = "x86_64"
    ) {
        self.name = name
        self.status = status
        self.exitCode = exitCode
        self.outOfMemory = outOfMemory
        self.memoryLimit = memoryLimit
        self.error = error
        self.command = command
        self.health = health
        self.healthOutput = healthOutput
        self.program = program
        self.machine = machine
    }
}

/// Why a container ended, in words.
package struct Ending: Equatable, Sendable {
    /// Such as `exitCode`, `outOfMemory`, `noInterpreter`.
    package enum Cause: String, Sendable {
        case finished, exitCode, signal, outOfMemory, notFound, noInterpreter, wrongArchitecture, notExecutable
        case notStarted, engine
    }

    package var cause: Cause
    package var explanation: String
    package var remedy: String?
    package var evidence: [Evidence]

    package init(_ ended: EndedContainer) {
        let command = ended.command.first ?? ""
        evidence = [
            Evidence(
                "brig inspect \(ended.name)",
                "Status \(ended.status), ExitCode \(ended.exitCode), OOMKilled \(ended.outOfMemory)\(ended.error.isEmpty ? "" : ", Error \(ended.error)")"
            )
        ]
        (cause, explanation, remedy) = Self.decide(ended, command)
        if !ended.health.isEmpty, ended.health != "none", ended.health != "healthy" {
            explanation +=
                "; its health check said \(ended.health)\(ended.healthOutput.isEmpty ? "" : ": \(ended.healthOutput)")"
        }
    }

    private static func decide(_ ended: EndedContainer, _ command: String) -> (Cause, String, String?) {
        if ended.status == "created", ended.error.isEmpty {
            return (.notStarted, "it was made and has not been started", "brig start \(ended.name)")
        }
        if !ended.error.isEmpty || [126, 127].contains(ended.exitCode), let program = ended.program,
            let found = decide(program, ended, command)
        {
            return found
        }
        if !ended.error.isEmpty { return (.engine, "it could not be started: \(ended.error)", nil) }
        if ended.outOfMemory { return outOfMemory(ended, command) }
        return byCode(ended, command)
    }

    private static func decide(
        _ program: EndedContainer.Program, _ ended: EndedContainer, _ command: String
    ) -> (Cause, String, String?)? {
        guard let path = program.path else {
            return ended.error.isEmpty
                ? nil
                : (.notFound, "there is no program \(command) in the image", "another command, or an image that has it")
        }
        if program.isDirectory { return (.notExecutable, "\(path) is a directory", "name a program in it") }
        if program.interpreterIsThere == false {
            switch program.header {
            case .script(let interpreter):
                let hasReturn = interpreter.hasSuffix("\r")
                return (
                    .noInterpreter,
                    "\(path) is a script for \(interpreter.filter { $0 != "\r" })\(hasReturn ? " followed by a carriage return" : ""), which is not in the image; the kernel then says that there is no such file",
                    hasReturn
                        ? "lines that end as on Unix: sed -i 's/\\r$//' \(path)"
                        : "install \(interpreter), or name a shell that is there"
                )
            case .elf(_, _, let loader?):
                return (
                    .noInterpreter,
                    "\(path) is linked against a C library whose loader \(loader) is not in the image; the kernel then says that there is no such file",
                    "an image with that C library (musl and glibc have different loaders), or a static program"
                )
            default: break
            }
        }
        if !program.header.runs(on: ended.machine), case .elf(let machine, let is64, _) = program.header {
            return (
                .wrongArchitecture,
                "\(path) is for \(ProgramHeader.name(machine, is64: is64)), and this machine is \(ended.machine)",
                "pull the image with --platform for this machine"
            )
        }
        if program.mode & 0o111 == 0 {
            return (
                .notExecutable, "\(path) is not executable (mode \(String(program.mode & 0o7777, radix: 8)))",
                "chmod +x \(path) in the image"
            )
        }
        if !ended.error.isEmpty, program.header == .unknown {
            return (
                .notExecutable, "\(path) is neither a program nor a script with a first line #!",
                "name its interpreter: sh \(path)"
            )
        }
        return nil
    }

    /// The kernel counts kills of any process of the container, and the first one may have gone on without it.
    private static func outOfMemory(_ ended: EndedContainer, _ command: String) -> (Cause, String, String?) {
        let limit = ended.memoryLimit > 0 ? " (\(shownSize(UInt64(ended.memoryLimit))))" : ""
        let remedy = "--memory with a greater size"
        if ended.exitCode == 137 {
            return (.outOfMemory, "it used more memory than it may\(limit), and the kernel killed it", remedy)
        }
        return (
            .outOfMemory,
            "it used more memory than it may\(limit), and the kernel killed one of its processes; then \(byCode(ended, command).1)",
            remedy
        )
    }

    private static func byCode(_ ended: EndedContainer, _ command: String) -> (Cause, String, String?) {
        let code = ended.exitCode
        switch code {
        case 0: return (.finished, "\(command) ended by itself, without an error", nil)
        case 126:
            return (
                .notExecutable, "\(command) ended with 126: a shell's word for a program that cannot be executed", nil
            )
        case 127: return (.notFound, "\(command) ended with 127: a shell's word for a program that is not there", nil)
        case 129...192:
            guard let signal = Signal(rawValue: code - 128) else { break }
            let meaning: String =
                switch signal.rawValue {
                case 1: "the terminal was closed"
                case 2: "it was interrupted (^C)"
                case 4: "it ran an instruction that this processor has not got"
                case 6: "it gave up by itself (abort)"
                case 7: "it touched memory that is not there"
                case 8: "it divided by zero"
                case 9: "it was killed: by brig stop after its time, by brig kill, or by the kernel"
                case 11: "it touched memory that is not its own"
                case 13: "it wrote to a pipe that nobody reads"
                case 15: "it was asked to end, as brig stop does"
                case 24: "it used more processor time than it may (RLIMIT_CPU)"
                case 25: "a file became larger than it may (RLIMIT_FSIZE)"
                case 31: "it made a call that its seccomp filter ends processes for"
                default: "a signal ended it"
                }
            return (
                .signal, "\(command) was ended by \(signal.name), or exited with \(code): \(meaning)",
                signal.rawValue == 31 ? "brig why -- brig run … shows the call" : nil
            )
        default: break
        }
        return (
            .exitCode, "\(command) ended by itself with exit code \(code); its log tells more: brig logs \(ended.name)",
            nil
        )
    }

    package var json: JSONValue {
        [
            "cause": .string(cause.rawValue), "explanation": .string(explanation), "allowedBy": .optional(remedy),
            "evidence": .array(evidence.map(\.json)),
        ]
    }
}
