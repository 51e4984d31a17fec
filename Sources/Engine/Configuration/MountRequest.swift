/// One `--mount`: Docker's `Mount` object.
public struct MountRequest: Codable, Equatable, Sendable {
    public enum Kind: String, Codable, Sendable {
        case bind, volume, tmpfs, image
    }

    public var type = Kind.volume
    /// A path of the host's, a volume's name or an image; empty for a tmpfs and an anonymous volume.
    public var source = ""
    public var target = ""
    public var readOnly = false
    public var bind: Bind?
    public var volume: Volume?
    public var image: Image?
    public var tmpfs: Temporary?

    public init() {}

    public struct Bind: Codable, Equatable, Sendable {
        public var propagation = ""
        /// Without what is mounted below it.
        public var nonRecursive = false
        /// Whether a directory is made where there is nothing.
        public var createMountpoint = false
        /// What is mounted below it can be written.
        public var readOnlyNonRecursive = false
        /// It is an error if what is mounted below could be written.
        public var readOnlyForceRecursive = false
        /// Owners as the container sees them: `CONTAINER-HOST-COUNT`, several with `#` between them. Not Docker's.
        public var uidMappings: String?
        public var gidMappings: String?

        enum CodingKeys: String, CodingKey {
            case propagation = "Propagation"
            case nonRecursive = "NonRecursive"
            case createMountpoint = "CreateMountpoint"
            case readOnlyNonRecursive = "ReadOnlyNonRecursive"
            case readOnlyForceRecursive = "ReadOnlyForceRecursive"
            case uidMappings = "UIDMappings"
            case gidMappings = "GIDMappings"
        }
    }

    public struct Volume: Codable, Equatable, Sendable {
        public var noCopy = false
        public var labels: [String: String] = [:]
        public var subpath = ""
        /// With its options, if the volume is to have some.
        public var driver: Driver?

        public struct Driver: Codable, Equatable, Sendable {
            public var name = ""
            public var options: [String: String] = [:]

            enum CodingKeys: String, CodingKey {
                case name = "Name"
                case options = "Options"
            }
        }

        enum CodingKeys: String, CodingKey {
            case noCopy = "NoCopy"
            case labels = "Labels"
            case subpath = "Subpath"
            case driver = "DriverConfig"
        }
    }

    public struct Image: Codable, Equatable, Sendable {
        public var subpath = ""

        enum CodingKeys: String, CodingKey {
            case subpath = "Subpath"
        }
    }

    public struct Temporary: Codable, Equatable, Sendable {
        /// Bytes; 0 is the kernel's default.
        public var sizeBytes: Int64 = 0
        /// Permissions; 0 is 1777.
        public var mode: UInt32 = 0

        enum CodingKeys: String, CodingKey {
            case sizeBytes = "SizeBytes"
            case mode = "Mode"
        }
    }

    enum CodingKeys: String, CodingKey {
        case type = "Type"
        case source = "Source"
        case target = "Target"
        case readOnly = "ReadOnly"
        case bind = "BindOptions"
        case volume = "VolumeOptions"
        case image = "ImageOptions"
        case tmpfs = "TmpfsOptions"
    }
}

extension MountRequest {
    /// Takes the words of `--mount`: `KEY=VALUE` with commas between them, and as in CSV quotes around what holds a comma.
    ///
    /// - Throws: `EngineError` of kind `invalidInput`, in Docker's words.
    public init(_ text: String, workingDirectory: String) throws(EngineError) {
        var fields = MountFields()
        for field in try Self.fields(text) { try fields.take(field) }
        self = try fields.request(workingDirectory: workingDirectory)
    }

    private static func fields(_ text: String) throws(EngineError) -> [String] {
        var fields: [String] = []
        var field = ""
        var isQuoted = false
        var rest = text[...]
        while let character = rest.popFirst() {
            switch character {
            case "\"" where isQuoted && rest.first == "\"":
                field.append("\"")
                rest.removeFirst()
            case "\"" where isQuoted || field.isEmpty: isQuoted.toggle()
            case "," where !isQuoted:
                fields.append(field)
                field = ""
            case "\n", "\r", "\r\n": throw EngineError(.invalidInput, "a mount is one line")
            default: field.append(character)
            }
        }
        guard !isQuoted else { throw EngineError(.invalidInput, "a quote is not closed") }
        return fields + [field]
    }
}

