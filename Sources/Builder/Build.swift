internal import Archive
internal import BuildFile
internal import Engine
internal import LinuxKernel
internal import OCISpec
internal import Synchronization

/// One build: its file, its graph of stages, and what all of them share.
///
/// Each stage that the target needs is built on a thread of its own, the target on that of the caller, and waits where it needs
/// another one.
///
/// Unchecked: what changes is touched under the turnstile's lock.
final class Build: @unchecked Sendable {
    let session: BuildSession
    let request: BuildRequest
    let file: BuildFile
    let graph: StageGraph
    let globals: VariableLookup
    let now: Int64
    /// What `FROM` sees without an `ARG`.
    let predefined: [String: String]
    private let context: SourceTree
    let fileName: String
    let fileText: String
    private let tell_: BuildEventHandler
    private let buildPlatform: BuildPlatform
    private let turnstile = Turnstile()
    /// Of images, trees and repositories, which take long to come.
    private let resources = Turnstile()
    private var results: [Int: Result<StageState, any Error>] = [:]
    private var running = 0
    /// Stages that somebody builds or has built.
    private var begun: Set<Int> = []
    private var images: [String: Result<BuildBase, any Error>] = [:]
    private var trees: [String: SourceTree] = [:]
    private var repositories: [String: (tree: SourceTree, commit: String)] = [:]
    private var downloads: [BuildAddress: Download] = [:]
    private var number = 0
    /// What this build has made or found, by key.
    private var used: [String: BuildCacheRecord] = [:]
    private let transfers: [CacheTransfer]

    init(_ session: BuildSession, _ request: BuildRequest, _ tell: @escaping BuildEventHandler) throws {
        self.session = session
        self.request = request
        tell_ = tell
        now = WallClock.nanoseconds
        transfers = try request.cacheSources.compactMap { try CacheTransfer.reading($0, session, tell) }
        let loaded = try ContextLoader(session: session, request: request).load()
        (context, fileName, fileText) = (loaded.tree, loaded.name, loaded.text)
        do {
            let parts = try session.engine.hostPlatformParts
            let host = BuildPlatform(os: parts.os, architecture: parts.architecture, variant: parts.variant)
            buildPlatform = host
            let target = try request.platform.map { (text) throws(EngineError) in try BuildPlatform(text) } ?? host
            file = try BuildFile(parsing: loaded.text)
            var predefined: [String: String] = [:]
            for (prefix, platform) in [("BUILD", host), ("TARGET", target)] {
                predefined["\(prefix)PLATFORM"] = platform.text
                predefined["\(prefix)OS"] = platform.os
                predefined["\(prefix)ARCH"] = platform.architecture
                predefined["\(prefix)VARIANT"] = platform.variant ?? ""
            }
            let last = file.stages.last
            predefined["TARGETSTAGE"] = request.target ?? last?.name ?? "default"
            for name in predefined.keys { predefined[name] = request.arguments[name] ?? predefined[name] }
            self.predefined = predefined
            globals = try file.globalVariables(arguments: request.arguments, predefined: predefined)
            graph = try StageGraph(file, variables: globals)
            for (stage, node) in zip(file.stages, graph.nodes) {
                guard let platform = node.platform else { continue }
                do throws(EngineError) {
                    _ = try BuildPlatform(platform)
                } catch {
                    throw BuildFileError(error.message, at: stage.head.position)
                }
            }
        } catch let error as BuildFileError {
            throw BuildFailure(
                .invalidInput, error.problem, place: error.report(file: loaded.name, text: loaded.text))
        }
    }

    // MARK: - Stages

    /// Builds what the target needs.
    ///
    /// - Throws: `BuildFailure`, `EngineError`.
    func run() throws -> StageState {
        let target = try targetIndex()
        warnOfUnusedArguments()
        if try checkSettings.fails { try refuse(try warnings(of: graph.needed(for: target), knowing: base(of:_:))) }
        if request.usesCache {
            try session.expectContent(ofSlots: slotPrefix, inFull: request.cacheDestination != nil)
        }
        let needed = graph.needed(for: target)
        turnstile.locked { (running, begun) = (needed.count, Set(needed)) }
        // The target on this thread: most builds have one stage.
        for index in needed where index != target { try BackgroundThread.start { [self] in build(index) } }
        build(target)
        // Everybody has ended before the directories go.
        let all = turnstile.locked { () -> [Int: Result<StageState, any Error>] in
            while running > 0 { turnstile.wait() }
            return results
        }
        let failures = needed.compactMap { index -> (any Error)? in
            if case .failure(let error)? = all[index] { return error }
            return nil
        }
        // The others were cancelled because of the one that failed by itself.
        if let cause = failures.first(where: { !Self.isCancellation($0) }) ?? failures.first { throw cause }
        guard let result = all[target] else { throw BuildFailure(.fault, "the target was not built") }
        return try result.get()
    }

