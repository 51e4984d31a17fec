internal import LinuxKernel

/// Volumes in which something is mounted while a container has them: those with driver options.
///
/// Nothing is counted. What a volume's options say is mounted at its `_data`, once, and each container that runs with it
/// holds a copy of that mount in its run directory. Who takes his copy away looks whether there is another one, and takes
/// the mount away if there is none. All of this under the volume's lock, and all of it is asked of the kernel: a crash
/// leaves mounts, which the clean-up after its container takes away, and a reboot leaves nothing.
///
/// Nothing ever removes files through such a mount: it is unmounted first, and the removal of directories enters no mount.
extension Engine {
    private static let holdPrefix = "volume."

    private func lock(_ name: VolumeName) throws(SyscallError) -> FileLock {
        try FileLock(try OwnedDescriptor(open: locations.volume(name), [.read, .directory]))
    }

    /// Mounts what a volume's options say and gives a container its copy.
    ///
    /// - Returns: The copy's place.
    /// - Throws: What the kernel says; `undo` takes back what was mounted until then.
    func hold(_ volume: VolumeRecord, _ options: VolumeDriverOptions, for id: Identifier, _ undo: Undo) throws -> String
    {
        let sources = locations.container(id).images
        let place = "\(sources)/\(Self.holdPrefix)\(volume.name)"
        guard volume.name.text.utf8.count + Self.holdPrefix.utf8.count <= 255 else {
            throw EngineError(.invalidInput, "the name of a volume with options has at most 248 bytes")
        }
        // One place in the container is enough for all where it has the volume.
        if try Self.isMounted("\(Self.holdPrefix)\(volume.name)", in: sources) { return place }
        undo.add("unmount \(place)") { try self.letGo(of: volume.name, at: place) }
        let lock = try lock(volume.name)
        try mountData(of: volume, options)
        try HostDirectory.make(place, mode: 0o700)
        let data = try OwnedDescriptor(open: locations.volumeData(volume.name), [.pathOnly, .directory])
        let copy = try DetachedMount.copy(of: data, recursive: true, subject: locations.volumeData(volume.name))
        try attachPrivately(copy, at: place)
        withExtendedLifetime(lock) {}
        return place
    }

    /// The volume's lock is held.
    private func mountData(of volume: VolumeRecord, _ options: VolumeDriverOptions) throws {
        if try Self.isMounted("_data", in: locations.volume(volume.name)) { return }
        try attachPrivately(try mount(volume, options), at: locations.volumeData(volume.name))
    }

    private func mount(_ volume: VolumeRecord, _ options: VolumeDriverOptions) throws(EngineError) -> DetachedMount {
        do throws(SyscallError) {
            return try options.mount()
        } catch {
            throw EngineError(.fault, "failed to mount local volume \(volume.name): \(error)")
        }
    }

    private func attachPrivately(_ mount: borrowing DetachedMount, at place: String) throws(SyscallError) {
        try mount.attach(to: try OwnedDescriptor(open: place, [.pathOnly, .directory]), subject: place)
        // Below a shared mount it has become one, too.
        try mount.setPropagation(.private, recursive: true)
    }

    /// Takes a container's copy away, and what is mounted in the volume if nobody else has one.
    func letGo(of name: VolumeName, at place: String) throws {
        guard exists(locations.volume(name)) else { return try removeMount(at: place) }
        let lock = try lock(name)
        try removeMount(at: place)
        try unmountDataUnlessHeld(name)
        withExtendedLifetime(lock) {}
    }

    /// The volume that the entry of a container's sources is a copy of.
    func heldVolume(_ entry: String) -> VolumeName? {
        guard entry.hasPrefix(Self.holdPrefix) else { return nil }
        return VolumeName(unchecked: String(entry.dropFirst(Self.holdPrefix.count)))
    }

    /// The volume's lock is held.
    private func unmountDataUnlessHeld(_ name: VolumeName) throws {
        guard try Self.isMounted("_data", in: locations.volume(name)) else { return }
        for entry in try OwnedDescriptor(open: locations.runRoot, [.read, .directory]).entries() {
            guard let id = Identifier(entry.name) else { continue }
            if try Self.isMounted("\(Self.holdPrefix)\(name)", in: locations.container(id).images) { return }
        }
        try unmountData(in: locations.volume(name))
    }

