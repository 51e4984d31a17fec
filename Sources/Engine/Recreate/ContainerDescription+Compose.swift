internal import OCISpec

extension ContainerDescription {
    /// A compose file with one service that makes this container.
    var composeText: String {
        var file: JSONObject = ["services": [name: .object(service)]]
        let volumes = Set(namedVolumes).sorted()
        if !volumes.isEmpty { file["volumes"] = Self.external(volumes) }
        let networks = connections.map(\.network)
        if !networks.isEmpty { file["networks"] = Self.external(networks) }
        return YAMLText.text(.object(file))
    }

    /// What is there already, under its own name.
    private static func external(_ names: [String]) -> JSONValue {
        var result = JSONObject()
        for name in names { result[name] = ["name": .string(name), "external": true] }
        return .object(result)
    }

    /// User-defined networks; the default bridge is a mode in compose files.
    private var connections: [NetworkWish] {
        networks.count == 1 && networks[0].network == NetworkName.defaultBridge ? [] : networks
    }

    private var namedVolumes: [String] {
        let bound = host.binds.compactMap { $0.split(separator: ":").first.map(String.init) }
        let mounted = host.mounts.filter { $0.type == .volume }.map(\.source)
        return (bound + mounted).filter { !$0.isEmpty && !$0.hasPrefix("/") }
    }

    private var service: JSONObject {
        var result: JSONObject = ["image": .string(configuration.image), "container_name": .string(name)]
        addProcess(to: &result)
        addLimits(to: &result)
        addConfinement(to: &result)
        addPlaces(to: &result)
        addLife(to: &result)
        return result
    }

    private func addProcess(to result: inout JSONObject) {
        if let entrypoint { result["entrypoint"] = .texts(entrypoint) }
        result.set("command", .texts(arguments), unless: arguments.isEmpty)
        let named = Set(labels.map(\.key)).filter { $0.hasPrefix("com.docker.compose.") }
        result.set("labels", .map(labels.filter { !named.contains($0.key) }), unless: labels.count == named.count)
        result.set("environment", .texts(environment), unless: environment.isEmpty)
        result.text("user", configuration.user == image.user ? "" : configuration.user)
        result.texts("group_add", host.groupAdd)
        result.text("working_dir", configuration.workingDir == image.workingDir ? "" : configuration.workingDir)
        result.text("hostname", hostname ?? "")
        result.text("domainname", configuration.domainname)
        result.flag("stdin_open", configuration.openStdin)
        result.flag("tty", configuration.tty)
        result.flag("init", host.initProcess)
        result.text("stop_signal", configuration.stopSignal == image.stopSignal ? "" : configuration.stopSignal ?? "")
        if let seconds = configuration.stopTimeout, seconds >= 0 { result.text("stop_grace_period", "\(seconds)s") }
        if let health = healthcheck { result["healthcheck"] = .object(Self.document(of: health)) }
    }

    private static func document(of health: HealthSettings) -> JSONObject {
        if health.test.first == "NONE" { return ["disable": true] }
        var result = JSONObject()
        result.texts("test", health.test)
        for (key, time) in [
            ("interval", health.interval), ("timeout", health.timeout), ("start_period", health.startPeriod),
            ("start_interval", health.startInterval),
        ] where time != 0 {
            result.text(key, duration(nanoseconds: time))
        }
        result.number("retries", Int64(health.retries))
        return result
    }

    private func addLimits(to result: inout JSONObject) {
        result.number("mem_limit", host.memory)
        if let swap = memorySwap { result["memswap_limit"] = JSONValue(swap) }
        result.number("mem_reservation", host.memoryReservation)
        result.number("mem_swappiness", host.memorySwappiness, unless: -1)
        result.flag("oom_kill_disable", host.oomKillDisable)
        result.number("oom_score_adj", Int64(host.oomScoreAdj))
        result.text("cpus", host.nanoCpus > 0 ? Self.decimal(billionths: host.nanoCpus) : "")
        result.number("cpu_shares", host.cpuShares)
        result.number("cpu_period", host.cpuPeriod)
        result.number("cpu_quota", host.cpuQuota)
        result.number("cpu_rt_period", host.cpuRealtimePeriod)
        result.number("cpu_rt_runtime", host.cpuRealtimeRuntime)
        result.text("cpuset", host.cpusetCpus)
        result.number("pids_limit", host.pidsLimit)
        result.text("cgroup_parent", host.cgroupParent)
        result.number("shm_size", host.shmSize, unless: 64 << 20)
        var limits = JSONObject()
        for limit in host.ulimits {
            limits[limit.name] = ["soft": JSONValue(limit.soft), "hard": JSONValue(limit.hard)]
        }
        result.set("ulimits", .object(limits), unless: host.ulimits.isEmpty)
        var disks = JSONObject()
        disks.number("weight", Int64(host.blkioWeight))
        for (key, devices) in [
            ("device_read_bps", host.blkioDeviceReadBps), ("device_write_bps", host.blkioDeviceWriteBps),
            ("device_read_iops", host.blkioDeviceReadIOps), ("device_write_iops", host.blkioDeviceWriteIOps),
        ] where !devices.isEmpty {
            disks[key] = .array(devices.map { ["path": .string($0.path), "rate": JSONValue($0.rate)] })
        }
        if !host.blkioWeightDevice.isEmpty {
            disks["weight_device"] = .array(
                host.blkioWeightDevice.map { ["path": .string($0.path), "weight": JSONValue($0.weight)] })
        }
        result.set("blkio_config", .object(disks), unless: disks.members.isEmpty)
    }

