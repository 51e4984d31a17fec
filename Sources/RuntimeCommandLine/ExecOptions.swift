internal import ContainerRuntime
package import OCISpec

/// What `exec` runs, and where.
package enum ExecOptions {
    /// The process of a container's config, changed as the options of `exec` say.
    ///
    /// Source: runc(8), exec: what is not named is as in the container's own process; the terminal is not.
    package static func process(
        from base: RuntimeConfig.Process, _ options: GivenOptions, arguments: [String]
    ) throws -> RuntimeConfig.Process {
        guard !arguments.isEmpty else {
            throw RuntimeError(.invalidInput, "exec needs a command, or --process with one")
        }
        var process = base
        process.args = arguments
        process.terminal = options.has("tty")
        process.cwd = options.text("cwd") ?? process.cwd
        process.env += options.all("env")
        process.apparmorProfile = options.text("apparmor") ?? process.apparmorProfile
        process.selinuxLabel = options.text("process-label") ?? process.selinuxLabel
        if options.isGiven("no-new-privs") { process.noNewPrivileges = options.has("no-new-privs") }
        if let user = options.text("user") { try set(user: user, &process.user) }
        for gid in options.all("additional-gids") {
            process.user.additionalGids.append(try id(gid, option: "additional-gids"))
        }
        add(capabilities: options.all("cap"), &process)
        return process
    }

    /// `UID` or `UID:GID`. Names are the engine's business: the runtime reads no file of the container.
    private static func set(user: String, _ target: inout RuntimeConfig.Process.User) throws(UsageError) {
        let parts = user.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        target.uid = try id(String(parts[0]), option: "user")
        if parts.count == 2 { target.gid = try id(String(parts[1]), option: "user") }
    }

    private static func id(_ text: String, option: String) throws(UsageError) -> UInt32 {
        // The largest number stands for "no id" in system calls.
        guard text.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let id = UInt32(text), id != .max else {
            throw .invalidValue(option: option, value: text, expected: "a number from 0 to \(UInt32.max - 1)")
        }
        return id
    }

    private static func add(capabilities: [String], _ process: inout RuntimeConfig.Process) {
        guard !capabilities.isEmpty else { return }
        var sets = process.capabilities ?? RuntimeConfig.Process.Capabilities()
        for name in capabilities {
            sets.bounding.append(name)
            sets.effective.append(name)
            sets.permitted.append(name)
            // An ambient capability must be inheritable, and inheritable ones are not ours to add.
            if sets.inheritable.contains(name) { sets.ambient.append(name) }
        }
        process.capabilities = sets
    }

    /// Where `--cgroup` puts the process: a path below the container's cgroup by controller; `""` is all of them.
    package static func cgroupPaths(_ arguments: [String]) throws(UsageError) -> OrderedMap<String> {
        func invalid(_ argument: String, _ expected: String) -> UsageError {
            .invalidValue(option: "cgroup", value: argument, expected: expected)
        }
        var paths = OrderedMap<String>()
        for argument in arguments {
            guard let colon = argument.firstIndex(of: ":") else {
                guard arguments.count == 1 else {
                    throw invalid(argument, "CONTROLLER:PATH where the option is repeated")
                }
                paths[""] = argument
                continue
            }
            for controller in argument[..<colon].split(separator: ",", omittingEmptySubsequences: false) {
                let name = String(controller)
                guard !name.isEmpty, paths[name] == nil else {
                    throw invalid(argument, "the name of each controller once before the colon")
                }
                paths[name] = String(argument[argument.index(after: colon)...])
            }
        }
        return paths
    }
}
