extension RuntimeCommand {
    /// What it does, in one line.
    var summary: String {
        switch self {
        case .checkpoint: "not supported: freeze a container into files"
        case .create: "make a container from a bundle; its program waits for start"
        case .delete: "take away a stopped container and all that was made for it"
        case .events: "print a container's statistics, and when it runs out of memory"
        case .exec: "run another program inside a running container"
        case .features: "print as JSON what this runtime can do"
        case .kill: "send a signal to a container's first process"
        case .list: "list the containers under the state root"
        case .monitor: "create and start a container and stay beside it (for brig)"
        case .pause: "stop the processes of a container where they are"
        case .ps: "list the processes of a container"
        case .restore: "not supported: bring back a checkpoint"
        case .resume: "let the processes of a paused container go on"
        case .run: "create a container, start it, and wait for its end"
        case .spec: "write a config.json to begin with"
        case .start: "run the program of a created container"
        case .state: "print a container's state as JSON"
        case .update: "change the limits of a container"
        }
    }

    /// The words after the command's name.
    var synopsis: String {
        switch self {
        case .features: ""
        case .list, .spec: "[options]"
        case .exec: "[options] CONTAINER-ID COMMAND [ARGUMENT...]\n   or: exec [options] --process FILE CONTAINER-ID"
        case .kill: "[options] CONTAINER-ID [SIGNAL]"
        case .ps: "[options] CONTAINER-ID [OPTION-OF-PS...]"
        case .pause, .resume, .start, .state: "CONTAINER-ID"
        default: "[options] CONTAINER-ID"
        }
    }

    /// What more there is to know, for the help text.
    var details: String? {
        switch self {
        case .create, .run:
            """
            A bundle is a directory with config.json and the container's root filesystem. The ID is one component of a
            path: ASCII letters, digits and _ + - . and unique under the state root.
            """
        case .exec: "The program's exit status is this command's; 255 says that it could not be run."
        case .kill:
            "SIGNAL is a name, with or without SIG, or a number; SIGTERM if it is not given. A container without a pid\n"
                + "namespace of its own gets it in all its processes when the signal is SIGKILL."
        case .delete: "A created or running container is only deleted with --force, which kills it first."
        case .update:
            """
            Only what is named is changed. With --resources the other options are ignored; the file holds the object
            linux.resources of config.json, such as {"memory": {"limit": 67108864}, "pids": {"limit": 100}}.
            Sizes take the suffixes k, m, g, t and p; -1 is no limit.
            """
        case .events: "One JSON object a line: {\"type\": \"stats\" or \"oom\", \"id\": ..., \"data\": ...}."
        case .spec: "The file is a start: edit process.args and put a root filesystem in rootfs."
        case .checkpoint, .restore: "This runtime cannot do it: the command always fails."
        default: nil
        }
    }

    var options: [OptionSpecification] {
        switch self {
        case .create: Self.creation + [Self.noSubreaper]
        case .run:
            Self.creation + [
                .flag("detach", "d", "return as soon as the program runs"),
                .flag("keep", "do not delete the container when its program has ended"),
                Self.noSubreaper,
            ]
        case .exec: Self.execution
        case .kill: [.flag("all", "a", "send it to every process; nothing running is no error")]
        case .delete: [.flag("force", "f", "kill what runs, clear what is broken; an unknown ID is no error")]
        case .list: [Self.format, .flag("quiet", "q", "print IDs only")]
        case .ps: [Self.format]
        case .update: Self.resources
        case .events:
            [
                .option("interval", "TIME", "time between two statistics, such as 5s or 500ms (default: 5s)"),
                .flag("stats", "print statistics once and end"),
            ]
        case .spec:
            [
                .option("bundle", "b", "DIRECTORY", "write it there (default: the working directory)"),
                .flag("rootless", "for an ordinary user: a user namespace with one mapping"),
            ]
        case .monitor: Self.monitoring
        case .checkpoint, .restore: Self.checkpointing
        case .features, .pause, .resume, .start, .state: []
        }
    }

    private static let format = OptionSpecification.option("format", "f", "FORMAT", "table or json (default: table)")
    private static let noSubreaper = OptionSpecification.flag("no-subreaper", "do not adopt the container's orphans")

    /// Where a program's terminal, pid and descriptors go.
    private static let consoleAndFiles: [OptionSpecification] = [
        .option("console-socket", "SOCKET", "send the master of the program's terminal to this unix socket"),
        .option("pidfd-socket", "SOCKET", "send a pidfd of the program to this unix socket"),
        .option("pid-file", "FILE", "write the program's process ID here"),
        .option("preserve-fds", "N", "pass descriptors 3 to 2+N on (behind those of LISTEN_FDS)"),
    ]

    private static let creation: [OptionSpecification] =
        [.option("bundle", "b", "DIRECTORY", "the bundle (default: the working directory)")] + consoleAndFiles + [
            .flag("no-pivot", "change the root without pivot_root, for a host whose root is a ramdisk"),
            .flag("no-new-keyring", "let the container share the session keyring of the caller"),
        ]

