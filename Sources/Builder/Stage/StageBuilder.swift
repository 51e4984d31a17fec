internal import Archive
internal import BuildFile
internal import Engine
internal import LinuxKernel
internal import OCISpec

/// Carries out the instructions of one stage, one after the other, on one thread.
final class StageBuilder {
    let build: Build
    let stage: BuildFile.Stage
    let platform: BuildPlatform
    var state: StageState
    /// Arguments that this stage has declared so far: the history tells of these.
    var ownArguments: Set<String> = []
    /// Whether the last step came from the cache; everything after a step that did not is looked up all the same.
    private var ordinal = 0
    private var total: Int
    /// `CMD` of the base image is for the base image's `ENTRYPOINT`.
    var hasOwnCommand = false

    init(_ build: Build, _ stage: BuildFile.Stage, _ platform: BuildPlatform) {
        self.build = build
        self.stage = stage
        self.platform = platform
        state = StageState(scratchFor: platform)
        total = 1 + stage.steps.count { Self.changesFiles($0.instruction) }
    }

    private static func changesFiles(_ instruction: Instruction) -> Bool {
        switch instruction {
        case .run, .copy, .add, .workdir: true
        default: false
        }
    }

    /// Steps that were found in the cache: noted all at once, at the end.
    private var hits: [(key: String, slot: String)] = []

    /// Builds the stage.
    ///
    /// - Throws: `BuildFailure`.
    func run() throws -> StageState {
        let result = Result { try carryOutAll() }
        build.session.touch(hits)
        return try result.get()
    }

    private func carryOutAll() throws -> StageState {
        try located(stage.head) { try self.start() }
        let triggers = try state.config.onBuild.map(Self.trigger)
        state.config.onBuild = []
        total += triggers.count { Self.changesFiles($0.instruction) }
        for step in triggers { try carryOut(step) }
        for step in stage.steps { try carryOut(step) }
        return state
    }

    private static func trigger(_ text: String) throws(BuildFailure) -> Step {
        do throws(BuildFileError) {
            return try BuildFile.trigger(text)
        } catch {
            throw BuildFailure(.invalidInput, "the base image's ONBUILD \(quoted(text)): \(error.problem)")
        }
    }

    private func carryOut(_ step: Step) throws {
        try build.session.checkCancelled()
        try located(step) { try self.apply(step) }
    }

    /// Gives errors the place of the step.
    private func located(_ step: Step, _ body: () throws -> Void) throws {
        do {
            try body()
        } catch let failure as BuildFailure {
            throw failure
        } catch let error as BuildFileError {
            throw build.failure(.invalidInput, error.problem, at: error.position)
        } catch let error as ExpansionError {
            throw build.failure(.invalidInput, error.description, at: step.position, word: error.word)
        } catch let error as EngineError {
            throw build.failure(error.kind, error.message, at: step.position)
        } catch {
            throw build.failure(.fault, "\(error)", at: step.position)
        }
    }

    // MARK: - FROM

    private func start() throws {
        ordinal = 1
        let node = build.graph.nodes[stage.index]
        switch node.base {
        case .scratch: state = StageState(scratchFor: platform)
        case .stage(let index):
            state = try build.result(of: index)
        case .image(let name):
            let step = build.begin(stageLabel, "FROM \(name)", line: stage.head.position.line)
            state = try build.reporting(step) {
                (
                    StageState(
                        try self.build.baseImage(name, platform: self.build.imagePlatform(of: self.stage.index))),
                    .cached
                )
            }
        }
    }

    private var stageLabel: String {
        let name = stage.name ?? "stage-\(stage.index)"
        return build.graph.nodes.count == 1 && stage.name == nil ? "\(ordinal)/\(total)" : "\(name) \(ordinal)/\(total)"
    }

    // MARK: - Variables

    /// What the next instruction sees: arguments, and variables of the environment, which go before them.
    var variables: VariableLookup {
        var lookup = VariableLookup()
        for (name, value) in state.arguments { lookup.set(name, value) }
        for entry in state.config.env {
            let name = entry.prefix { $0 != "=" }
            if name.endIndex < entry.endIndex {
                lookup.set(String(name), String(entry[entry.index(after: name.endIndex)...]))
            }
        }
        return lookup
    }

    func expand(_ text: String) throws(ExpansionError) -> String {
        var expansion = WordExpansion(variables, escape: build.file.escape)
        return try expansion.word(text)
    }

    func expandWords(_ texts: [String]) throws(ExpansionError) -> [String] {
        var expansion = WordExpansion(variables, escape: build.file.escape)
        var words: [String] = []
        for text in texts { words += try expansion.words(text) }
        return words
    }

    // MARK: - Instructions

    private func apply(_ step: Step) throws {
        switch step.instruction {
        case .run(let run): try apply(run, step)
        case .copy(let copy): try apply(copy, Add.none, step)
        case .add(let add): try apply(add.copy, add, step)
        case .workdir(let path): try workdir(path, step)
        case .from: break
        default: try configure(step)
        }
    }