    /// The stage that is to be built.
    func targetIndex() throws -> Int {
        if let target = graph.target(request.target) { return target }
        let names = graph.stageNames.isEmpty ? "" : ": there are \(graph.stageNames.joined(separator: ", "))"
        throw BuildFailure(.notFound, "there is no stage \(quoted(request.target ?? ""))\(names)")
    }

    /// What is left out of the context.
    var ignoreRules: IgnoreRules { context.rules }

    /// Gives errors of the file their place in it.
    func located<Value>(_ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as BuildFileError {
            throw failure(.invalidInput, error.problem, at: error.position)
        }
    }

    /// What checks advise against, told after the build.
    func notices() throws -> [BuildNotice] {
        try warnings(of: graph.needed(for: try targetIndex())) { index, name in
            // All have been asked for by now.
            let result = resources.locked { images[imageKey(name, imagePlatform(of: index))] }
            return try? result?.get()
        }.map(BuildNotice.init)
    }

    /// The base image of a stage; `nil` if it cannot be had, which its stage will say.
    private func base(of index: Int, _ name: String) -> BuildBase? {
        try? baseImage(name, platform: imagePlatform(of: index))
    }

    private func build(_ index: Int) {
        let result = Result { try StageBuilder(self, file.stages[index], platform(of: index)).run() }
        if case .failure = result { session.cancel() }
        turnstile.locked {
            results[index] = result
            running -= 1
            turnstile.wakeAll()
        }
    }

    private static func isCancellation(_ error: any Error) -> Bool {
        (error as? BuildFailure)?.kind == .conflict || (error as? EngineError)?.kind == .conflict
    }

    func imagePlatform(of index: Int) -> String? { graph.nodes[index].platform ?? request.platform }

    private func platform(of index: Int) -> BuildPlatform {
        if let text = graph.nodes[index].platform ?? request.platform, let platform = try? BuildPlatform(text) {
            return platform
        }
        return buildPlatform
    }

    /// Waits for another stage.
    func result(of index: Int) throws -> StageState {
        // One that only an image's ONBUILD asks for: nobody knew of it.
        let isNew = turnstile.locked { () -> Bool in
            guard file.stages.indices.contains(index), begun.insert(index).inserted else { return false }
            running += 1
            return true
        }
        if isNew { build(index) }
        let result = turnstile.locked { () -> Result<StageState, any Error>? in
            while results[index] == nil, running > 0 { turnstile.wait() }
            return results[index]
        }
        switch result {
        case .success(let state)?: return state
        case .failure?: throw EngineError(.conflict, "the stage that this one needs has failed")
        case nil: throw EngineError(.fault, "stage \(index) is not built for this target")
        }
    }

    private func warnOfUnusedArguments() {
        let known = file.declaredArguments.union(Self.proxyNames).union(predefined.keys)
            .union(Self.argumentsOfBuildKit)
        let unused = request.arguments.keys.filter { !known.contains($0) }.sorted()
        if !unused.isEmpty {
            tell(.warning("no stage has an ARG for \(unused.joined(separator: ", "))"))
        }
    }

    /// What the Dockerfile reference has for builds as such. Without effect here: nothing else reads the file, and each image
    /// is for one platform.
    private static let argumentsOfBuildKit: Set<String> = [
        "SOURCE_DATE_EPOCH", "BUILDKIT_SYNTAX", "BUILDKIT_INLINE_CACHE", "BUILDKIT_CACHE_MOUNT_NS",
        "BUILDKIT_CONTEXT_KEEP_GIT_DIR", "BUILDKIT_DOCKERFILE_CHECK", "BUILDKIT_MULTI_PLATFORM",
        "BUILDKIT_SANDBOX_HOSTNAME", "BUILDKIT_BUILD_NAME",
    ]

    /// Keeps what is known of the context's files for the next build. One that fails leaves nothing.
    func keepKnownFiles() { context.files?.keep() }

    // MARK: - Images and trees

    /// An image, fetched once for all stages.
    func baseImage(_ name: String, platform: String?) throws -> BuildBase {
        let key = imageKey(name, platform)
        return try resources.locked { () throws -> BuildBase in
            if let known = images[key] { return try known.get() }
            let result = Result { () throws -> BuildBase in
                let source = request.namedContexts[name].flatMap { value in
                    value.hasPrefix("docker-image://") ? String(value.dropFirst("docker-image://".count)) : nil
                }
                return try session.image(source ?? name, platform: platform, pull: request.pull) { _ in }
            }
            images[key] = result
            return try result.get()
        }
    }