    private static let execution: [OptionSpecification] =
        consoleAndFiles + [
            .option("cwd", "DIRECTORY", "the program's working directory in the container"),
            .option("env", "e", "NAME=VALUE", "add to the environment; may be repeated"),
            .flag("tty", "t", "give it a terminal"),
            .option("user", "u", "UID[:GID]", "run as this user, by number"),
            .option("additional-gids", "g", "GID", "a further group, by number; may be repeated"),
            .option("process", "p", "FILE", "take the process from this JSON file instead"),
            .flag("detach", "d", "return as soon as the program runs"),
            .option("process-label", "LABEL", "the SELinux label"),
            .option("apparmor", "PROFILE", "the AppArmor profile"),
            .flag("no-new-privs", "no way to more privileges by exec"),
            .option("cap", "c", "CAPABILITY", "add this capability; may be repeated"),
            .option("cgroup", "[CONTROLLER,...:]PATH", "run in this cgroup below the container's; may be repeated"),
            .flag("ignore-paused", "also into a paused container, to wait there"),
            .option(
                "tools-layer", "DIRECTORY",
                "a root of its own from these layers, the highest first, with the container's at /container"),
            .flag("host-tools", "the same of the host's programs"),
            .flag("engine-codes", "exit with 125, 126 or 127 instead of 255 if the program cannot be started"),
            .option("detach-keys", "NUMBERS", "typed at its terminal, these bytes leave the program to itself"),
            .option("detach-fd", "N", "say so here, by one byte"),
        ]

    private static let resources: [OptionSpecification] = [
        .option("resources", "r", "FILE", "take the limits from this JSON file, or - for standard input"),
        .option("blkio-weight", "N", "share of block input and output, 10 to 1000"),
        .option("cpu-period", "MICROSECONDS", "period of the CPU quota"),
        .option("cpu-quota", "MICROSECONDS", "CPU time in each period; -1 is no limit"),
        .option("cpu-burst", "MICROSECONDS", "unused CPU time that may be saved up for later"),
        .option("cpu-share", "N", "share of the CPU against other containers"),
        .option("cpu-rt-period", "MICROSECONDS", "period of realtime scheduling"),
        .option("cpu-rt-runtime", "MICROSECONDS", "realtime CPU time in each period"),
        .option("cpu-idle", "0|1", "1: run only when nobody else wants the CPU"),
        .option("cpuset-cpus", "LIST", "the CPUs to run on, such as 0-3,7"),
        .option("cpuset-mems", "LIST", "the memory nodes to use"),
        .option("memory", "BYTES", "memory limit"),
        .option("memory-reservation", "BYTES", "memory kept when the host is short of it"),
        .option("memory-swap", "BYTES", "limit of memory and swap together; -1 is no limit of swap"),
        .option("pids-limit", "N", "number of processes; -1 is no limit"),
        .option("l3-cache-schema", "SCHEMA", "share of the L3 cache (Intel RDT)"),
        .option("mem-bw-schema", "SCHEMA", "share of the memory bandwidth (Intel RDT)"),
        .hidden("kernel-memory", value: "BYTES"),
        .hidden("kernel-memory-tcp", value: "BYTES"),
    ]

    private static let monitoring: [OptionSpecification] = [
        .option("bundle", "DIRECTORY", "the bundle"),
        .option("run-dir", "DIRECTORY", "where attach.sock and exit.json go"),
        .option("log-driver", "DRIVER", "json-file, journald or none"),
        .option("log-path", "FILE", "the log file, or the journal's socket"),
        .option("log-max-size", "BYTES", "rotate it at this size"),
        .option("log-max-files", "N", "how many log files to keep"),
        .flag("log-compress", "have the cleanup program pack the files before the newest: CLEANUP… --pack-log"),
        .option("log-field", "NAME=VALUE", "what each entry of the journal has; may be repeated"),
        .flag("stdin", "keep the program's standard input open for clients"),
        .flag("stdin-once", "close it with the first client that used it"),
        .option("client-fd", "N", "a client that is connected already"),
        .flag("client-cleans", "that client cleans up after the container"),
        .option("cleanup", "FILE", "the program to end as"),
        .option("cleanup-arg", "ARGUMENT", "an argument for it; may be repeated"),
        .option("health-interval", "MS", "how often the cleanup program is asked for the container's health"),
        .option("health-start-period", "MS", "how long it is asked more often after the start"),
        .option("health-start-interval", "MS", "how often then"),
        .option("health-arg", "ARGUMENT", "an argument for that; may be repeated"),
    ]

    /// What runc takes here, so that callers get "not supported" and not a complaint about an option.
    private static let checkpointing: [OptionSpecification] =
        [
            "image-path", "work-path", "parent-path", "status-fd", "page-server", "manage-cgroups-mode", "empty-ns",
            "console-socket", "bundle", "pid-file", "lsm-profile", "lsm-mount-context",
        ].map { .hidden($0, value: "VALUE") }
        + [
            "leave-running", "tcp-established", "ext-unix-sk", "shell-job", "lazy-pages", "file-locks", "pre-dump",
            "auto-dedup", "link-remap", "detach", "no-subreaper", "no-pivot", "tcp-skip-in-flight", "tcp-close",
        ].map { .hidden($0, value: nil) }
}
