/// A log driver with its options, checked.
struct LogSettings: Equatable, Sendable {
    enum Driver: String, Sendable {
        case jsonFile = "json-file"
        case local
        case none
    }

    var driver: Driver
    /// When a file has so many bytes, a new one is begun; and how many there are, the newest among them.
    var maximumSize: Int64
    var maximumFiles: Int

    /// Whether there is something for `logs` to read.
    var isReadable: Bool { driver != .none }

    /// What the monitor takes as the smallest file.
    private static let smallestSize: Int64 = 4096

    private static let options: [Driver: Set<String>] = [
        .jsonFile: [
            "max-size", "max-file", "compress", "labels", "env", "labels-regex", "env-regex", "tag", "mode",
            "max-buffer-size",
        ],
        .local: ["max-size", "max-file", "compress", "mode", "max-buffer-size"],
        .none: [],
    ]

    /// - Throws: `EngineError`: `invalidInput` in Docker's words, `unsupported` for drivers that are not there.
    init(_ configuration: HostConfiguration.LogConfiguration) throws(EngineError) {
        let name = configuration.type.isEmpty ? Driver.jsonFile.rawValue : configuration.type
        guard let driver = Driver(rawValue: name) else {
            throw EngineError(
                .unsupported,
                "log driver \(quotedForError(name)) is not supported: use json-file, local or none"
                    + (name == "journald" ? ", and pass `brig logs -f` on to systemd-cat" : ""))
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
            if value == "true" { throw EngineError(.unsupported, "logs are not compressed yet: leave compress out") }
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
        _ configuration: HostConfiguration.LogConfiguration, _ container: ContainerConfiguration
    ) -> [(key: String, value: String)] {
        func names(_ key: String) -> [String] {
            (configuration.config[key] ?? "").split(separator: ",").map(String.init)
        }
        var found: [String: String] = [:]
        for name in names("labels") { found[name] = container.labels[name] }
        for name in names("env") {
            guard let entry = container.env.first(where: { $0.hasPrefix(name + "=") }) else { continue }
            found[name] = String(entry.dropFirst(name.utf8.count + 1))
        }
        if let tag = configuration.config["tag"] { found["tag"] = tag }
        return found.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}
