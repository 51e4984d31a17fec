internal import BuildFile
internal import Engine
internal import OCISpec

/// Instructions that change what the image says of itself, and no files.
extension StageBuilder {
    func configure(_ step: Step) throws {
        switch step.instruction {
        case .env(let pairs): try environment(pairs)
        case .arg(let declarations): try declare(declarations)
        case .label(let pairs): try label(pairs)
        case .cmd(let form):
            state.config.cmd = state.words(form)
            hasOwnCommand = true
            note("CMD \(jsonList(state.config.cmd))", emptyLayer: true)
        case .entrypoint(let form):
            state.config.entrypoint = state.words(form)
            if !hasOwnCommand { state.config.cmd = [] }
            note("ENTRYPOINT \(jsonList(state.config.entrypoint))", emptyLayer: true)
        case .expose(let words): try expose(words)
        case .volume(let paths):
            let expanded = try paths.map { (path) throws(ExpansionError) in try expand(path) }
            guard expanded.allSatisfy({ !$0.isEmpty }) else {
                throw EngineError(.invalidInput, "VOLUME has an empty path")
            }
            state.config.volumes = NameSet((state.config.volumes.names + expanded).sorted())
            note("VOLUME [\(expanded.joined(separator: " "))]", emptyLayer: true)
        case .user(let text):
            let user = try expand(text)
            _ = try UserSpec(user)
            state.config.user = user
            note("USER \(user)", emptyLayer: true)
        case .shell(let words):
            state.config.shell = words
            note("SHELL [\(words.joined(separator: " "))]", emptyLayer: true)
        case .stopSignal(let text):
            let signal = try expand(text)
            try Engine.checkSignal(signal)
            state.config.stopSignal = signal
            note("STOPSIGNAL \(signal)", emptyLayer: true)
        case .healthcheck(let check): healthcheck(check, step)
        case .onBuild(let trigger):
            state.config.onBuild.append(trigger.text)
            note("ONBUILD \(trigger.text)", emptyLayer: true)
        case .maintainer(let text):
            state.author = text
            note("MAINTAINER \(text)", emptyLayer: true)
        case .from, .run, .copy, .add, .workdir: break
        }
    }

    /// All values of one instruction see the variables as they were before it.
    private func environment(_ pairs: [Assignment]) throws {
        let expanded = try pairs.map { (pair) throws(ExpansionError) in (try expand(pair.name), try expand(pair.value))
        }
        for (name, value) in expanded {
            _ = try EnvironmentEntry(key: name, value: value)
            state.setEnvironment(name, value)
        }
        note("ENV \(expanded.map { "\($0.0)=\($0.1)" }.joined(separator: " "))", emptyLayer: true)
    }

    private func label(_ pairs: [Assignment]) throws {
        let expanded = try pairs.map { (pair) throws(ExpansionError) in (try expand(pair.name), try expand(pair.value))
        }
        for (name, value) in expanded { state.config.labels[name] = value }
        note("LABEL \(expanded.map { "\($0.0)=\($0.1)" }.joined(separator: " "))", emptyLayer: true)
    }

    /// What the command line says counts, then the default, then what a global `ARG` of the name says.
    private func declare(_ declarations: [ArgumentDeclaration]) throws {
        for declaration in declarations {
            let name = try expand(declaration.name)
            _ = try EnvironmentEntry(key: name, value: "")
            let fallback = try declaration.defaultValue.map { (text) throws(ExpansionError) in try expand(text) }
            let value = build.request.arguments[name] ?? fallback ?? build.globals[name]
            arguments.removeAll { $0.name == name }
            if let value {
                arguments.append((name, value))
                note("ARG \(name)=\(value)", emptyLayer: true)
            } else {
                note("ARG \(name)", emptyLayer: true)
            }
        }
    }

    private func expose(_ words: [String]) throws {
        var ports: [String] = []
        for word in try expandWords(words) {
            let halves = word.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            let network = halves.count == 2 ? halves[1].lowercased() : "tcp"
            // As in -p: what stands before a colon is the host's side, and means nothing here.
            let own = halves[0].split(separator: ":", omittingEmptySubsequences: false).last ?? ""
            let ends = own.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false).map { UInt16($0) }
            guard let first = ends[0], first > 0, let last = ends.count == 2 ? ends[1] : first, last >= first,
                ["tcp", "udp", "sctp"].contains(network)
            else {
                throw EngineError(
                    .invalidInput, "EXPOSE takes ports such as 80, 53/udp or 8000-8010, not \(quoted(word))")
            }
            ports += (first...last).map { "\($0)/\(network)" }
        }
        state.config.exposedPorts = NameSet((state.config.exposedPorts.names + ports).sorted())
        note("EXPOSE [\(ports.joined(separator: " "))]", emptyLayer: true)
    }

    private func healthcheck(_ check: Healthcheck, _ step: Step) {
        switch check {
        case .none: state.config.healthcheck = ImageConfig.Healthcheck(test: ["NONE"])
        case .check(let check):
            let test: [String] =
                switch check.command {
                case .exec(let words): ["CMD"] + words
                case .shell(let line): ["CMD-SHELL", line]
                }
            state.config.healthcheck = ImageConfig.Healthcheck(
                test: test, interval: check.interval, timeout: check.timeout, startPeriod: check.startPeriod,
                startInterval: check.startInterval, retries: check.retries)
        }
        note(step.text, emptyLayer: true)
    }

    private func jsonList(_ words: [String]) -> String { JSONValue.array(words.map { .string($0) }).text() }
}
