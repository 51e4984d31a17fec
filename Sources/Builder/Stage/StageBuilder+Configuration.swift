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
            // Whether there is such a user, the first program or file that is to be the user's will say.
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
            let whole = trigger.textWithDocuments
            state.config.onBuild.append(whole)
            note("ONBUILD \(whole)", emptyLayer: true)
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
        var said: [String] = []
        for declaration in declarations {
            let name = try expand(declaration.name)
            _ = try EnvironmentEntry(key: name, value: "")
            let fallback = try declaration.defaultValue.map { (text) throws(ExpansionError) in try expand(text) }
            let value = build.request.arguments[name] ?? fallback ?? build.globals[name]
            ownArguments.insert(name)
            if let value {
                state.arguments.removeAll { $0.name == name }
                state.arguments.append((name, value))
            }
            said.append(value.map { "\(name)=\($0)" } ?? name)
        }
        note("ARG \(said.joined(separator: " "))", emptyLayer: true)
    }

    private func expose(_ words: [String]) throws {
        var ports: [String] = []
        for word in try expandWords(words) {
            guard let found = ExposedPorts(word) else {
                throw EngineError(
                    .invalidInput, "EXPOSE takes ports such as 80, 53/udp or 8000-8010, not \(quoted(word))")
            }
            ports += found.range.map { "\($0)/\(found.network)" }
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