    /// Unmounts all that is mounted at the `_data` of a directory.
    ///
    /// - Throws: `EngineError` of kind `conflict` if something is left.
    private func unmountData(in directory: String) throws {
        for _ in 0..<100 {
            guard try Self.isMounted("_data", in: directory) else { return }
            // Whoever has mounted it: what is unmounted with it stays where it came from.
            let mount = DetachedMount(
                adopting: try OwnedDescriptor(open: directory + "/_data", [.pathOnly, .directory, .noFollow]))
            try mount.setPropagation(.private, recursive: true)
            try removeMount(at: directory + "/_data")
        }
        throw EngineError(.conflict, "something is mounted at \(directory)/_data and cannot be unmounted")
    }

    /// Whether something is mounted at an entry of a directory of ours. What is not there is not mounted.
    private static func isMounted(_ entry: String, in directory: String) throws(SyscallError) -> Bool {
        do throws(SyscallError) {
            _ = try OwnedDescriptor(open: directory, [.pathOnly, .directory]).openBeneath(
                entry, [.pathOnly, .noFollow])
            return false
        } catch {
            switch error.code {
            case .crossDevice: return true
            case .noSuchFile: return false
            default: throw error
            }
        }
    }

    /// Opens the files of a volume for this command alone: also those that nobody has mounted now.
    func openFiles(of volume: VolumeRecord) throws -> OwnedDescriptor {
        try prepareVolume(volume.name)
        let data = locations.volumeData(volume.name)
        guard let options = try VolumeDriverOptions(volume.options) else {
            return try OwnedDescriptor(open: data, [.read, .directory])
        }
        let lock = try lock(volume.name)
        // A container's mount has its files: those of a tmpfs are nowhere else.
        guard try Self.isMounted("_data", in: locations.volume(volume.name)) else {
            return try openAlone(volume, options)
        }
        let files = try OwnedDescriptor(open: data, [.read, .directory])
        withExtendedLifetime(lock) {}
        return files
    }

    /// A mount without a path: it is gone with its last descriptor.
    private func openAlone(_ volume: VolumeRecord, _ options: VolumeDriverOptions) throws -> OwnedDescriptor {
        try mount(volume, options).root.open(".", [.read, .directory])
    }

    /// Makes sure that nothing is mounted in a volume that is to be removed.
    ///
    /// - Throws: `EngineError` of kind `conflict` if something is: in a volume without options somebody else has mounted it.
    func unmountBeforeRemoval(of volume: VolumeRecord) throws {
        let directory = locations.volume(volume.name)
        guard try Self.isMounted("_data", in: directory) else { return }
        // Then it is not removed, and whoever removes it says who has it.
        guard try store.volumeUsers()[volume.name.text] == nil else { return }
        guard !volume.options.isEmpty else {
            throw EngineError(
                .conflict, "remove \(volume.name): something is mounted at \(directory)/_data: unmount it first")
        }
        let lock = try lock(volume.name)
        try unmountDataUnlessHeld(volume.name)
        guard try !Self.isMounted("_data", in: directory) else {
            throw EngineError(.conflict, "remove \(volume.name): volume has active mounts")
        }
        withExtendedLifetime(lock) {}
    }

    /// Unmounts what killed commands have left mounted in volumes.
    ///
    /// - Returns: What was done, a line each.
    func releaseVolumes() throws -> [String] {
        var done: [String] = []
        for volume in try store.volumes() where !volume.options.isEmpty {
            guard try Self.isMounted("_data", in: locations.volume(volume.name)) else { continue }
            let lock = try lock(volume.name)
            try unmountDataUnlessHeld(volume.name)
            if try !Self.isMounted("_data", in: locations.volume(volume.name)) {
                done.append("unmounted volume \(volume.name)")
            }
            withExtendedLifetime(lock) {}
        }
        return done
    }

    /// As Docker and unlike it: a volume that is there stays as it is, but other options than it has are an error.
    ///
    /// - Throws: `EngineError`: `invalidInput`, `unsupported` for the options; `conflict`.
    func checkOptions(_ options: [String: String], of name: String?) throws(EngineError) {
        guard !options.isEmpty else { return }
        _ = try VolumeDriverOptions(options)
        guard let name, let volume = try store.volume(name), volume.options != options else { return }
        throw EngineError(
            .conflict, "volume \(name) is there already, with other options: remove it first, or leave the options out")
    }
}
