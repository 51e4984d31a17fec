internal import Archive
public import Engine
internal import LinuxKernel
internal import OCISpec

extension Engine {
    /// Builds an image.
    ///
    /// - Parameters:
    ///   - isCancelled: Asked from time to time; once it says so, the build's programs are ended and nothing is kept.
    ///   - tell: Told what happens, on any thread.
    /// - Throws: `BuildFailure`, `EngineError`.
    public func build(
        _ request: BuildRequest, cancellation: BuildCancellation = BuildCancellation(),
        tell: @escaping BuildEventHandler
    ) throws -> BuildResult {
        // Standard input can be read once.
        let isReadAgain = if case .directory = request.context { true } else { false }
        let (result, hasGrown) = try withBuildSession(holdingAtOnce: !isReadAgain || !request.usesCache) { session in
            cancellation.watch(session)
            let build = try Build(session, request, tell)
            var result = try build.finish(try build.run())
            result.notices = try build.notices()
            build.keepKnownFiles()
            return (result, session.hasGrown)
        }
        // What is over the limit goes after each build, so that nobody has to think of it.
        if hasGrown, let limit = request.cacheLimit { _ = try pruneBuildCache(keeping: limit) }
        return result
    }
}

/// Ends a build from another thread.
public final class BuildCancellation: Sendable {
    private let state = StateBox()

    public init() {}

    public func cancel() { state.cancel() }

    func watch(_ session: BuildSession) { state.watch(session) }

    /// Unchecked: touched under its turnstile's lock.
    private final class StateBox: @unchecked Sendable {
        private let turnstile = Turnstile()
        private var session: BuildSession?
        private var isCancelled = false

        func cancel() {
            turnstile.locked {
                isCancelled = true
                session?.cancel()
            }
        }

        func watch(_ new: BuildSession) {
            turnstile.locked {
                session = new
                if isCancelled { new.cancel() }
            }
        }
    }
}

extension Build {
    /// Makes the image of the target stage, and what else was asked for.
    func finish(_ state: StageState) throws -> BuildResult {
        try session.checkCancelled()
        var state = state
        for (name, value) in request.labels { state.config.labels[name] = value }
        if request.squashes { try squash(&state) }
        let created =
            request.epoch.map { Timestamp(seconds: $0).description } ?? state.created
            ?? Timestamp(nanosecondsSince1970: now).description
        if let destination = request.destination { try export(state, to: destination) }
        if let place = request.cacheDestination { try exportCache(to: place, state.layers) }
        guard request.isKept else { return BuildResult(id: nil, manifest: nil) }
        var config = ImageConfig(
            created: created, author: state.author, architecture: state.architecture, os: state.os,
            variant: state.variant,
            config: state.config, rootfs: .init(type: .layers), history: state.history)
        if request.cachesInline { config.buildCache = inlineCache(of: state.layers) }
        let whole = config
        var annotations: OrderedMap<String> = [:]
        for (name, value) in request.annotations { annotations[name] = value }
        let all = annotations
        let step = begin("", "exporting to image", line: 0)
        let recorded = try reporting(step) {
            (try session.record(state.layers, whole, annotations: all, tags: request.tags), .done)
        }
        return BuildResult(id: recorded.id, manifest: recorded.manifest)
    }

    private func exportCache(to place: BuildRequest.CachePlace, _ layers: [BuildLayer]) throws {
        let step = begin("", "exporting the cache to \(place.shown)", line: 0)
        do {
            try reporting(step) { (try leaveCache(in: place, of: request.cachesTargetOnly ? layers : nil), .done) }
        } catch {
            guard request.ignoresCacheErrors, !session.isCancelled else { throw error }
            tell(.warning("going on without --cache-to: \(error)"))
        }
    }

    /// One layer in place of all that were made on the base.
    private func squash(_ state: inout StageState) throws {
        guard state.layers.count > 1 else { return }
        let view = try BuildView(session, of: state.layers)
        let root = try BuildRoot(session, on: [])
        let tree = SourceTree("the image", of: session, root: try view.open(), hasOwners: true, keeping: view)
        try CopyOut.copy(
            tree, [Selection(source: "", destination: "", isDirectory: true)], CopyChanges(epoch: request.epoch),
            into: root.open())
        let layer = try root.commit(epoch: request.epoch)
        state.layers = [layer]
        state.history = state.history.map {
            var entry = $0
            entry.emptyLayer = true
            return entry
        }
        state.history.append(
            ImageConfig.History(created: state.created, createdBy: "squashed", comment: "brig.dockerfile.v1"))
    }

    private func export(_ state: StageState, to destination: BuildRequest.Destination) throws {
        switch destination {
        case .local(let path):
            let step = begin("", "exporting files to \(path)", line: 0)
            try reporting(step) {
                try HostDirectoryMaking.make(path)
                try writing(to: path) {
                    try extract(state, into: try OwnedDescriptor(open: path, [.read, .directory]))
                }
                return ((), .done)
            }
        case .tar(let path):
            let step = begin("", "exporting an archive of the files", line: 0)
            try reporting(step) {
                let file =
                    try path.map { try OwnedDescriptor(open: $0, [.write, .create, .truncate], mode: 0o644) }
                    ?? OwnedDescriptor(open: "/proc/self/fd/1", .write)
                guard !state.layers.isEmpty else {
                    try TarWriter(DescriptorSink(file)).finish()
                    return ((), .done)
                }
                let view = try BuildView(session, of: state.layers)
                let writer = TarWriter(DescriptorSink(file))
                try writing(to: path ?? "standard output") { try writer.writeAll(TreeReader(try view.open())) }
                return ((), .done)
            }
        case .image: break
        }
    }

    private func extract(_ state: StageState, into directory: consuming OwnedDescriptor) throws {
        guard !state.layers.isEmpty else { return }
        let view = try BuildView(session, of: state.layers)
        let tree = SourceTree("the image", of: session, root: try view.open(), hasOwners: true, keeping: view)
        try CopyOut.copy(
            tree, [Selection(source: "", destination: "", isDirectory: true)], CopyChanges(epoch: request.epoch),
            into: directory)
    }
}

/// A directory for results, made where the user wants it.
enum HostDirectoryMaking {
    static func make(_ path: String) throws(SyscallError) {
        if (try? OwnedDescriptor(open: path, [.pathOnly, .directory])) != nil { return }
        let slash = path.lastIndex(of: "/")
        let parent = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        if parent != path, parent != "." { try make(parent) }
        let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
        if name.isEmpty { return }
        do throws(SyscallError) {
            try OwnedDescriptor(open: parent, [.pathOnly, .directory]).makeDirectory(name, mode: 0o755)
        } catch  where error.code == .fileExists {
            // Something else has the name.
            throw SyscallError(call: "mkdir", subject: path, code: .notDirectory)
        }
    }
}