    private func imageKey(_ name: String, _ platform: String?) -> String { "\(name)@\(platform ?? "")" }

    /// What `--from` names; the build context without a name.
    ///
    /// - Parameter forMounting: The tree is shown to programs: then what the rules leave out must not be in it.
    func tree(_ name: String?, in stage: Int, _ platform: BuildPlatform, forMounting: Bool) throws -> SourceTree {
        guard let name else { return forMounting ? try mountableContext() : context }
        if let path = request.namedContexts[name], !path.hasPrefix("docker-image://") {
            if let source = try GitSource(path) { return try fetched(source, keepsHistory: false).tree }
            guard !path.contains("://") else {
                throw EngineError(
                    .unsupported,
                    "--build-context \(name): \(quoted(path)) is no directory, repository or docker-image://IMAGE")
            }
            return SourceTree(
                "the context \(quoted(name))", of: session, root: try OwnedDescriptor(open: path, [.read, .directory]),
                hasOwners: false)
        }
        switch graph.source(name, in: stage) {
        case .scratch: throw EngineError(.invalidInput, "there is nothing to take from scratch")
        case .stage(let index):
            let state = try result(of: index)
            return try tree(of: state.layers, "the stage \(quoted(name))")
        case .image(let image):
            let base = try baseImage(
                image, platform: platform.text == buildPlatform.text ? request.platform : platform.text)
            return try tree(of: base.layers, "the image \(quoted(image))")
        }
    }

    private func tree(of layers: [BuildLayer], _ name: String) throws -> SourceTree {
        let key = BuildLayer.chain(layers)
        return try resources.locked { () throws -> SourceTree in
            if let known = trees[key] { return known }
            let view = try BuildView(session, of: layers)
            let tree = SourceTree(name, of: session, root: try view.open(), hasOwners: true, keeping: view)
            trees[key] = tree
            return tree
        }
    }

    /// The context as programs may see it: a copy without what the rules leave out.
    private func mountableContext() throws -> SourceTree {
        guard !context.rules.isEmpty else { return context }
        return try resources.locked { () throws -> SourceTree in
            if let known = trees["context"] { return known }
            let path = try session.makeDirectory("context-without-ignored")
            try CopyOut.copy(
                context, [Selection(source: "", destination: "", isDirectory: true)], CopyChanges(),
                into: try OwnedDescriptor(open: path, [.read, .directory]))
            let tree = SourceTree(
                context.name, of: session, root: try OwnedDescriptor(open: path, [.read, .directory]), hasOwners: true)
            trees["context"] = tree
            return tree
        }
    }

    /// A repository, fetched once for all stages.
    func fetched(_ source: GitSource, keepsHistory: Bool) throws -> (tree: SourceTree, commit: String) {
        let key = "\(source.repository)#\(source.reference ?? ""):\(source.directory) \(keepsHistory)"
        return try resources.locked { () throws -> (tree: SourceTree, commit: String) in
            if let known = repositories[key] { return known }
            let path = try session.makeDirectory("repository-\(repositories.count)")
            let commit = try source.fetch(into: path, keepsHistory: keepsHistory)
            let root = try OwnedDescriptor(open: path, [.read, .directory])
            let tree = SourceTree(
                "the repository \(quoted(source.repository))", of: session,
                root: try root.resolve(source.directory.isEmpty ? "." : source.directory, [.read, .directory]),
                hasOwners: false)
            repositories[key] = (tree, commit)
            return (tree, commit)
        }
    }

    /// Does something with what is known of files of the web, one stage after the other.
    func withDownloads<Value>(_ body: (inout [BuildAddress: Download]) throws -> Value) throws -> Value {
        try resources.locked { try body(&downloads) }
    }

    /// Whether a path leads to a directory in the files of these layers.
    func isDirectory(_ path: String, of layers: [BuildLayer]) throws -> Bool {
        if cleanPath(path) == "/" { return true }
        guard !layers.isEmpty else { return false }
        if let known = try session.hasDirectory(SourceTree.normalized(path), in: layers) { return known }
        guard let node = try tree(of: layers, "the image").open(SourceTree.normalized(path)) else { return false }
        return try node.status().isDirectory
    }

    /// The time of directories and files that have none of their own.
    var directoryTime: FileTime {
        FileTime(seconds: request.epoch ?? now / 1_000_000_000)
    }