    private func addConfinement(to result: inout JSONObject) {
        result.texts("cap_add", host.capAdd)
        result.texts("cap_drop", host.capDrop)
        result.texts("security_opt", host.securityOpt)
        result.flag("privileged", host.privileged)
        result.flag("read_only", host.readonlyRootfs)
        result.set("sysctls", .map(host.sysctls.sorted { $0.key < $1.key }), unless: host.sysctls.isEmpty)
        result.texts("devices", host.devices.map(\.description))
        result.texts("device_cgroup_rules", host.deviceCgroupRules)
        result.text("pid", host.pidMode)
        result.text("ipc", host.ipcMode == "private" ? "" : host.ipcMode)
        result.text("uts", host.utsMode)
        result.text("userns_mode", host.usernsMode)
        result.text("cgroup", cgroupMode ?? "")
        result.set(
            "annotations", .map(host.annotations.sorted { $0.key < $1.key }), unless: host.annotations.isEmpty)
    }

    private func addPlaces(to result: inout JSONObject) {
        let mounts = host.mounts.map(Self.document)
        let short = (host.binds + anonymousVolumes).map { JSONValue.string($0) }
        result.set("volumes", .array(short + mounts), unless: short.isEmpty && mounts.isEmpty)
        result.texts(
            "tmpfs", host.tmpfs.sorted { $0.key < $1.key }.map { $0.value.isEmpty ? $0.key : "\($0.key):\($0.value)" })
        result.texts("volumes_from", host.volumesFrom.map { "container:\($0)" })
        result.texts("ports", published)
        result.texts("expose", exposed)
        result.texts("dns", host.dns)
        result.texts("dns_search", host.dnsSearch)
        result.texts("dns_opt", host.dnsOptions)
        result.texts("extra_hosts", host.extraHosts)
        if connections.isEmpty {
            // Without a word, compose makes a network for the project.
            result.text("network_mode", host.networkMode)
        } else {
            var networks = JSONObject()
            for wish in connections { networks[wish.network] = Self.document(of: wish.settings) }
            result["networks"] = .object(networks)
        }
    }

    private static func document(of settings: ConnectionSettings) -> JSONValue {
        var result = JSONObject()
        result.texts("aliases", settings.aliases)
        result.text("ipv4_address", settings.ipv4Address)
        result.text("ipv6_address", settings.ipv6Address)
        result.text("mac_address", settings.macAddress)
        result.number("gw_priority", Int64(settings.gatewayPriority))
        return result.members.isEmpty ? .null : .object(result)
    }

    private static func document(of mount: MountRequest) -> JSONValue {
        var result: JSONObject = ["type": .string(mount.type.rawValue)]
        result.text("source", mount.source)
        result.text("target", mount.target)
        result.flag("read_only", mount.readOnly)
        var own = JSONObject()
        // Compose makes a missing source unless it is told not to.
        own.set("create_host_path", .bool(false), unless: mount.type != .bind || mount.bind?.createMountpoint == true)
        if let bind = mount.bind {
            own.text("propagation", bind.propagation)
            own.text(
                "recursive",
                bind.nonRecursive
                    ? "disabled"
                    : bind.readOnlyNonRecursive ? "writable" : bind.readOnlyForceRecursive ? "readonly" : "")
        }
        if let volume = mount.volume {
            own.flag("nocopy", volume.noCopy)
            own.text("subpath", volume.subpath)
            own.set("labels", .map(volume.labels.sorted { $0.key < $1.key }), unless: volume.labels.isEmpty)
        }
        if let image = mount.image { own.text("subpath", image.subpath) }
        if let tmpfs = mount.tmpfs {
            own.number("size", tmpfs.sizeBytes)
            own.number("mode", Int64(tmpfs.mode))
        }
        result.set(mount.type.rawValue, .object(own), unless: own.members.isEmpty)
        return .object(result)
    }

    private func addLife(to result: inout JSONObject) {
        if host.restartPolicy.isActive {
            let count = host.restartPolicy.maximumRetryCount
            result.text("restart", count > 0 ? "\(host.restartPolicy.name):\(count)" : host.restartPolicy.name)
        }
        let options = host.logConfig.config.sorted { $0.key < $1.key }
        guard host.logConfig.type != "json-file" || !options.isEmpty else { return }
        var logging: JSONObject = ["driver": .string(host.logConfig.type)]
        logging.set("options", .map(options), unless: options.isEmpty)
        result["logging"] = .object(logging)
    }
}

extension JSONValue {
    fileprivate static func texts(_ values: [String]) -> JSONValue { .array(values.map { .string($0) }) }

    fileprivate static func map(_ members: [(key: String, value: String)]) -> JSONValue {
        var result = JSONObject()
        for (key, value) in members { result[key] = .string(value) }
        return .object(result)
    }
}

extension OrderedMap where Value == JSONValue {
    fileprivate mutating func set(_ key: String, _ value: JSONValue, unless isUsual: Bool) {
        if !isUsual { self[key] = value }
    }

    fileprivate mutating func text(_ key: String, _ value: String) {
        set(key, .string(value), unless: value.isEmpty)
    }

    fileprivate mutating func texts(_ key: String, _ values: [String]) {
        set(key, .texts(values), unless: values.isEmpty)
    }

    fileprivate mutating func flag(_ key: String, _ isSet: Bool) { set(key, true, unless: !isSet) }

    fileprivate mutating func number(_ key: String, _ value: Int64, unless usual: Int64 = 0) {
        set(key, JSONValue(value), unless: value == usual)
    }
}
