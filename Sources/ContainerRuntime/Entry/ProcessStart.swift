internal import AppArmor
internal import Capabilities
internal import LinuxKernel
internal import OCISpec
internal import Seccomp

extension RuntimeConfig.Process {
    /// The environment that the program gets: the bundle's, and `HOME` if the bundle has none.
    var completeEnvironment: [String] {
        env.contains { $0.hasPrefix("HOME=") } ? env : env + ["HOME=\(HomeDirectory.of(user.uid))"]
    }

    /// Makes the working directory if it is missing, as root's, while the container's root can still be written to.
    ///
    /// What cannot be made is told when the process goes there.
    func makeWorkingDirectory(in root: borrowing ContainerRoot) {
        if workingDirectory != "/" { _ = try? root.place(workingDirectory, .directory) }
    }

    /// Goes to the working directory while the process still is the container's root, who may enter what its user may not: the home
    /// of another, for one.
    ///
    /// - Returns: False if even root may not: in a share of the network, say, where only the user may. `enterWorkingDirectory()`
    ///   goes there after the change of user.
    /// - Throws: `invalidInput` if it is missing or leads out of the container (CVE-2024-21626).
    func enterWorkingDirectoryAsRoot() throws(RuntimeError) -> Bool {
        do throws(SyscallError) {
            try changeDirectory(to: workingDirectory)
        } catch {
            guard error.code != .accessDenied, error.code != .notPermitted else { return false }
            throw refusal(error)
        }
        try checkWorkingDirectory()
        return true
    }

    /// Goes to the working directory as the process's user.
    ///
    /// - Throws: `programNotExecutable` if the user may not enter it, `invalidInput` as above.
    func enterWorkingDirectory() throws(RuntimeError) {
        do throws(SyscallError) {
            try changeDirectory(to: workingDirectory)
        } catch {
            throw refusal(error)
        }
        try checkWorkingDirectory()
    }

    private var workingDirectory: String { cwd.isEmpty ? "/" : cwd }

    private func refusal(_ error: SyscallError) -> RuntimeError {
        RuntimeError(
            error.code == .accessDenied ? .programNotExecutable : .invalidInput,
            "process.cwd \(workingDirectory): \(error.code)")
    }

    private func checkWorkingDirectory() throws(RuntimeError) {
        let path = workingDirectory
        let arrived = try attempting("process.cwd \(path)") { () throws(SyscallError) in try rawWorkingDirectory() }
        guard arrived.utf8.first == UInt8(ascii: "/") else {
            throw RuntimeError(.invalidInput, "process.cwd \(path): it is outside of the container's root")
        }
    }
}

extension RuntimeError {
    /// A failed execve(2), in the words in which engines look for the reason.
    init(execFailure error: SyscallError, _ program: String) {
        switch error.code {
        case .noSuchFile:
            // The program is there: it was found before. What is missing is the interpreter that it names.
            self.init(
                .programNotFound, "exec \(program): no such file or directory (its interpreter is missing in the image)"
            )
        case .accessDenied, .notPermitted, .isDirectory:
            self.init(.programNotExecutable, "exec \(program): \(error.code)")
        case .execFormat:
            self.init(
                .programNotExecutable, "exec \(program): exec format error (made for another machine, or no #! line)")
        default: self.init(.fault, "exec \(program): \(error.code)")
        }
    }
}

extension Runtime {
    /// Compiled filters, beside the containers' directories: no ID has an `@`.
    private var programs: ProgramCache { ProgramCache(directory: root.path + "/@seccomp") }

    /// Decides what a process may do.
    ///
    /// - Throws: `unsupported` for a filter that cannot be made.
    func confinement(
        of process: RuntimeConfig.Process, _ seccomp: RuntimeConfig.Linux.Seccomp?, mayChangeGroups: Bool,
        mayLackCapabilities: Bool
    ) throws(RuntimeError) -> Confinement {
        var unknown: [String] = []
        let capabilities = CapabilityPlan(spec: process.capabilities, unknown: &unknown)
        if !unknown.isEmpty {
            log.warning("process.capabilities: not known, left out: \(unknown.joined(separator: " "))")
        }
        // In a user namespace of its own the process holds them all; elsewhere no more than this one does.
        if mayLackCapabilities, let held = try? ProcessCapabilities.ownPermitted() {
            let wanted = capabilities.sets.permitted.union(capabilities.sets.effective)
            let lacking = wanted.union(capabilities.sets.inheritable).subtracting(held)
            if !lacking.isEmpty {
                let names = lacking.capabilities.map(\.specName).joined(separator: " ")
                log.warning("process.capabilities: the runtime itself does not hold them, left out: \(names)")
            }
        }
        // What nobody can have: other runtimes' `spec` writes such lists, so a warning would come with every start.
        let notRaised = capabilities.sets.ambient.subtracting(capabilities.raisableAmbient)
        if !notRaised.isEmpty {
            log.debug(
                "process.capabilities.ambient: not permitted and inheritable, left out: "
                    + notRaised.capabilities.map(\.specName).joined(separator: " "))
        }
        var filter: Program?
        if let seccomp {
            filter = try attempting("linux.seccomp") { () throws(ProfileError) in
                try programs.program(of: Profile(spec: seccomp))
            }
            if let unknown = filter?.skippedNames, !unknown.isEmpty {
                log.debug("linux.seccomp: no such calls, left out: \(unknown.joined(separator: " "))")
            }
        }
        let wantsListener = seccomp?.syscalls.contains { $0.action == .notify } ?? false
        return Confinement(
            user: process.user, noNewPrivileges: process.noNewPrivileges, capabilities: capabilities, filter: filter,
            filterWantsListener: wantsListener, mayChangeGroups: mayChangeGroups)
    }
}
