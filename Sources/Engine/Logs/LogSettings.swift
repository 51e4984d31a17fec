/// A log driver with its options, checked.
struct LogSettings: Equatable, Sendable {
    enum Driver: String, Sendable {
        case jsonFile = "json-file"
        case local
        /// The host's journal keeps it.
        case journald
        case none
    }

    var driver: Driver
    /// When a file has so many bytes, a new one is begun; and how many there are, the newest among them.
    var maximumSize: Int64
    var maximumFiles: Int
    /// The files before the newest are packed with gzip.
    var packs = false

    /// Whether there is something for `logs` to read.
    var isReadable: Bool { driver == .jsonFile || driver == .local }

    /// What the monitor takes as the smallest file.
    private static let smallestSize: Int64 = 4096

    private static let options: [Driver: Set<String>] = [
        .jsonFile: [
            "max-size", "max-file", "compress", "labels", "env", "labels-regex", "env-regex", "tag", "mode",
            "max-buffer-size",
        ],
        .local: ["max-size", "max-file", "compress", "mode", "max-buffer-size"],
        .journald: ["labels", "env", "labels-regex", "env-regex", "tag", "mode", "max-buffer-size"],
        .none: [],
    ]

    /// - Throws: `EngineError`: `invalidInput` in Docker's words, `unsupported` for drivers that are not there.
    init(_ configuration: HostConfiguration.LogConfiguration) throws(EngineError) {
        let name = configuration.type.isEmpty ? Driver.jsonFile.rawValue : configuration.type
        guard let driver = Driver(rawValue: name) else {
            throw EngineError(
                .unsupported,
                "log driver \(quotedForError(name)) is not supported: use json-file, local, journald or none")
        }
        self.driver = driver
        // Docker's own defaults for `local`; for `json-file` it has none, and fills the disk.
        (maximumSize, maximumFiles) = driver == .local ? (20 << 20, 5) : (10 << 20, 3)
        for (key, value) in configuration.config.sorted(by: { $0.key < $1.key }) {
            guard Self.options[driver]?.contains(key) == true else {
                throw EngineError(
                    .invalidInput, "unknown log opt '\(quotedForError(key))' for \(name) log driver")
            }
            try take(key, value)
        }
        guard !packs || maximumFiles > 1 else {
            throw EngineError(.invalidInput, "compress cannot be true when max-file is less than 2 or unset")
        }
    }

    private mutating func take(_ key: String, _ value: String) throws(EngineError) {
        switch key {
        case "max-size":
            maximumSize =
                value == "-1"
                ? 1 << 50 : max(Self.smallestSize, try Quantity.bytes(value, option: "--log-opt max-size"))
        case "max-file":
            guard let count = Int(value), (1...1000).contains(count) else {
                throw EngineError(.invalidInput, "max-file cannot be less than 1 nor more than 1000: \(value)")
            }
            maximumFiles = count
        case "compress":
            guard ["true", "false"].contains(value) else {
                throw EngineError(.invalidInput, "invalid value for log opt compress: \(quotedForError(value))")
            }
            packs = value == "true"
        case "tag": _ = try LogTag(value)
        case "labels-regex", "env-regex":
            guard (try? Regex(value)) != nil else {
                throw EngineError(.invalidInput, "invalid log opt \(key): \(quotedForError(value))")
            }
        case "mode":
            // A reader or a disk never stops a container for ever here, whatever is asked for.
            guard ["blocking", "non-blocking"].contains(value) else {
                throw EngineError(.invalidInput, "logger: mode is not supported: \(quotedForError(value))")
            }
        default: break
        }
    }

    /// Labels and variables that options name, sorted by their keys.
    static func details(
        _ configuration: HostConfiguration.LogConfiguration, _ container: ContainerConfiguration,
        of record: ContainerRecord
    ) throws(EngineError) -> [(key: String, value: String)] {
        func isNamed(_ key: String, by option: String) -> Bool {
            if let names = configuration.config[option], names.split(separator: ",").contains(where: { $0 == key }) {
                return true
            }
            // It was checked when the container was made.
            guard let text = configuration.config["\(option)-regex"], let pattern = try? Regex(text) else {
                return false
            }
            return key.contains(pattern)
        }
        var found = container.labels.filter { isNamed($0.key, by: "labels") }
        for entry in container.env {
            let parts = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2, isNamed(String(parts[0]), by: "env") { found[String(parts[0])] = String(parts[1]) }
        }
        if let tag = configuration.config["tag"] { found["tag"] = try LogTag(tag).text(of: record) }
        return found.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}
