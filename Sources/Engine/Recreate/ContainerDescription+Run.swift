extension ContainerDescription {
    /// The words of `run`, from `--name` to the last argument.
    var runWords: [String] {
        var words: [String] = isDetached ? ["-d"] : []
        words += ["--name", name]
        words += identityWords + processWords + healthWords + limitWords + deviceWords + securityWords + mountWords
        words += namespaceWords + networkWords + lifeWords
        var arguments = self.arguments
        if let entrypoint {
            words += ["--entrypoint", entrypoint.first ?? ""]
            arguments = Array(entrypoint.dropFirst()) + arguments
        }
        return words + [configuration.image] + arguments
    }

    private static func each(_ option: String, _ values: [String]) -> [String] { values.flatMap { [option, $0] } }

    private static func one(_ option: String, _ value: String?) -> [String] {
        value.map { $0.isEmpty ? [] : [option, $0] } ?? []
    }

    /// A number that is not the default.
    private static func number(_ option: String, _ value: Int64, unless usual: Int64 = 0) -> [String] {
        value == usual ? [] : [option, String(value)]
    }

    private static func flag(_ option: String, _ isSet: Bool) -> [String] { isSet ? [option] : [] }

    private var identityWords: [String] {
        Self.one("--hostname", hostname) + Self.one("--domainname", configuration.domainname)
            + Self.each("--label", labels.map { "\($0.key)=\($0.value)" })
            + Self.each("--annotation", host.annotations.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" })
    }

    private var processWords: [String] {
        var words = Self.flag("-i", configuration.openStdin) + Self.flag("-t", configuration.tty)
        let streams = [
            ("stdin", configuration.attachStdin), ("stdout", configuration.attachStdout),
            ("stderr", configuration.attachStderr),
        ]
        let usual = [configuration.openStdin, true, !configuration.tty]
        if !isDetached, streams.map(\.1) != usual { words += Self.each("-a", streams.filter(\.1).map(\.0)) }
        words += Self.each("-e", environment)
        if configuration.user != image.user { words += Self.one("-u", configuration.user) }
        words += Self.each("--group-add", host.groupAdd)
        if configuration.workingDir != image.workingDir { words += Self.one("-w", configuration.workingDir) }
        words += Self.flag("--init", host.initProcess)
        if configuration.stopSignal != image.stopSignal { words += Self.one("--stop-signal", configuration.stopSignal) }
        words += Self.one("--stop-timeout", configuration.stopTimeout.map { String($0) })
        return words
    }

    private var healthWords: [String] {
        guard let health = healthcheck else { return [] }
        if health.test.first == "NONE" { return ["--no-healthcheck"] }
        let times: [(String, Int64)] = [
            ("--health-interval", health.interval), ("--health-timeout", health.timeout),
            ("--health-start-period", health.startPeriod), ("--health-start-interval", health.startInterval),
        ]
        return Self.one("--health-cmd", Self.shellCommand(health.test))
            + times.flatMap { option, time in time == 0 ? [] : [option, Self.duration(nanoseconds: time)] }
            + Self.number("--health-retries", Int64(health.retries))
            + Self.one("--health-on-failure", health.onFailure)
    }

    private var limitWords: [String] {
        var words = Self.number("--memory", host.memory)
        words += Self.one("--memory-swap", memorySwap.map { String($0) })
        words += Self.number("--memory-reservation", host.memoryReservation)
        words += Self.number("--memory-swappiness", host.memorySwappiness, unless: -1)
        words += Self.flag("--oom-kill-disable", host.oomKillDisable)
        words += Self.number("--oom-score-adj", Int64(host.oomScoreAdj))
        if host.nanoCpus > 0 { words += ["--cpus", Self.decimal(billionths: host.nanoCpus)] }
        words += Self.number("--cpu-shares", host.cpuShares) + Self.number("--cpu-period", host.cpuPeriod)
        words += Self.number("--cpu-quota", host.cpuQuota) + Self.number("--cpu-rt-period", host.cpuRealtimePeriod)
        words += Self.number("--cpu-rt-runtime", host.cpuRealtimeRuntime)
        words += Self.one("--cpuset-cpus", host.cpusetCpus) + Self.one("--cpuset-mems", host.cpusetMems)
        words += Self.number("--pids-limit", host.pidsLimit)
        words += Self.each("--ulimit", host.ulimits.map(\.description))
        words += Self.number("--blkio-weight", Int64(host.blkioWeight))
        words += Self.each("--blkio-weight-device", host.blkioWeightDevice.map { "\($0.path):\($0.weight)" })
        words += throttles.flatMap { option, devices in Self.each(option, devices.map { "\($0.path):\($0.rate)" }) }
        return words + Self.one("--cgroup-parent", host.cgroupParent)
    }

    private var throttles: [(String, [ThrottleDevice])] {
        [
            ("--device-read-bps", host.blkioDeviceReadBps), ("--device-write-bps", host.blkioDeviceWriteBps),
            ("--device-read-iops", host.blkioDeviceReadIOps), ("--device-write-iops", host.blkioDeviceWriteIOps),
        ]
    }

    private var deviceWords: [String] {
        Self.each("--device", host.devices.map(\.description))
            + Self.each("--device-cgroup-rule", host.deviceCgroupRules)
    }

    private var securityWords: [String] {
        Self.each("--cap-add", host.capAdd) + Self.each("--cap-drop", host.capDrop)
            + Self.each("--security-opt", host.securityOpt) + Self.flag("--privileged", host.privileged)
            + Self.flag("--read-only", host.readonlyRootfs)
            + Self.each("--sysctl", host.sysctls.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" })
    }

    private var mountWords: [String] {
        Self.each("-v", host.binds + anonymousVolumes) + Self.each("--mount", host.mounts.map(\.text))
            + Self.each(
                "--tmpfs",
                host.tmpfs.sorted { $0.key < $1.key }.map { $0.value.isEmpty ? $0.key : "\($0.key):\($0.value)" })
            + Self.each("--volumes-from", host.volumesFrom) + Self.one("--volume-driver", host.volumeDriver)
            + Self.number("--shm-size", host.shmSize, unless: 64 << 20)
    }

    private var namespaceWords: [String] {
        Self.one("--pid", host.pidMode) + Self.one("--ipc", host.ipcMode == "private" ? nil : host.ipcMode)
            + Self.one("--uts", host.utsMode) + Self.one("--userns", host.usernsMode)
            + Self.one("--cgroupns", cgroupMode)
    }

    private var networkWords: [String] {
        var words: [String] = []
        if networks.isEmpty {
            if host.networkMode != NetworkName.defaultBridge { words += Self.one("--network", host.networkMode) }
        } else if networks.count > 1 || networks[0].network != NetworkName.defaultBridge
            || networks[0].settings != ConnectionSettings()
        {
            words += Self.each("--network", networks.map(Self.text))
        }
        words += Self.each("--link", host.links) + Self.each("-p", published) + Self.flag("-P", host.publishAllPorts)
        words += Self.each("--expose", exposed) + Self.each("--dns", host.dns)
        words += Self.each("--dns-search", host.dnsSearch) + Self.each("--dns-option", host.dnsOptions)
        return words + Self.each("--add-host", host.extraHosts)
    }

    /// A network in the form of `--network`. Links are options of their own.
    private static func text(_ wish: NetworkWish) -> String {
        let settings = wish.settings
        var fields = settings.aliases.map { "alias=\($0)" }
        if !settings.ipv4Address.isEmpty { fields.append("ip=\(settings.ipv4Address)") }
        if !settings.ipv6Address.isEmpty { fields.append("ip6=\(settings.ipv6Address)") }
        if !settings.macAddress.isEmpty { fields.append("mac-address=\(settings.macAddress)") }
        if settings.gatewayPriority != 0 { fields.append("gw-priority=\(settings.gatewayPriority)") }
        return fields.isEmpty ? wish.network : (["name=\(wish.network)"] + fields).joined(separator: ",")
    }

    private var lifeWords: [String] {
        var words = Self.flag("--rm", host.autoRemove)
        if host.restartPolicy.isActive {
            let count = host.restartPolicy.maximumRetryCount
            words += ["--restart", count > 0 ? "\(host.restartPolicy.name):\(count)" : host.restartPolicy.name]
        }
        if host.logConfig.type != "json-file" { words += Self.one("--log-driver", host.logConfig.type) }
        return words
            + Self.each(
                "--log-opt", host.logConfig.config.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" })
    }
}
