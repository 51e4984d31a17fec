internal import Archive
internal import ImageStore
internal import LayerStore
internal import LinuxKernel
public import OCISpec

/// What a new image says of itself.
public struct CommitOptions: Sendable {
    public var author: String?
    public var message = ""
    /// Instructions of a Dockerfile that say how the image is run.
    public var changes: [String] = []
    /// Whether the container stands still meanwhile, so that no file is caught half written.
    public var pauses = true

    public init() {}
}

extension Engine {
    /// Makes an image of what a container has changed, on top of its image.
    ///
    /// - Returns: The image's identifier.
    /// - Throws: `EngineError`. Nothing of a failed commit stays.
    public func commit(
        _ reference: String, as name: ImageReference?, _ options: CommitOptions = CommitOptions()
    ) throws(EngineError) -> Identifier {
        if name?.digest != nil { throw EngineError(.invalidInput, "an image cannot be named by a digest") }
        let record = try store.container(reference)
        var configuration = try committed(record)
        for change in options.changes { try configuration.apply(change: change) }
        guard let base = try store.image(record.imageID) else {
            throw EngineError(.fault, "the image of container \(record.name) is gone")
        }
        let isRunning: Bool
        if case .running = try observe(record) { isRunning = true } else { isRunning = false }
        let pauses = isRunning && options.pauses
        if pauses { try runtime("pause", record) }
        let made = Result { () throws(EngineError) in
            try makeLayer(of: record, on: base, configuration, name, options)
        }
        if pauses { try runtime("resume", record) }
        let id = try made.get()
        let tag = name?.withDefaultTag
        if let tag { self.record(.tag, id, name: tag) }
        self.record(
            "commit", record,
            ["comment": options.message, "imageID": "sha256:\(id)", "imageRef": tag?.familiarText ?? ""])
        return id
    }

    private func makeLayer(
        of record: ContainerRecord, on base: ImageRecord, _ configuration: ImageConfiguration, _ name: ImageReference?,
        _ options: CommitOptions
    ) throws(EngineError) -> Identifier {
        do {
            let files = locations.container(record.id)
            guard try !layerStore.holdsCopy(work: files.work) else {
                throw EngineError(
                    .unsupported, "there is no overlay here that would tell what container \(record.name) has changed")
            }
            var layer: TreeArchive?
            if exists(files.upper) {
                var reading = TreeReader.Options()
                reading.convertsMarks = true
                let upper = try OwnedDescriptor(open: files.upper, [.read, .directory])
                let made = try MountPoints.emptyDirectories(in: upper)
                layer = TreeArchive(
                    TreeReader(upper, options: reading),
                    leavesOut: {
                        MountPoints.isFileMadeForMount($0)
                            || $0.kind == .directory
                                && made.contains(String(decoding: $0.path.dropLast(), as: UTF8.self))
                    })
            }
            // What the engine does not act on is the base image's.
            var execution = try parts(of: base).config.config ?? ImageConfig.Execution()
            let own = configuration.execution
            (execution.user, execution.exposedPorts, execution.env) = (own.user, own.exposedPorts, own.env)
            (execution.entrypoint, execution.cmd, execution.volumes) = (own.entrypoint, own.cmd, own.volumes)
            (execution.workingDir, execution.labels, execution.stopSignal) = (
                own.workingDir, own.labels, own.stopSignal
            )
            // What this Brig does not know of a check that nobody has changed stays.
            if configuration.healthcheck != base.configuration.healthcheck { execution.healthcheck = own.healthcheck }
            execution.onBuild = configuration.onBuild ?? []
            let history = ImageConfig.History(
                createdBy: record.command, author: options.author,
                comment: options.message.isEmpty ? nil : options.message)
            return try addImage(
                on: base, layer: layer, execution, tags: name.map { [$0] } ?? [], history: history,
                author: options.author)
        } catch {
            throw .wrapping(error, while: "commit container \(record.name)")
        }
    }

