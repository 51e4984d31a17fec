/// A volume, or a directory or file of the host's, that a container sees: `SOURCE:CONTAINER[:OPTIONS]`.
public struct VolumeBinding: Hashable, Sendable, CustomStringConvertible {
    public enum Propagation: String, Sendable {
        case `private`, rprivate, shared, rshared, slave, rslave
    }

    /// An absolute path without `..`, or the name of a volume.
    public let source: String
    /// Absolute, without `..`, not `/`.
    public let destination: String
    public let isReadOnly: Bool
    public let propagation: Propagation
    /// The options as they were given; SELinux's `z` and `Z` and the hints of other platforms are kept and do nothing.
    public let mode: String

    /// What one `-v` means.
    public enum Parsed: Equatable, Sendable {
        /// A volume without a name, mounted here.
        case anonymous(String)
        case binding(VolumeBinding)
    }

    /// Takes what may stand behind `-v`.
    ///
    /// - Throws: As `init(_:workingDirectory:)`.
    public static func parse(_ text: String, workingDirectory: String) throws(EngineError) -> Parsed {
        guard !text.contains(":") else { return .binding(try VolumeBinding(text, workingDirectory: workingDirectory)) }
        return .anonymous(try destination(text, of: text))
    }

    /// Where something is mounted in a container: an absolute path.
    ///
    /// - Throws: `EngineError` of kind `invalidInput`.
    static func destination(_ text: String, of specification: String) throws(EngineError) -> String {
        let invalid = { (why: String) in
            EngineError(.invalidInput, "invalid volume specification: \(quotedForError(specification)): \(why)")
        }
        guard !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) else { throw invalid("control characters") }
        guard let destination = normalized(text), text.hasPrefix("/") else {
            throw invalid("the mount path must be absolute")
        }
        guard destination != "/" else { throw invalid("the destination cannot be /") }
        try checkDestination(destination)
        return destination
    }

    /// Whether the source is a volume of this name.
    public var isVolume: Bool { !source.hasPrefix("/") }

    /// - Parameter workingDirectory: What a source that starts with `.` is taken from.
    /// - Throws: `EngineError` of kind `invalidInput`.
    public init(_ text: String, workingDirectory: String) throws(EngineError) {
        let invalid = { (why: String) in
            EngineError(.invalidInput, "invalid volume specification: \(quotedForError(text)): \(why)")
        }
        guard !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) else { throw invalid("control characters") }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard !parts.contains("") else { throw invalid("empty section between colons") }
        guard parts.count <= 3 else { throw invalid("too many colons") }
        guard parts.count > 1 else { throw invalid("a source is needed: SOURCE:\(parts[0])") }
        let source: String
        if parts[0].hasPrefix("/") || parts[0].hasPrefix(".") {
            guard let path = normalized(parts[0].hasPrefix("/") ? parts[0] : "\(workingDirectory)/\(parts[0])") else {
                throw invalid("the host's path is not valid")
            }
            source = path
        } else {
            source = try VolumeName(parts[0]).text
        }
        let destination = try Self.destination(parts[1], of: text)
        var isReadOnly = false
        var access: String?
        var propagation: Propagation?
        for option in parts.count == 3 ? parts[2].split(separator: ",").map(String.init) : [] {
            if let known = Propagation(rawValue: option) {
                guard propagation == nil else { throw invalid("invalid mode: \(parts[2])") }
                propagation = known
                continue
            }
            switch option {
            case "ro", "rw":
                guard access == nil else { throw invalid("invalid mode: \(parts[2])") }
                access = option
                isReadOnly = option == "ro"
            case "z", "Z", "cached", "delegated", "consistent", "nocopy": break
            default: throw invalid("invalid mode: \(parts[2])")
            }
        }
        self.source = source
        self.destination = destination
        self.isReadOnly = isReadOnly
        self.propagation = propagation ?? .rprivate
        mode = parts.count == 3 ? parts[2] : ""
    }

    public var description: String { mode.isEmpty ? "\(source):\(destination)" : "\(source):\(destination):\(mode)" }

    /// Mounts at or under the kernel's own trees are refused but for those that programs are known to need.
    private static func checkDestination(_ path: String) throws(EngineError) {
        let isAtOrUnder = { (tree: String) in path == tree || path.hasPrefix(tree + "/") }
        let allowed = [
            "/dev/shm", "/dev/mqueue", "/dev/hugepages", "/dev/log", "/dev/net", "/sys/fs/cgroup", "/sys/fs/bpf",
            "/sys/kernel/debug", "/sys/kernel/tracing", "/sys/kernel/security", "/sys/firmware/efi/efivars",
        ]
        guard !["/proc", "/sys", "/dev"].contains(where: isAtOrUnder) || allowed.contains(where: isAtOrUnder) else {
            throw EngineError(
                .invalidInput, "a volume cannot be mounted at \(path): it would replace the kernel's own files")
        }
    }
}

/// An absolute path without `.`, `..` and doubled slashes; `nil` where `..` leads above `/`.
func normalized(_ path: String) -> String? {
    var result: [Substring] = []
    for component in path.split(separator: "/") where component != "." {
        if component == ".." {
            guard result.popLast() != nil else { return nil }
        } else {
            result.append(component)
        }
    }
    return "/" + result.joined(separator: "/")
}
