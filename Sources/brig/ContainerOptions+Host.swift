import CommandLineUI
import Engine
import LinuxKernel

/// The options that say how a container stands on its host.
extension ContainerOptions {
    static let limitFlags: [Flag] =
        [
            .value("memory", letter: "m", of: "BYTES", help: "The most memory, such as 512m.") {
                $0.request.host.memory = try Quantity.bytes($1, option: "--memory")
            },
            .value("memory-swap", of: "BYTES", help: "The most memory and swap together; -1 for any swap.") {
                $0.request.host.memorySwap = $1 == "-1" ? -1 : try Quantity.bytes($1, option: "--memory-swap")
            },
            .value("memory-reservation", of: "BYTES", help: "What it is brought back to when memory is short.") {
                $0.request.host.memoryReservation = try Quantity.bytes($1, option: "--memory-reservation")
            },
            .value("memory-swappiness", of: "NUMBER", help: "From 0 to 100: how readily it swaps (cgroup v1).") {
                $0.request.host.memorySwappiness = Int64(try integer($1))
            },
            .toggle("oom-kill-disable", help: "It waits when its memory runs out (cgroup v1).") {
                $0.request.host.oomKillDisable = $1
            },
            .value("oom-score-adj", of: "NUMBER", help: "From -1000 to 1000: who goes first when memory runs out.") {
                $0.request.host.oomScoreAdj = try integer($1)
            },
            .value("cpus", of: "NUMBER", help: "The most processors, such as 1.5.") {
                $0.request.host.nanoCpus = try Quantity.nanoCPUs($1)
            },
            .value("cpuset-cpus", of: "LIST", help: "Only these processors, such as 0-2,4.") {
                $0.request.host.cpusetCpus = $1
            },
            .value("cpuset-mems", of: "LIST", help: "Only these memory nodes.") { $0.request.host.cpusetMems = $1 },
            .value("pids-limit", of: "NUMBER", help: "The most processes; -1 for any number.") {
                $0.request.host.pidsLimit = Int64(try integer($1))
            },
            .value("ulimit", of: "NAME=SOFT[:HARD]", help: "A limit for each process.") {
                let limit = try UserLimit($1)
                $0.request.host.ulimits.removeAll { $0.name == limit.name }
                $0.request.host.ulimits.append(limit)
            },
            .value("blkio-weight", of: "NUMBER", help: "From 10 to 1000: its share of disks; 0 for the default.") {
                $0.request.host.blkioWeight = try integer($1)
            },
            .value("blkio-weight-device", of: "DEVICE:NUMBER", help: "Its share of one disk.") {
                $0.request.host.blkioWeightDevice.append(try WeightDevice($1))
            },
            .value("cgroup-parent", of: "PATH", help: "The cgroup in which it gets its own.") {
                $0.request.host.cgroupParent = $1
            },
        ]
        + processorTimes.map { name, letter, help, set in
            .value(name, letter: letter, of: "NUMBER", help: help) {
                set(&$0.request.host, Int64(try integer($1)))
            }
        }
        + throttles.map { name, help, inBytes, set in
            .value(name, of: inBytes ? "DEVICE:BYTES" : "DEVICE:NUMBER", help: help) {
                set(&$0.request.host, try ThrottleDevice($1, inBytes: inBytes))
            }
        }

    private typealias Setter<Value> = @Sendable (inout HostConfiguration, Value) -> Void

    private static let processorTimes: [(String, Character?, String, Setter<Int64>)] = [
        ("cpu-shares", "c", "Its share of the processors against others'; 1024 is the default.", { $0.cpuShares = $1 }),
        ("cpu-period", nil, "Microseconds: the time in which --cpu-quota counts.", { $0.cpuPeriod = $1 }),
        ("cpu-quota", nil, "Microseconds of processor time in each period.", { $0.cpuQuota = $1 }),
        (
            "cpu-rt-period", nil, "Microseconds: the time in which --cpu-rt-runtime counts.",
            { $0.cpuRealtimePeriod = $1 }
        ),
        ("cpu-rt-runtime", nil, "Microseconds of real-time scheduling in each period.", { $0.cpuRealtimeRuntime = $1 }),
    ]

    private static let throttles: [(String, String, Bool, Setter<ThrottleDevice>)] = [
        ("device-read-bps", "The most bytes a second read from a device.", true, { $0.blkioDeviceReadBps.append($1) }),
        (
            "device-write-bps", "The most bytes a second written to a device.", true,
            { $0.blkioDeviceWriteBps.append($1) }
        ),
        ("device-read-iops", "The most reads a second from a device.", false, { $0.blkioDeviceReadIOps.append($1) }),
        ("device-write-iops", "The most writes a second to a device.", false, { $0.blkioDeviceWriteIOps.append($1) }),
    ]

    static let deviceFlags: [Flag] = [
        .value("device", of: "HOST[:CONTAINER][:rwm]", help: "A device file, or a directory of them.") {
            $0.request.host.devices.append(try DeviceMapping($1))
        },
        .value("device-cgroup-rule", of: "RULE", help: "Devices that it may use, such as 'c 1:3 rwm'.") {
            _ = try DeviceRule($1)
            $0.request.host.deviceCgroupRules.append($1)
        },
    ]