/// What `--mount` has said so far. Whether a key goes with the type is known at the end.
private struct MountFields {
    var request = MountRequest()
    var bind: MountRequest.Bind?
    var volume: MountRequest.Volume?
    var image: MountRequest.Image?
    var tmpfs: MountRequest.Temporary?

    mutating func take(_ field: String) throws(EngineError) {
        let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let key = parts[0].lowercased()
        guard parts.count == 2 else { return try takeWord(key, field) }
        let value = parts[1]
        func truth() throws(EngineError) -> Bool {
            switch value {
            case "1", "t", "T", "true", "TRUE", "True": true
            case "0", "f", "F", "false", "FALSE", "False": false
            default: throw EngineError(.invalidInput, "invalid value for \(key): \(value)")
            }
        }
        switch key {
        case "type":
            guard let kind = MountRequest.Kind(rawValue: value.lowercased()) else {
                throw EngineError(
                    .invalidInput,
                    ["npipe", "cluster"].contains(value)
                        ? "mounts of type \(value) are not for Linux" : "mount type unknown: \(quotedForError(value))")
            }
            request.type = kind
        case "source", "src": request.source = value
        case "target", "dst", "destination": request.target = value
        case "readonly", "ro": request.readOnly = try truth()
        case "consistency": break
        case "bind-propagation":
            guard VolumeBinding.Propagation(rawValue: value) != nil else {
                throw EngineError(.invalidInput, "invalid propagation mode: \(quotedForError(value))")
            }
            with(\.bind) { $0.propagation = value }
        case "bind-nonrecursive":
            let isOn = try truth()
            with(\.bind) { $0.nonRecursive = isOn }
        case "bind-create-src":
            let isOn = try truth()
            with(\.bind) { $0.createMountpoint = isOn }
        case "bind-recursive": try recursion(value)
        case "volume-nocopy":
            let isOn = try truth()
            with(\.volume) { $0.noCopy = isOn }
        case "volume-subpath": with(\.volume) { $0.subpath = value }
        case "volume-label":
            let label = value.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            with(\.volume) { $0.labels[label[0]] = label.count == 2 ? label[1] : "" }
        case "volume-driver":
            guard value.isEmpty || value == "local" else {
                throw EngineError(.unsupported, "there is no volume driver \(quotedForError(value)): only local")
            }
        case "volume-opt":
            let option = value.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            with(\.volume) { volume in
                var driver = volume.driver ?? MountRequest.Volume.Driver()
                driver.options[option[0]] = option.count == 2 ? option[1] : ""
                volume.driver = driver
            }
        case "image-subpath", "image-path": with(\.image) { $0.subpath = value }
        case "tmpfs-size":
            let size = try Quantity.bytes(value, option: key)
            with(\.tmpfs) { $0.sizeBytes = size }
        case "tmpfs-mode":
            guard let mode = UInt32(value, radix: 8), mode <= 0o7777 else {
                throw EngineError(.invalidInput, "invalid value for \(key): \(value)")
            }
            with(\.tmpfs) { $0.mode = mode }
        case "idmap": try mappings(value)
        default: throw EngineError(.invalidInput, "unexpected key '\(key)' in '\(field)'")
        }
    }

    private mutating func takeWord(_ word: String, _ field: String) throws(EngineError) {
        switch word {
        case "readonly", "ro": request.readOnly = true
        case "rw": request.readOnly = false
        case "rro":
            request.readOnly = true
            with(\.bind) { $0.readOnlyForceRecursive = true }
        case "volume-nocopy": with(\.volume) { $0.noCopy = true }
        case "bind-nonrecursive": with(\.bind) { $0.nonRecursive = true }
        case "bind-create-src": with(\.bind) { $0.createMountpoint = true }
        case "idmap":
            throw EngineError(
                .unsupported,
                "idmap alone means the container's user namespace, and there are none yet: write "
                    + "idmap=uids=CONTAINER-HOST-COUNT;gids=CONTAINER-HOST-COUNT")
        default: throw EngineError(.invalidInput, "invalid field '\(field)' must be a key=value pair")
        }
    }