    /// How the container was run, as an image says it.
    private func committed(_ record: ContainerRecord) throws(EngineError) -> ImageConfiguration {
        let own = try store.configurations(of: record.id).container
        var configuration = try store.image(record.imageID)?.configuration ?? ImageConfiguration()
        configuration.user = own.user
        configuration.exposedPorts = own.exposedPorts
        configuration.volumes = own.volumes
        configuration.healthcheck = own.healthcheck
        configuration.env = own.env
        configuration.entrypoint = own.entrypoint
        configuration.cmd = own.cmd
        configuration.workingDir = own.workingDir
        configuration.labels = own.labels
        configuration.stopSignal = own.stopSignal
        return configuration
    }

    private func runtime(_ command: String, _ record: ContainerRecord) throws(EngineError) {
        do {
            let status = try Spawn(
                program: runtime, arguments: [runtime, "--root", locations.runtimeState, command, record.id.text]
            ).start().wait()
            if status.isSuccess { return }
            throw EngineError(.fault, "could not \(command) container \(record.name)")
        } catch {
            throw .wrapping(error, while: "\(command) container \(record.name)")
        }
    }
}

/// What the runtime makes where an image has nothing, to mount its own there: empty files, and directories that hold
/// nothing but such. It is no change of the container's.
enum MountPoints {
    /// By this file programs tell that they run in a container of Docker's kind.
    static let mark = ".dockerenv"
    private static let files: Set<String> = [
        mark, "etc/hosts", "etc/hostname", "etc/resolv.conf", "dev/console", "sbin/docker-init", "usr/sbin/docker-init",
    ]
    private static let directories: Set<String> = ["dev", "dev/pts", "dev/shm", "dev/mqueue", "proc", "sys", "sbin"]

    static func isFileMadeForMount(_ entry: ArchiveEntry) -> Bool {
        entry.kind == .file && entry.size == 0 && files.contains(String(decoding: entry.path, as: UTF8.self))
    }

    static func isMark(_ entry: ArchiveEntry) -> Bool { entry.path.elementsEqual(mark.utf8) }

    /// Whether a directory is what it is in the layers below, and holds nothing of the container's.
    static func isAsBelow(
        _ entry: ArchiveEntry, in tree: borrowing OwnedDescriptor, _ lower: LowerLayers
    ) throws -> Bool {
        let path = String(
            decoding: Array(entry.path.split(separator: UInt8(ascii: "/")).joined(separator: [0x2f])), as: UTF8.self)
        guard entry.kind == .directory, files.contains(where: { $0.hasPrefix(path + "/") }),
            let below = try lower.status(of: Array(path.utf8)),
            (below.permissions, below.userID, below.groupID) == (entry.permissions, entry.userID, entry.groupID)
        else { return false }
        let entries = try tree.openBeneath(path, [.read, .directory, .noFollow]).entries()
        return !entries.isEmpty && entries.allSatisfy { files.contains("\(path)/\($0.name)") }
    }

    /// Which of these directories of a tree hold nothing of the container's.
    static func emptyDirectories(in tree: borrowing OwnedDescriptor) throws(SyscallError) -> Set<String> {
        var found: Set<String> = []
        // Those within others first.
        for path in directories.sorted().reversed() where try isEmpty(path, in: tree, but: found) {
            found.insert(path)
        }
        return found
    }

    private static func isEmpty(
        _ path: String, in tree: borrowing OwnedDescriptor, but others: Set<String>
    ) throws(SyscallError) -> Bool {
        let directory: OwnedDescriptor
        do throws(SyscallError) {
            directory = try tree.openBeneath(path, [.read, .directory, .noFollow])
        } catch  where [.noSuchFile, .notDirectory, .tooManyLinks].contains(error.code) {
            return false
        }
        // An emptied directory, and one whose rights were changed, are the container's.
        guard try directory.status().permissions == 0o755,
            try !directory.extendedAttributeNames().contains(where: { $0.hasSuffix(".overlay.opaque") })
        else { return false }
        for entry in try directory.entries() {
            let inner = "\(path)/\(entry.name)"
            if others.contains(inner) { continue }
            guard files.contains(inner), try directory.status(of: entry.name).size == 0 else { return false }
        }
        return true
    }
}
