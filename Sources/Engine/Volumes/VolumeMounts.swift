internal import Archive
internal import LayerStore
internal import LinuxKernel
internal import OCISpec

extension Engine {
    /// What a new container has mounted: other containers' volumes, what its options say, and where its image or options
    /// want a volume that nothing is mounted at, one without a name.
    ///
    /// - Returns: The mounts, and the volumes that come into being with the container.
    /// - Throws: `EngineError`; nothing was made.
    func mountsForCreation(
        _ configuration: ContainerConfiguration, _ host: HostConfiguration
    ) throws(EngineError) -> (mounts: [ContainerMount], volumes: [VolumeRecord]) {
        var mounts = try ContainerMount.list(host)
        var labels: [String: [String: String]] = [:]
        var options: [String: [String: String]] = [:]
        for request in host.mounts where request.type == .volume {
            guard let mount = try? ContainerMount(request) else { continue }
            labels[mount.destination] = request.volume?.labels ?? [:]
            options[mount.destination] = request.volume?.driver?.options ?? [:]
            try checkOptions(options[mount.destination] ?? [:], of: mount.source.isEmpty ? nil : mount.source)
        }
        for text in host.volumesFrom {
            for mount in try volumes(from: text) where !mounts.contains(where: { $0.destination == mount.destination })
            {
                mounts.append(mount)
            }
        }
        for target in configuration.volumes.keys.sorted() {
            let destination = try VolumeBinding.destination(target, of: target)
            if mounts.contains(where: { $0.destination == destination }) { continue }
            var mount = ContainerMount()
            (mount.kind, mount.destination, mount.isToBeFilled) = (.volume, destination, true)
            mounts.append(mount)
        }
        var generator = SystemRandomNumberGenerator()
        var made: [VolumeRecord] = []
        for index in mounts.indices where mounts[index].kind == .volume {
            let isAnonymous = mounts[index].source.isEmpty
            let name =
                isAnonymous ? VolumeName.random(using: &generator) : VolumeName(unchecked: mounts[index].source)
            mounts[index].source = name.text
            made.append(
                VolumeRecord(
                    name: name, created: .now, labels: labels[mounts[index].destination] ?? [:],
                    isAnonymous: isAnonymous, options: options[mounts[index].destination] ?? [:]))
        }
        for mount in mounts where mount.kind == .image {
            _ = try store.image(mount.source)
        }
        return (mounts, made)
    }

    /// The volumes and directories of another container: `NAME[:ro|rw]`.
    private func volumes(from text: String) throws(EngineError) -> [ContainerMount] {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let mode = parts.count == 2 ? parts[1] : "rw"
        guard !parts[0].isEmpty else {
            throw EngineError(.invalidInput, "invalid --volumes-from: \(quotedForError(text))")
        }
        guard ["ro", "rw", "z", "Z"].contains(mode) else {
            throw EngineError(.invalidInput, "invalid mode: \(quotedForError(mode))")
        }
        let other = try store.container(parts[0])
        return try store.mounts(of: other.id).filter { $0.kind == .bind || $0.kind == .volume }.map { mount in
            var mount = mount
            mount.isReadOnly = mount.isReadOnly || mode == "ro"
            mount.isToBeFilled = false
            return mount
        }
    }

    /// Brings volumes and images to where the runtime mounts them from.
    ///
    /// - Returns: By destination, the directory on the host.
    /// - Throws: `EngineError` or what the kernel says; `undo` takes back what was mounted until then.
    func mountSources(
        of record: ContainerRecord, _ mounts: [ContainerMount], _ undo: Undo
    ) throws -> [String: String] {
        var sources: [String: String] = [:]
        let files = locations.container(record.id)
        for (index, mount) in mounts.enumerated() {
            switch mount.kind {
            case .bind, .tmpfs: continue
            case .volume:
                let name = VolumeName(unchecked: mount.source)
                try prepareVolume(name)
                var data = locations.volumeData(name)
                var (isMounted, isLasting) = (false, true)
                if let volume = try store.volume(name.text), let options = try VolumeDriverOptions(volume.options) {
                    data = try hold(volume, options, for: record.id, undo)
                    isMounted = true
                    isLasting = !["tmpfs", "ramfs"].contains(options.type)
                }
                if mount.isToBeFilled {
                    try fill(name, data, isMounted: isMounted, from: mount.destination, of: files.rootfs)
                    if isLasting { try store.setFilled(mount, of: record.id) }
                }
                sources[mount.destination] = data
            case .image:
                let place = "\(files.images)/\(index)"
                try mountImage(mount.source, at: place)
                undo.add("unmount \(place)") { try removeMount(at: place + "/rootfs") }
                sources[mount.destination] = place + "/rootfs"
            }
            if !mount.subpath.isEmpty, let root = sources[mount.destination] {
                sources[mount.destination] = try hold(
                    mount.subpath, below: root, at: "\(files.images)/sub-\(index)", undo)
            }
        }
        return sources
    }