    static let securityFlags: [Flag] = [
        .value("cap-add", of: "NAME", help: "A capability more, or ALL.") {
            $0.request.host.capAdd += $1.isEmpty ? [""] : separated($1)
        },
        .value("cap-drop", of: "NAME", help: "A capability less, or ALL.") {
            $0.request.host.capDrop += $1.isEmpty ? [""] : separated($1)
        },
        .value(
            "security-opt", of: "OPTION",
            help: "seccomp=FILE|unconfined|builtin, apparmor=PROFILE, no-new-privileges, systempaths=unconfined."
        ) {
            $0.request.host.securityOpt.append(try withAbsolutePath($1))
        },
        .toggle("privileged", help: "All that root can do. Such a container can take over the host.") {
            $0.request.host.privileged = $1
        },
        .toggle("read-only", help: "The root file system cannot be written.") { $0.request.host.readonlyRootfs = $1 },
        .value("sysctl", of: "KEY=VALUE", help: "A kernel parameter of its own namespaces.") {
            let setting = try SysctlSetting($1)
            $0.request.host.sysctls[setting.key] = setting.value
        },
    ]

    static let mountFlags: [Flag] = [
        .value("volume", letter: "v", of: "[SOURCE:]PATH[:OPTIONS]", help: "A volume, or a path of the host's.") {
            $0.volumes.append($1)
        },
        .value("mount", of: "KEY=VALUE,…", help: "type=bind|volume|tmpfs|image,source=…,target=…, and options.") {
            $0.request.host.mounts.append(try MountRequest($1, workingDirectory: try workingDirectory()))
        },
        .value("tmpfs", of: "PATH[:OPTIONS]", help: "A file system in memory.") {
            let parts = $1.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            $0.request.host.tmpfs[parts[0]] = parts.count == 2 ? parts[1] : ""
        },
        .value("volumes-from", of: "CONTAINER[:ro]", help: "All volumes of another container.") {
            $0.request.host.volumesFrom.append($1)
        },
        .value("volume-driver", of: "NAME", help: "local; there is no other.") {
            guard $1.isEmpty || $1 == "local" else { throw FlagError("there is no volume driver \($1): only local") }
            $0.request.host.volumeDriver = $1
        },
        .value("shm-size", of: "BYTES", help: "The size of /dev/shm, such as 64m.") {
            $0.sizeOfSharedMemory = try Quantity.bytes($1, option: "--shm-size")
        },
    ]

    static let namespaceFlags: [Flag] = [
        .value("pid", of: "MODE", help: "host or container:NAME: whose processes it sees.") {
            $0.request.host.pidMode = $1
        },
        .value("ipc", of: "MODE", help: "private, shareable, none, host or container:NAME.") {
            $0.request.host.ipcMode = $1
        },
        .value("uts", of: "MODE", help: "host or container:NAME: whose host name it has.") {
            $0.request.host.utsMode = $1
        },
        .value("userns", of: "MODE", help: "host.") { $0.request.host.usernsMode = $1 },
        .value("cgroupns", of: "MODE", help: "private or host.") { $0.request.host.cgroupnsMode = $1 },
    ]

    /// Docker's options that cannot work here. They are known, so that the answer says why.
    static let refusedFlags: [Flag] =
        [
            .value("gpus", of: "DEVICES", help: "Not supported: name the device files with --device.") { _, _ in
                throw FlagError("there is no driver for GPUs: name their device files with --device")
            },
            .value("runtime", of: "NAME", help: "brig-runtime; there is no other.") {
                guard $1.isEmpty || $1 == "brig-runtime" else {
                    throw FlagError("unknown or invalid runtime name: \($1)")
                }
            },
            .value("isolation", of: "NAME", help: "default; there is no other on Linux.") {
                guard $1.isEmpty || $1 == "default" else {
                    throw FlagError("invalid isolation '\($1)': Linux has only 'default'")
                }
            },
            .value("storage-opt", of: "KEY=VALUE", help: "Not supported: the overlay has no quotas.") { _, _ in
                throw FlagError("--storage-opt is not supported: the overlay here has no quotas")
            },
            .value("kernel-memory", of: "BYTES", help: "Not supported: kernels have given it up.", hidden: true) {
                _, _ in throw FlagError("--kernel-memory is not supported: kernels have given it up; use --memory")
            },
            .toggle("use-api-socket", help: "Not supported: there is no daemon.", hidden: true) {
                if $1 { throw FlagError("there is no daemon whose socket a container could use") }
            },
        ]
        + ["cpu-count", "cpu-percent", "io-maxbandwidth", "io-maxiops"].map { name in
            .value(name, of: "NUMBER", help: "For Windows alone.", hidden: true) { _, _ in
                throw FlagError("--\(name) is for Windows alone")
            }
        }

    private static func separated(_ text: String) -> [String] { text.split(separator: ",").map(String.init) }

    /// Where a profile lies is seen from here; the engine may look from elsewhere.
    private static func withAbsolutePath(_ text: String) throws -> String {
        let parts = text.split(maxSplits: 1) { $0 == "=" || $0 == ":" }.map(String.init)
        guard parts.count == 2, parts[0] == "seccomp", !["unconfined", "builtin"].contains(parts[1]),
            !parts[1].hasPrefix("/")
        else { return text }
        return "seccomp=\(try workingDirectory())/\(parts[1])"
    }
}