    private mutating func recursion(_ value: String) throws(EngineError) {
        switch value {
        case "enabled": break
        case "disabled": with(\.bind) { $0.nonRecursive = true }
        case "writable": with(\.bind) { $0.readOnlyNonRecursive = true }
        case "readonly": with(\.bind) { $0.readOnlyForceRecursive = true }
        default:
            throw EngineError(
                .invalidInput,
                "invalid value for bind-recursive: \(quotedForError(value)) (must be \"enabled\", \"disabled\", "
                    + "\"writable\", or \"readonly\")")
        }
    }

    private mutating func mappings(_ value: String) throws(EngineError) {
        for part in value.split(separator: ";") {
            let pair = part.split(separator: "=", maxSplits: 1).map(String.init)
            guard pair.count == 2, ["uids", "gids"].contains(pair[0]) else {
                throw EngineError(.invalidInput, "invalid value for idmap: \(quotedForError(value))")
            }
            _ = try OwnerMapping.list(pair[1])
            with(\.bind) { if pair[0] == "uids" { $0.uidMappings = pair[1] } else { $0.gidMappings = pair[1] } }
        }
    }

    private mutating func with<Part: MountPart>(
        _ path: WritableKeyPath<MountFields, Part?>, _ change: (inout Part) -> Void
    ) {
        var part = self[keyPath: path] ?? Part()
        change(&part)
        self[keyPath: path] = part
    }

    func request(workingDirectory: String) throws(EngineError) -> MountRequest {
        var result = request
        let kind = result.type
        for (isThere, own) in [
            (bind != nil, MountRequest.Kind.bind), (volume != nil, .volume), (image != nil, .image),
            (tmpfs != nil, .tmpfs),
        ] where isThere && own != kind {
            throw EngineError(
                .invalidInput, "cannot mix '\(own.rawValue)-*' options with mount type '\(kind.rawValue)'")
        }
        guard !result.target.isEmpty else { throw EngineError(.invalidInput, "target is required") }
        if let bind, bind.readOnlyForceRecursive || bind.readOnlyNonRecursive {
            guard result.readOnly else {
                throw EngineError(
                    .invalidInput, "option 'bind-recursive' requires 'readonly' to be specified in conjunction")
            }
            guard !bind.readOnlyForceRecursive || bind.propagation.isEmpty || bind.propagation == "rprivate" else {
                throw EngineError(
                    .invalidInput,
                    "option 'bind-recursive=readonly' requires 'bind-propagation=rprivate' to be specified in conjunction"
                )
            }
        }
        if kind == .bind {
            guard !result.source.isEmpty else { throw EngineError(.invalidInput, "source is required") }
            let path = result.source
            let isRelative = path == "." || path.hasPrefix("./") || path.hasPrefix("../") || path == ".."
            guard path.hasPrefix("/") || isRelative,
                let place = normalized(isRelative ? "\(workingDirectory)/\(path)" : path)
            else {
                throw EngineError(.invalidInput, "invalid mount path: '\(path)' mount path must be absolute")
            }
            result.source = place
        }
        (result.bind, result.volume, result.image, result.tmpfs) = (bind, volume, image, tmpfs)
        return result
    }
}

private protocol MountPart { init() }
extension MountRequest.Bind: MountPart {}
extension MountRequest.Volume: MountPart {}
extension MountRequest.Image: MountPart {}
extension MountRequest.Temporary: MountPart {}

/// A range of owners: `CONTAINER-HOST-COUNT`.
public struct OwnerMapping: Codable, Equatable, Sendable {
    public let container: UInt32
    public let host: UInt32
    public let count: UInt32

    /// Takes ranges with `#` between them.
    static func list(_ text: String) throws(EngineError) -> [OwnerMapping] {
        try text.split(separator: "#", omittingEmptySubsequences: false).map { range throws(EngineError) in
            let numbers = range.split(separator: "-", omittingEmptySubsequences: false).map { UInt32($0) }
            guard numbers.count == 3, let container = numbers[0], let host = numbers[1], let count = numbers[2],
                count > 0, !container.addingReportingOverflow(count).overflow,
                !host.addingReportingOverflow(count).overflow
            else { throw EngineError(.invalidInput, "invalid range of owners: \(quotedForError(String(range)))") }
            return OwnerMapping(container: container, host: host, count: count)
        }
    }
}