    /// Mounts what is below a root that containers shape at a place of ours: found with the root as `/`, so that no link
    /// leads out, and named by descriptor from then on.
    private func hold(_ subpath: String, below root: String, at place: String, _ undo: Undo) throws -> String {
        let found: OwnedDescriptor
        do throws(SyscallError) {
            found = try OwnedDescriptor(open: root, [.pathOnly, .directory]).resolve(subpath, .pathOnly)
        } catch {
            guard error.code == .noSuchFile else { throw error }
            throw EngineError(.invalidInput, "cannot access path \(root)/\(subpath): no such file or directory")
        }
        let tree = try DetachedMount.copy(of: found, recursive: false, subject: subpath)
        if try found.status().isDirectory {
            try HostDirectory.make(place, mode: 0o700)
        } else {
            try HostDirectory.make(HostDirectory.split(place).parent, mode: 0o700)
            try HostDirectory.write([], to: place, mode: 0o600)
        }
        try tree.attach(to: try OwnedDescriptor(open: place, .pathOnly), subject: place)
        undo.add("unmount \(place)") { try removeMount(at: place) }
        return place
    }

    private func mountImage(_ name: String, at place: String) throws {
        let image = try store.image(name)
        for directory in [place, place + "/rootfs"] { try HostDirectory.make(directory, mode: 0o700) }
        let chain = try image.layers.map { ChainID(try Digest("sha256:\($0.chainID)")) }
        try layerStore.mount(layers: chain, at: place + "/rootfs", attributes: .readOnly)
    }

    /// Unmounts what `mountSources` has mounted.
    func unmountSources(of id: Identifier) throws {
        let directory = locations.container(id).images
        guard exists(directory) else { return }
        var held: [(volume: VolumeName, place: String)] = []
        for entry in try OwnedDescriptor(open: directory, [.read, .directory]).entries() {
            if let volume = heldVolume(entry.name) {
                held.append((volume, "\(directory)/\(entry.name)"))
                continue
            }
            let isPart = entry.name.hasPrefix("sub-")
            try removeMount(at: "\(directory)/\(entry.name)\(isPart ? "" : "/rootfs")")
        }
        // Parts of volumes lie on these.
        for entry in held { try letGo(of: entry.volume, at: entry.place) }
    }

    /// Fills an empty volume with what the image has in its place, with owners, modes and attributes: Docker's copy-up.
    ///
    /// Both trees are walked by descriptor: the source with the container's root as `/`, the volume's as its own root.
    ///
    /// - Parameter isMounted: What is there is somebody else's: then nothing is taken away, whatever fails.
    private func fill(
        _ name: VolumeName, _ data: String, isMounted: Bool, from destination: String, of rootfs: String
    ) throws {
        // Another container may start with the same volume at this moment.
        let lock = try FileLock(try OwnedDescriptor(open: locations.volume(name), [.read, .directory]))
        try fillLocked(name, data, isMounted: isMounted, from: destination, of: rootfs)
        withExtendedLifetime(lock) {}
    }

    private func fillLocked(
        _ name: VolumeName, _ data: String, isMounted: Bool, from destination: String, of rootfs: String
    ) throws {
        let volume = try OwnedDescriptor(open: data, [.read, .directory])
        guard try volume.entries().isEmpty else { return }
        let source: OwnedDescriptor
        do throws(SyscallError) {
            let root = try OwnedDescriptor(open: rootfs, [.pathOnly, .directory, .noFollow])
            source = try root.resolve(destination, [.read, .directory])
        } catch {
            // The image has nothing there, or a file.
            guard [.noSuchFile, .notDirectory].contains(error.code) else { throw error }
            return
        }
        do {
            _ = try Extractor(into: volume, options: ExtractionOptions()).extract(TreeReader(source))
        } catch {
            // Half of it must not pass for the whole the next time.
            if !isMounted { try? TreeDirectory(try OwnedDescriptor(open: data, [.read, .directory])).removeContents() }
            throw EngineError.wrapping(error, while: "fill volume \(name) from \(destination) of the image")
        }
    }
}

extension ContainerLocations {
    /// Images and parts of volumes that this container has mounted.
    var images: String { run + "/sources" }
}