    // MARK: - Variables

    static let proxyNames = [
        "HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "FTP_PROXY", "ftp_proxy", "NO_PROXY", "no_proxy",
        "ALL_PROXY", "all_proxy",
    ]

    func proxyVariables(except known: Set<String>) -> [String] {
        Self.proxyNames.filter { !known.contains($0) }.compactMap { name in
            request.arguments[name].map { "\(name)=\($0)" }
        }
    }

    // MARK: - Cache

    func mayUseCache(_ stage: BuildFile.Stage) -> Bool {
        guard request.usesCache else { return false }
        return !request.uncachedStages.contains(stage.name ?? "") && !request.uncachedStages.contains("\(stage.index)")
    }

    /// Remembers that a result is this build's.
    func note(_ record: BuildCacheRecord) { turnstile.locked { used[record.key] = record } }

    /// What another build has left under a key, brought into the store.
    func transferred(_ key: String, on layers: [BuildLayer], slot: String) throws -> BuildCacheRecord? {
        for transfer in transfers {
            guard let record = try transfer.bring(key, on: layers, slot: slot, session) else { continue }
            try session.remember(record)
            note(record)
            return record
        }
        return nil
    }

    /// Leaves what this build has made or found for other builds.
    ///
    /// - Parameter layers: Only what these came of, one on another; `nil` for everything.
    func leaveCache(in place: BuildRequest.CachePlace, of layers: [BuildLayer]?) throws {
        let chains = layers.map { layers in Set(layers.indices.map { BuildLayer.chain(Array(layers[...$0])) }) }
        let records = turnstile.locked { used.values.filter { chains?.contains($0.chain) ?? true } }
        try CacheTransfer.write(records.sorted { $0.key < $1.key }, to: place, session)
    }

    /// The same for an image's own configuration.
    func inlineCache(of layers: [BuildLayer]) -> JSONValue {
        CacheTransfer.inline(turnstile.locked { used.values.sorted { $0.key < $1.key } }, of: layers)
    }

    /// Which step of which build this is.
    func slot(_ stage: Int, _ ordinal: Int) -> String { "\(slotPrefix)\(stage) \(ordinal)" }

    private var slotPrefix: String {
        let place: String =
            switch request.context {
            case .directory(let path): path
            case .git(let source): source.repository
            case .empty, .archive: request.tags.first?.text ?? ""
            }
        return "\(place) \(request.dockerfile ?? "") "
    }

    /// Why a key is not known.
    func reason(_ slot: String, _ key: CacheKey) throws -> String {
        guard let last = try session.lastRecord(of: slot) else { return "there is no result of this step yet" }
        return key.difference(from: last.fields) ?? "the result is not there any more"
    }

    // MARK: - Events

    func tell(_ event: BuildEvent) { tell_(event) }

    func begin(_ stage: String, _ text: String, line: Int) -> BuildEvent.Step {
        let number = turnstile.locked { () -> Int in
            self.number += 1
            return self.number
        }
        let step = BuildEvent.Step(number: number, stage: stage, text: text, line: line)
        tell(.began(step))
        return step
    }

    func explain(_ step: BuildEvent.Step, _ text: @autoclosure () throws -> String) rethrows {
        if request.explains { tell(.explained(step, try text())) }
    }

    /// Does something and tells how it ended.
    func reporting<Value>(
        _ step: BuildEvent.Step, _ body: () throws -> (Value, BuildEvent.Ending)
    ) throws -> Value {
        let start = ContinuousClock.now
        func seconds() -> Double {
            let (seconds, fraction) = (ContinuousClock.now - start).components
            return Double(seconds) + Double(fraction) / 1e18
        }
        do {
            let (value, ending) = try body()
            tell(.ended(step, ending, seconds: seconds()))
            return value
        } catch {
            tell(.ended(step, .failed("\(error)"), seconds: seconds()))
            throw error
        }
    }

    // MARK: - Failures

    /// Why programs of a stage for another machine may not have run.
    func adviceOnEmulation(for platform: BuildPlatform) -> String? {
        Emulation.advice(for: platform, on: buildPlatform)
    }

    /// The line of a place, with a caret.
    func place(_ position: SourcePosition) -> String {
        BuildFileError("this step failed", at: position).report(file: fileName, text: fileText)
    }

    func failure(
        _ kind: FailureKind, _ problem: String, at position: SourcePosition, word: String? = nil
    ) -> BuildFailure {
        BuildFailure(
            kind, problem, place: BuildFileError(problem, at: position).report(file: fileName, text: fileText))
    }
}
