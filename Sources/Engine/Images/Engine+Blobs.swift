internal import Archive
internal import ImageStore
internal import LayerStore
internal import LinuxKernel
internal import MonitorProtocol
internal import OCISpec

extension Engine {
    var blobStore: BlobStore {
        get throws(SyscallError) { try BlobStore(root: locations.root) }
    }

    /// What this machine runs.
    var hostPlatform: PlatformRequest {
        get throws(SyscallError) { PlatformRequest.host(machine: try SystemName().machine) }
    }

    /// Does something that brings content into the store. Whatever it writes has an owner meanwhile, and afterwards if it
    /// failed or was interrupted in the middle of a blob: so the next try can go on with it.
    ///
    /// - Parameters:
    ///   - what: Such as `pull nginx:latest`. An interrupted operation of the same name gives its content over to this one.
    func operation<Value>(_ what: String, _ body: (OperationID) throws -> Value) throws -> Value {
        let operation = try takeUp(what)
        do {
            let value = try body(operation)
            try release(operation)
            return value
        } catch {
            giveUp(operation)
            throw error
        }
    }

    /// Begins something that brings content into the store, with what it has left when it was interrupted.
    func takeUp(_ what: String) throws -> OperationID {
        try recover()
        let operation = try store.beginOperation(what)
        do {
            for old in try store.operations() where old.id != operation && old.what == what && old.isInterrupted {
                try store.claim(operation, blobs: old.blobs, layers: old.layers)
                try store.end(old.id)
            }
            return operation
        } catch {
            giveUp(operation)
            throw error
        }
    }

    /// Ends an operation that has failed.
    ///
    /// The first error is the one to tell; what could not be removed now, `system check` finds. On a full disk what is not
    /// whole is in the way.
    func giveUp(_ operation: OperationID) { try? release(operation, keepsPartials: !isDiskFull) }

    /// Less is left than a layer may take.
    private var isDiskFull: Bool {
        guard let root = try? OwnedDescriptor(open: locations.root, [.read, .directory]) else { return false }
        return (try? root.availableBytes()).map { $0 < 64 << 20 } ?? false
    }

    /// Ends an operation and removes what only it has needed.
    ///
    /// - Parameter keepsPartials: What is not whole waits for the next try, and stays owned by the operation for that.
    func release(_ operation: OperationID, keepsPartials: Bool = false) throws {
        try store.removeNamelessPackings(claimedBy: operation)
        if !keepsPartials, try store.endIfAllIsNeeded(operation) { return }
        guard let record = try store.operations().first(where: { $0.id == operation }) else { return }
        let blobs = try blobStore
        let partial =
            keepsPartials ? Set(try blobs.partials().filter { $0.size > 0 }.compactMap(\.digest)) : []
        let kept = record.blobs.filter(partial.contains)
        // Only then: if this is interrupted, somebody must know what is to be removed.
        _ = try discardUnneeded(
            blobs: record.blobs.filter { !kept.contains($0) }, layers: record.layers, byOthersThan: operation)
        if kept.isEmpty {
            try store.end(operation)
        } else {
            try store.limit(operation, toBlobs: kept)
        }
    }

    /// Removes those of these blobs and layers that nothing needs.
    func discardUnneeded(
        blobs: [Digest], layers: [Identifier], byOthersThan operation: OperationID? = nil
    ) throws -> Int {
        let sorted = try topmostFirst(layers)
        let layerStore = try layerStore
        var detached: [DetachedLayer] = []
        let removed = try store.discardUnneeded(
            blobs: blobs, layers: sorted, byOthersThan: operation,
            detachLayer: { id in
                if let layer = try layerStore.detach(ChainID(try Digest("sha256:\(id)"))) { detached.append(layer) }
            }, discardBlob: { try self.discardBlob($0) })
        for layer in detached { try layer.removeFiles() }
        return removed
    }

    /// A layer goes before those that it lies on.
    private func topmostFirst(_ layers: [Identifier]) throws -> [Identifier] {
        let layerStore = try layerStore
        var known: [ChainID: Int] = [:]
        func depth(_ id: Identifier) throws -> Int {
            let chain = ChainID(try Digest("sha256:\(id)"))
            var below: [ChainID] = []
            var next: ChainID? = chain
            while let one = next, known[one] == nil, below.count < 1000 {
                below.append(one)
                next = (try? layerStore.layer(one))?.parent
            }
            var depth = next.flatMap { known[$0] } ?? -1
            for one in below.reversed() {
                depth += 1
                known[one] = depth
            }
            return known[chain] ?? 0
        }
        return try layers.map { ($0, try depth($0)) }.sorted { $0.1 > $1.1 }.map(\.0)
    }

    /// Removes a blob that no image has any more, and what there may be of it in part.
    func discardBlob(_ digest: Digest) throws {
        let blobs = try blobStore
        try blobs.remove(digest)
        try blobs.removePartial(of: digest)
    }

    // MARK: - Recording

