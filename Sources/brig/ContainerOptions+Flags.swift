import CommandLineUI
import Engine
import LinuxKernel

/// The options of `run` and `create`: Docker's list for Linux, by topic.
extension ContainerOptions {
    typealias Flag = CommandFlag<ContainerOptions>

    static let sharedFlags =
        nameFlags + processFlags + healthFlags + limitFlags + deviceFlags + securityFlags + mountFlags + namespaceFlags
        + NetworkOptions.flags + lifeFlags + imageFlags + refusedFlags

    /// What only `run` has.
    static let runFlags: [Flag] = [
        .toggle("detach", letter: "d", help: "Do not wait: print the container's identifier.") { $0.isDetached = $1 },
        .toggle("sig-proxy", help: "Pass signals on to the container; on unless said otherwise.") {
            $0.passesSignals = $1
        },
        .value("detach-keys", of: "KEYS", help: "The keys that leave the container running, such as ctrl-p,ctrl-q.") {
            $0.detachKeys = $1
        },
        .toggle("explain", help: "Do nothing, and say each step with its system calls and the reason.") {
            $0.explains = $1
        },
        .toggle("dry-run", help: "The same as --explain.") { $0.explains = $1 },
        .value("explain-format", of: "FORMAT", help: "text or json; the same as --explain otherwise.") {
            guard ["text", "json"].contains($1) else { throw FlagError("--explain-format is text or json") }
            $0.explains = true
            $0.explainsAsJSON = $1 == "json"
        },
    ]

    private static let nameFlags: [Flag] = [
        .value("name", of: "NAME", help: "The container's name; a random one if none is given.") {
            $0.request.name = $1.isEmpty ? nil : try ContainerName($1)
        },
        .value("hostname", letter: "h", of: "NAME", help: "Its host name; else the beginning of its identifier.") {
            $0.request.configuration.hostname = $1
        },
        .value("domainname", of: "NAME", help: "Its NIS domain name.") { $0.request.configuration.domainname = $1 },
        .value("label", letter: "l", of: "KEY=VALUE", help: "For people and programs to find it by.") {
            $0.labels.append($1)
        },
        .value("label-file", of: "FILE", help: "A file with one KEY=VALUE a line.") { $0.labelFiles.append($1) },
        .value("annotation", of: "KEY=VALUE", help: "An annotation in its config.json.") {
            let (key, value) = keyAndValue($1)
            guard !key.isEmpty else { throw FlagError("an annotation needs a name") }
            $0.request.host.annotations[key] = value
        },
        .value("cidfile", of: "FILE", help: "Write its identifier to this file, which must not exist.") {
            $0.cidfile = $1
        },
    ]

    private static let processFlags: [Flag] = [
        .toggle("interactive", letter: "i", help: "Pass standard input on to it.") {
            $0.request.configuration.openStdin = $1
        },
        .toggle("tty", letter: "t", help: "Give it a terminal.") { $0.request.configuration.tty = $1 },
        .value("attach", letter: "a", of: "STREAM", help: "Only stdin, stdout or stderr; may be repeated.") {
            let stream = $1.lowercased()
            guard ["stdin", "stdout", "stderr"].contains(stream) else {
                throw FlagError("valid streams are STDIN, STDOUT and STDERR")
            }
            $0.attach.append(stream)
        },
        .value("env", letter: "e", of: "KEY=VALUE", help: "In its environment; KEY alone takes this command's value.") {
            guard !$1.isEmpty, !$1.hasPrefix("=") else { throw FlagError("invalid environment variable: \($1)") }
            $0.env.append($1)
        },
        .value("env-file", of: "FILE", help: "A file with one KEY=VALUE a line.") { $0.envFiles.append($1) },
        .value("user", letter: "u", of: "USER[:GROUP]", help: "Names of the image or numbers.") {
            $0.request.configuration.user = $1
        },
        .value("group-add", of: "GROUP", help: "A further group.") { $0.request.host.groupAdd.append($1) },
        .value("workdir", letter: "w", of: "PATH", help: "Its working directory.") {
            $0.request.configuration.workingDir = $1
        },
        .value("entrypoint", of: "PROGRAM", help: "Another program in place of the image's; empty for none.") {
            $0.request.configuration.entrypoint = [$1]
        },
        .toggle("init", help: "A small init is pid 1: it reaps and passes signals on.") {
            $0.request.host.initProcess = $1
        },
        .value("stop-signal", of: "SIGNAL", help: "The signal that asks it to end.") {
            $0.request.configuration.stopSignal = $1
        },
        .value("stop-timeout", of: "SECONDS", help: "How long it has to end; -1 is for ever.") {
            $0.request.configuration.stopTimeout = try integer($1)
        },
    ]

