/// What a container has mounted at one place, as it was decided when the container was made.
struct ContainerMount: StoredDocument, Equatable, Sendable {
    enum Kind: String, Codable, Sendable {
        case bind, volume, tmpfs, image
    }

    /// What of a read-only mount is read-only that is mounted below it.
    enum Recursion: String, Codable, Sendable {
        /// All, if the kernel can.
        case wanted
        case none
        case required
    }

    var kind = Kind.bind
    /// A path of the host's, a volume's name, or an image; empty for a tmpfs.
    var source = ""
    /// Absolute.
    var destination = ""
    var isReadOnly = false
    var recursion = Recursion.wanted
    var propagation = VolumeBinding.Propagation.rprivate.rawValue
    /// As it was given.
    var mode = ""
    /// Without what is mounted below the source.
    var isAlone = false
    /// Whether a missing directory is made on the host.
    var makesSource = false
    /// Below the volume's or image's root.
    var subpath = ""
    /// Whether the volume is to be filled from the image, if it is empty when the container starts first.
    var isToBeFilled = false
    /// Options of a tmpfs.
    var options: [String] = []
    var uidMappings: [OwnerMapping] = []
    var gidMappings: [OwnerMapping] = []

    enum CodingKeys: String, CodingKey {
        case kind, source, destination, isReadOnly, recursion, propagation, mode, isAlone, makesSource, subpath
        case isToBeFilled, options, uidMappings, gidMappings
    }
}

extension ContainerMount {
    init(_ binding: VolumeBinding) {
        kind = binding.isVolume ? .volume : .bind
        source = binding.source
        destination = binding.destination
        isReadOnly = binding.isReadOnly
        propagation = binding.propagation.rawValue
        mode = binding.mode
        // As in Docker, a directory that `-v` names and that is not there is made.
        makesSource = !binding.isVolume
        isToBeFilled = binding.isVolume && !binding.mode.split(separator: ",").contains("nocopy")
    }

    /// - Throws: `EngineError` of kind `invalidInput`.
    init(_ request: MountRequest) throws(EngineError) {
        kind = Kind(rawValue: request.type.rawValue) ?? .bind
        source = request.source
        do {
            destination = try VolumeBinding.destination(request.target, of: request.target)
        } catch {
            throw EngineError(
                .invalidInput, "invalid mount config for type \"\(request.type.rawValue)\": \(error.message)")
        }
        isReadOnly = request.readOnly
        switch request.type {
        case .bind:
            let bind = request.bind ?? MountRequest.Bind()
            if !bind.propagation.isEmpty { propagation = bind.propagation }
            isAlone = bind.nonRecursive
            makesSource = bind.createMountpoint
            if bind.readOnlyForceRecursive { recursion = .required }
            if bind.readOnlyNonRecursive { recursion = .none }
            uidMappings = try OwnerMapping.list(optional: bind.uidMappings)
            gidMappings = try OwnerMapping.list(optional: bind.gidMappings)
        case .volume:
            if !source.isEmpty { source = try VolumeName(source).text }
            subpath = try Self.subpath(request.volume?.subpath ?? "")
            isToBeFilled = !(request.volume?.noCopy ?? false) && subpath.isEmpty
        case .image:
            guard !source.isEmpty else { throw EngineError(.invalidInput, "source is required for an image") }
            subpath = try Self.subpath(request.image?.subpath ?? "")
            // The image is shared with others.
            isReadOnly = true
        case .tmpfs:
            guard source.isEmpty else {
                throw EngineError(.invalidInput, "invalid mount config for type \"tmpfs\": source is not allowed")
            }
            options = ["noexec", "nosuid", "nodev"]
            if isReadOnly { options.append("ro") }
            if let size = request.tmpfs?.sizeBytes, size > 0 { options.append("size=\(size)") }
            if let mode = request.tmpfs?.mode, mode > 0 { options.append("mode=\(String(mode, radix: 8))") }
        }
    }

    /// A path below a root, without `..`: it cannot lead out.
    private static func subpath(_ text: String) throws(EngineError) -> String {
        guard !text.isEmpty else { return "" }
        guard !text.hasPrefix("/"), !text.split(separator: "/").contains(".."),
            !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }), let path = normalized("/" + text)
        else { throw EngineError(.invalidInput, "subpath must be a relative path within the volume") }
        return String(path.dropFirst())
    }

    /// `--tmpfs`.
    init(tmpfs target: String, _ text: String) throws(EngineError) {
        let allowed: Set<Substring> = [
            "exec", "noexec", "suid", "nosuid", "dev", "nodev", "ro", "rw", "size", "mode", "uid", "gid", "nr_inodes",
            "nr_blocks", "noatime", "relatime",
        ]
        let given = text.split(separator: ",")
        for option in given {
            let key = option.prefix { $0 != "=" }
            guard allowed.contains(key), option.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
                throw EngineError(.invalidInput, "invalid --tmpfs option: \(quotedForError(String(option)))")
            }
        }
        kind = .tmpfs
        destination = try VolumeBinding.destination(target, of: target)
        options = ["noexec", "nosuid", "nodev"] + given.map(String.init)
    }

    /// All that a container's options say of mounts, each place once.
    ///
    /// - Throws: `EngineError` of kind `invalidInput`, in Docker's words for a place that is named twice.
    static func list(_ host: HostConfiguration) throws(EngineError) -> [ContainerMount] {
        var mounts: [ContainerMount] = []
        for text in host.binds { mounts.append(ContainerMount(try VolumeBinding(text, workingDirectory: "/"))) }
        for request in host.mounts { mounts.append(try ContainerMount(request)) }
        for (target, options) in host.tmpfs.sorted(by: { $0.key < $1.key }) {
            mounts.append(try ContainerMount(tmpfs: target, options))
        }
        var seen: Set<String> = []
        for mount in mounts where !seen.insert(mount.destination).inserted {
            throw EngineError(.invalidInput, "duplicate mount point: \(quotedForError(mount.destination))")
        }
        return mounts
    }
}

extension OwnerMapping {
    static func list(optional text: String?) throws(EngineError) -> [OwnerMapping] {
        guard let text, !text.isEmpty else { return [] }
        return try list(text)
    }
}
