internal import BuildFile
internal import Engine
internal import LinuxKernel
internal import OCISpec

extension StageBuilder {
    func apply(_ run: Run, _ step: Step) throws {
        if run.security == .insecure, !build.request.allowed.contains("security.insecure") {
            throw EngineError(
                .invalidInput, "--security=insecure could take over the host: it needs --allow security.insecure")
        }
        if run.network == .host, build.request.host.networkMode != "host",
            !build.request.allowed.contains("network.host")
        {
            throw EngineError(
                .invalidInput, "--network=host needs --allow network.host, or --network host for the whole build")
        }
        let command = try command(of: run)
        var program = BuildRun()
        program.arguments = command.words
        // Arguments are variables, too; those of the environment go before them.
        let own = Set(state.config.env.map { String($0.prefix { $0 != "=" }) })
        let visible = state.arguments.filter { !own.contains($0.name) }
        program.environment = visible.map { "\($0.name)=\($0.value)" } + state.config.env
        program.workingDirectory = state.workingDirectory
        program.user = state.config.user ?? ""
        program.host = build.request.host
        program.addedHosts = build.request.addedHosts
        switch run.network {
        case .none: program.host.networkMode = "none"
        case .host: program.host.networkMode = "host"
        case .default: break
        }
        program.host.privileged = run.security == .insecure
        if let name = build.request.arguments["BUILDKIT_SANDBOX_HOSTNAME"], !name.isEmpty { program.hostname = name }

        let mounts = try MountPlan(self, run, command.script)
        var key = key("RUN")
        for (index, word) in command.words.enumerated() { key.add("word \(index + 1) of the command", word) }
        if let script = command.script { key.add("script", Array(script.utf8)) }
        for (name, value) in visible { key.addHidden("argument \(name)", value) }
        for entry in state.config.env {
            key.addHidden("variable \(entry.prefix { $0 != "=" })", entry)
        }
        key.add("working directory", program.workingDirectory)
        key.add("user", program.user)
        key.add("network", program.host.networkMode)
        key.add("security", run.security.rawValue)
        if let name = build.request.arguments["BUILDKIT_SANDBOX_HOSTNAME"] { key.add("host name", name) }
        key.add("limits", program.host.limitsText)
        for host in build.request.addedHosts { key.add("host \(host.name)", host.address) }
        let withoutFiles = key
        try mounts.describe(&key)

        let title = "RUN \(summary(run))"
        let named = visible.filter { ownArguments.contains($0.name) }
        let declared =
            named.isEmpty
            ? "" : "|\(named.count) \(named.map { "\($0.name)=\($0.value)" }.joined(separator: " ")) "
        let history = "RUN \(declared)\(command.words.joined(separator: " "))"
        try layerStep(step, title, key, history: history) { event in
            let root = try BuildRoot(build.session, on: state.layers)
            // Proxies are for the programs, and part of neither image nor key.
            program.environment += build.proxyVariables(except: own.union(visible.map(\.name)))
            program.environment += try mounts.environment()
            let tail = OutputTail()
            let code = try root.run(program, try mounts.make(in: root)) { bytes in
                tail.add(bytes)
                build.tell(.output(event, Array(bytes)))
            }
            guard code == 0 else {
                let place = build.place(step.position)
                let advice = build.adviceOnEmulation(for: platform).map { "; \($0)" } ?? ""
                throw BuildFailure(
                    .fault, "\(quoted(step.text)) ended with exit code \(code)\(advice)", place: place,
                    output: tail.text,
                    exitCode: code)
            }
            var made = key
            if mounts.showsHostFiles {
                // Which of the two the program has seen, nobody knows: then nobody is to find this result.
                var after = withoutFiles
                try mounts.describe(&after)
                if after.digest != key.digest {
                    made.add("files that changed meanwhile", String(UInt64.random(in: 0 ... .max)))
                    build.tell(
                        .warning(
                            "line \(step.position.line): mounted files have changed while the program ran, so its result is not used again"
                        ))
                }
            }
            return (try root.commit(epoch: build.request.epoch), made)
        }
    }

    private func summary(_ run: Run) -> String {
        let text: String =
            switch run.command {
            case .shell(let line): line
            case .exec(let words): JSONValue.array(words.map { .string($0) }).text()
            }
        let documents =
            run.documents.isEmpty
            ? ""
            : " (\(run.documents.map { $0.text.split(separator: "\n").first.map(String.init) ?? "" }.joined(separator: ", "))…)"
        return text + documents
    }

    /// The words to run, and the text of a script that one of them names.
    private func command(of run: Run) throws -> (words: [String], script: String?) {
        guard case .shell(let line) = run.command, let first = run.documents.first else {
            return (state.words(run.command), nil)
        }
        if run.documents.count == 1, HereDocument.isAlone(in: line) {
            let text = first.text
            // A script of its own, or the text for the shell.
            return text.hasPrefix("#!") ? ([MountPlan.scriptPath], text) : (state.shell + [text], nil)
        }
        // The shell reads here-documents itself.
        let whole = line + run.documents.map { "\n\($0.content)\($0.name)" }.joined()
        return (state.shell + [whole], nil)
    }
}

extension HostConfiguration {
    /// What limits the programs of a build, as one text.
    var limitsText: String {
        "memory \(memory) swap \(memorySwap) cpus \(nanoCpus) processes \(pidsLimit) shm \(shmSize) "
            + ulimits.map { "\($0.name)=\($0.soft):\($0.hard)" }.sorted().joined(separator: ",")
            + (securityOpt.isEmpty ? "" : " security \(securityOpt.joined(separator: " "))")
    }
}

/// The end of what a program puts out.
final class OutputTail {
    private static let limit = 8192
    private var bytes: [UInt8] = []

    func add(_ new: ArraySlice<UInt8>) {
        bytes += new
        if bytes.count > 4 * Self.limit { bytes.removeFirst(bytes.count - Self.limit) }
    }

    /// The last twenty lines.
    var text: String {
        String(decoding: bytes.suffix(Self.limit), as: UTF8.self).split(separator: "\n").suffix(20)
            .joined(separator: "\n")
    }
}
