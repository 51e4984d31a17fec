/// The options before the command.
public struct GlobalOptions: Equatable, Sendable {
    /// Where states are kept; `nil` is the default of the user who asks.
    public var root: String?
    /// The file that log lines are added to; `nil` is standard error alone.
    public var logFile: String?
    /// How the log's lines are written.
    public var logFormat = LogFormat.text
    /// Log more than warnings.
    public var debug = false
    /// The caller wants cgroups made by systemd.
    public var systemdCgroup = false
    /// Whether cgroups that cannot be written are an error.
    public var rootless = Rootless.auto
    /// The container stays in the caller's cgroups.
    public var withoutCgroups = false

    /// runc's two.
    public enum LogFormat: String, Sendable { case text, json }

    /// Whether cgroups that cannot be written are an error.
    public enum Rootless: String, Sendable { case auto, `true`, `false` }

    static let table: [OptionSpecification] = [
        .option("root", "DIRECTORY", "keep the containers' states here (default: /run/brig-runtime)"),
        .option("log", "FILE", "add log lines to this file (default: errors on standard error)"),
        .option("log-format", "FORMAT", "text or json (default: text)"),
        .flag("debug", "log what is done, not only what fails"),
        .flag("systemd-cgroup", "not supported: cgroups are made in the cgroup file system itself"),
        .option(
            "cgroup-manager", "MANAGER", "cgroupfs, or disabled: the container stays in the caller's cgroups"),
        .option("rootless", "WHEN", "run on without a cgroup that can be written: true, false or auto (default: auto)"),
        .flag("help", "h", "show this text"),
        .flag("version", "v", "print the version"),
        .hidden("criu", value: "FILE"),
    ]

    /// Takes the values out of what was given.
    public init(_ options: GivenOptions) throws(UsageError) {
        root = options["root"].flatMap { $0.isEmpty ? nil : $0 }
        logFile = options["log"].flatMap { $0.isEmpty ? nil : $0 }
        debug = options.has("debug")
        systemdCgroup = options.has("systemd-cgroup")
        if let text = options["log-format"] {
            guard let format = LogFormat(rawValue: text) else {
                throw .invalidValue(option: "log-format", value: text, expected: "text or json")
            }
            logFormat = format
        }
        if let text = options["rootless"] {
            guard let rootless = Rootless(rawValue: text) else {
                throw .invalidValue(option: "rootless", value: text, expected: "true, false or auto")
            }
            self.rootless = rootless
        }
        switch options["cgroup-manager"] {
        case nil, "cgroupfs": break
        case "systemd": systemdCgroup = true
        case "disabled": withoutCgroups = true
        case let text?:
            throw .invalidValue(option: "cgroup-manager", value: text, expected: "cgroupfs or disabled")
        }
    }

    /// The defaults.
    public init() {}
}