    private static let healthFlags: [Flag] = [
        .value("health-cmd", of: "COMMAND", help: "What finds out whether it is well.") { $0.health.command = $1 },
        .value("health-interval", of: "TIME", help: "Between two checks, such as 30s.") {
            $0.health.settings.interval = try duration($1, "--health-interval")
        },
        .value("health-timeout", of: "TIME", help: "The longest that one check may take.") {
            $0.health.settings.timeout = try duration($1, "--health-timeout")
        },
        .value("health-start-period", of: "TIME", help: "How long failures do not count after its start.") {
            $0.health.settings.startPeriod = try duration($1, "--health-start-period")
        },
        .value("health-start-interval", of: "TIME", help: "Between two checks during that time.") {
            $0.health.settings.startInterval = try duration($1, "--health-start-interval")
        },
        .value("health-retries", of: "COUNT", help: "So many failures in a row and it is not well.") {
            let count = try integer($1)
            guard count >= 0 else { throw FlagError("--health-retries cannot be negative") }
            $0.health.settings.retries = count
        },
        .value("health-on-failure", of: "ACTION", help: "What is done then: none, restart, stop or kill.") {
            $0.health.settings.onFailure = $1
        },
        .toggle("no-healthcheck", help: "No check, whatever the image says.") { $0.health.isOff = $1 },
    ]

    private static let lifeFlags: [Flag] = [
        .toggle("rm", help: "Remove the container when it has ended.") { $0.request.host.autoRemove = $1 },
        .value("restart", of: "POLICY", help: "no, on-failure[:COUNT], always or unless-stopped.") {
            $0.request.host.restartPolicy = try HostConfiguration.RestartPolicy($1)
        },
        .value("log-driver", of: "DRIVER", help: "Where its output goes: json-file, local or none.") {
            $0.request.host.logConfig.type = $1
        },
        .value("log-opt", of: "KEY=VALUE", help: "An option of that, such as max-size=10m.") {
            let (key, value) = keyAndValue($1)
            guard !key.isEmpty, $1.contains("=") else { throw FlagError("invalid argument for --log-opt: \($1)") }
            $0.request.host.logConfig.config[key] = value
        },
    ]

    private static let imageFlags: [Flag] = [
        .value("pull", of: "WHEN", help: "Whether to pull the image first: always, missing or never.") {
            guard let policy = PullPolicy(rawValue: $1) else {
                throw FlagError("invalid pull option: '\($1)': must be one of \"always\", \"missing\" or \"never\"")
            }
            $0.pull = policy
        },
        .value("platform", of: "OS/ARCH", help: "Which image to pull, such as linux/arm64.") { $0.platform = $1 },
        .toggle("quiet", letter: "q", help: "Do not show how a pull goes on.") { $0.isQuiet = $1 },
        .toggle("disable-content-trust", help: "Taken and ignored.", hidden: true) { _, _ in },
    ]

    static func integer(_ text: String) throws(FlagError) -> Int {
        guard let number = Int(text) else {
            throw FlagError("strconv.ParseInt: parsing \(ShownText.quoted(text)): invalid syntax")
        }
        return number
    }

    static func duration(_ text: String, _ option: String) throws -> Int64 {
        let time = try GoDuration.nanoseconds(text)
        guard time >= 0 else { throw FlagError("\(option) cannot be negative") }
        return time
    }
}