    /// Does a step that changes files, or finds that it was done before.
    ///
    /// - Parameters:
    ///   - key: All that the step's result depends on.
    ///   - history: What the image's history says of it.
    ///   - make: Makes the layer. It may return another key than was looked up, if what it copied changed meanwhile.
    func layerStep(
        _ step: Step, _ title: String, _ key: CacheKey, history text: String,
        _ make: (BuildEvent.Step) throws -> (layer: BuildLayer, key: CacheKey)
    ) throws {
        ordinal += 1
        let event = build.begin(stageLabel, title, line: step.position.line)
        let slot = build.slot(stage.index, ordinal)
        let digest = key.digest
        let (layer, created) = try build.reporting(event) { () throws -> ((BuildLayer, Int64), BuildEvent.Ending) in
            if build.mayUseCache(stage) {
                if let found = try build.session.cached(digest) {
                    hits.append((digest, slot))
                    build.explain(event, "hit: the same inputs as the result \(String(digest.prefix(12)))")
                    build.note(found)
                    return ((found.layer, found.created), .cached)
                }
                if let found = try build.transferred(digest, on: state.layers, slot: slot) {
                    build.explain(event, "hit: the same inputs as a result of --cache-from")
                    return ((found.layer, found.created), .cached)
                }
                try build.explain(event, "miss: \(try build.reason(slot, key))")
            } else {
                build.explain(event, "miss: the cache is not to be used")
            }
            let made = try writing(to: build.session.engine.locations.root) { try make(event) }
            let now = build.now
            let record = BuildCacheRecord(
                key: made.key.digest, slot: slot, layer: made.layer,
                chain: made.layer.chain(on: state.chain), created: now, description: title,
                fields: made.key.fields)
            try build.session.remember(record)
            build.note(record)
            return ((made.layer, now), .done)
        }
        state.layers.append(layer)
        let time = build.request.epoch.map { Timestamp(seconds: $0) } ?? Timestamp(nanosecondsSince1970: created)
        state.created = time.description
        note(text, emptyLayer: false)
    }

    /// Adds a line to the image's history.
    func note(_ text: String, emptyLayer: Bool) {
        state.history.append(
            ImageConfig.History(
                created: build.request.epoch.map { Timestamp(seconds: $0).description } ?? state.created,
                createdBy: text + (emptyLayer ? "" : " # brig"), author: nil, comment: "brig.dockerfile.v1",
                emptyLayer: emptyLayer))
    }

    /// The fields that every step's key begins with.
    func key(_ instruction: String) -> CacheKey {
        var key = CacheKey()
        key.add("version", "1")
        key.add("instruction", instruction)
        key.add("platform", state.platform)
        key.add("files below", state.chain)
        if let epoch = build.request.epoch { key.add("SOURCE_DATE_EPOCH", "\(epoch)") }
        return key
    }

    private func workdir(_ text: String, _ step: Step) throws {
        let expanded = try expand(text)
        guard !expanded.isEmpty else { throw EngineError(.invalidInput, "WORKDIR is empty") }
        guard !expanded.utf8.contains(0) else { throw EngineError(.invalidInput, "WORKDIR holds NUL") }
        let path = state.absolute(expanded)
        state.config.workingDir = path
        // Nothing is made where the directory is there already.
        if try build.isDirectory(path, of: state.layers) {
            ordinal += 1
            return note("WORKDIR \(path)", emptyLayer: true)
        }
        var key = key("WORKDIR")
        key.add("path", path)
        // What is made is the user's, as in BuildKit.
        let user = state.config.user ?? ""
        key.add("user", user)
        try layerStep(step, "WORKDIR \(path)", key, history: "WORKDIR \(path)") { _ in
            let root = try BuildRoot(build.session, on: state.layers)
            let owner = try user.isEmpty ? nil : root.owner(user)
            try makeDirectories(path, in: root, owner: owner.map { CopyChanges.Owner(uid: $0.uid, gid: $0.gid) })
            return (try root.commit(epoch: build.request.epoch), key)
        }
    }

    /// Makes what is missing of a directory's path.
    func makeDirectories(_ path: String, in root: BuildRoot, owner: CopyChanges.Owner?) throws {
        let missing = try missingDirectories(path, in: root)
        guard !missing.isEmpty else { return }
        _ = try Extractor(into: root.open(), options: ExtractionOptions()).extract(
            ListedDirectories(missing, owner: owner, time: build.directoryTime))
    }

    /// Those directories on the way to a path, and at its end, that are not there.
    func missingDirectories(_ path: String, in root: BuildRoot) throws -> [String] {
        let tree = try root.open()
        var reached = ""
        var missing: [String] = []
        for part in cleanPath("/" + path).split(separator: "/") {
            reached += (reached.isEmpty ? "" : "/") + part
            if !missing.isEmpty {
                missing.append(reached)
                continue
            }
            do throws(SyscallError) {
                let node = try tree.resolve(reached, .pathOnly)
                guard try node.status().isDirectory else {
                    throw SyscallError(call: "resolve", subject: "/\(reached)", code: .notDirectory)
                }
            } catch {
                switch error.code {
                case .noSuchFile: missing.append(reached)
                case .notDirectory, .tooManyLinks:
                    throw EngineError(.invalidInput, "/\(reached) is not a directory in the image")
                default: throw error
                }
            }
        }
        return missing
    }
}

extension Add {
    /// What `COPY` has no flags for.
    static let none: Add? = nil
}

/// Directories alone, as entries of an archive.
final class ListedDirectories: EntrySource {
    private var entries: ArraySlice<ArchiveEntry>

    init(_ paths: [String], owner: CopyChanges.Owner?, time: FileTime) {
        entries =
            paths.map {
                ArchiveEntry(
                    path: Array($0.utf8), kind: .directory, permissions: 0o755, userID: owner?.uid ?? 0,
                    groupID: owner?.gid ?? 0, modified: time)
            }[...]
    }

    func next() -> ArchiveEntry? { entries.popFirst() }
    func nextChunk() -> FileChunk? { nil }
    func drain() {}
}