    /// Records an image whose blobs and layers are all in the store and claimed by an operation.
    ///
    /// - Parameters:
    ///   - index: What led to the manifest, if something did.
    ///   - tags: The names that it gets.
    ///   - repoDigests: What registries call it.
    func record(
        _ parts: ImageParts, index: VerifiedDocument? = nil, tags: [ImageReference], repoDigests: [ImageReference] = [],
        madeFrom: String = ""
    ) throws -> Identifier {
        let layerStore = try layerStore
        for blob in [parts.manifest.config] + parts.manifest.layers { try checkSize(blob) }
        let id = try Identifier(parts.manifest.config.digest.hex).orDamaged("config digest")
        var layers: [LayerRecord] = []
        for (diffID, chain) in zip(parts.diffIDs, ChainID.chain(of: parts.diffIDs)) {
            guard let layer = try layerStore.layer(chain) else { throw LayerStoreError.missing(chain) }
            layers.append(
                LayerRecord(
                    chainID: try Identifier(chain.digest.hex).orDamaged("chain id"),
                    diffID: try Identifier(diffID.hex).orDamaged("diff id"), size: Int64(clamping: layer.fileBytes)))
        }
        var blobs: [BlobRecord] = []
        if let index {
            blobs.append(
                BlobRecord(role: .index, digest: index.digest, size: index.size, mediaType: index.mediaType))
        }
        blobs.append(
            BlobRecord(role: .manifest, digest: parts.digest, size: parts.size, mediaType: parts.mediaType))
        blobs.append(BlobRecord(role: .config, parts.manifest.config))
        blobs += parts.manifest.layers.map { BlobRecord(role: .layer, $0) }
        try blobStore.synchronizeNames()
        try store.add(
            ImageRecord(
                id: id, created: parts.config.created.flatMap { Timestamp($0) } ?? Timestamp(seconds: 0),
                architecture: parts.config.architecture, os: parts.config.os, variant: parts.config.variant ?? "",
                comment: parts.config.history.last?.comment ?? "",
                configuration: ImageConfiguration(parts.config.config), madeFrom: madeFrom, layers: layers,
                references: tags, repoDigests: repoDigests, blobs: blobs))
        return id
    }
}

extension Engine {
    /// Checks that a blob of the store has the size that a manifest says: one that was there before was not compared
    /// with it when it came.
    private func checkSize(_ descriptor: Descriptor) throws {
        guard let size = try blobStore.size(of: descriptor.digest) else {
            throw ImageStoreError.missing(descriptor.digest)
        }
        guard Int64(exactly: size) == descriptor.size else {
            throw ImageStoreError.wrongSize(
                of: descriptor.digest, expected: UInt64(clamping: descriptor.size), found: size)
        }
    }
}

extension BlobRecord {
    init(role: Role, _ descriptor: Descriptor) {
        self.init(
            role: role, digest: descriptor.digest, size: descriptor.size, mediaType: descriptor.mediaType)
    }
}

extension ImageConfiguration {
    /// What an image's config says of the process, as far as Brig acts on it.
    init(_ execution: ImageConfig.Execution?) {
        self.init()
        guard let execution else { return }
        user = execution.user ?? ""
        for port in execution.exposedPorts.names { exposedPorts[port] = [:] }
        env = execution.env
        entrypoint = execution.entrypoint.isEmpty ? nil : execution.entrypoint
        cmd = execution.cmd.isEmpty ? nil : execution.cmd
        for volume in execution.volumes.names { volumes[volume] = [:] }
        workingDir = execution.workingDir ?? ""
        for (key, value) in execution.labels { labels[key] = value }
        stopSignal = execution.stopSignal
        onBuild = execution.onBuild.isEmpty ? nil : execution.onBuild
        shell = execution.shell.isEmpty ? nil : execution.shell
        healthcheck = execution.healthcheck.map { check in
            var settings = HealthSettings()
            (settings.test, settings.retries) = (check.test, Int(clamping: check.retries))
            (settings.interval, settings.timeout) = (check.interval, check.timeout)
            (settings.startPeriod, settings.startInterval) = (check.startPeriod, check.startInterval)
            return settings
        }
    }

    /// The same for an image's config.
    var execution: ImageConfig.Execution {
        ImageConfig.Execution(
            user: user.isEmpty ? nil : user, exposedPorts: NameSet(exposedPorts.keys.sorted()), env: env,
            entrypoint: entrypoint ?? [], cmd: cmd ?? [], volumes: NameSet(volumes.keys.sorted()),
            workingDir: workingDir.isEmpty ? nil : workingDir, labels: orderedLabels, stopSignal: stopSignal,
            healthcheck: healthcheck.map { settings in
                ImageConfig.Healthcheck(
                    test: settings.test, interval: settings.interval, timeout: settings.timeout,
                    startPeriod: settings.startPeriod, startInterval: settings.startInterval,
                    retries: Int64(settings.retries))
            })
    }

    private var orderedLabels: OrderedMap<String> {
        var map: OrderedMap<String> = [:]
        for key in labels.keys.sorted() { map[key] = labels[key] }
        return map
    }
}
