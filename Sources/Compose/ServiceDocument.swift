package import ComposeFile
package import Engine
internal import OCISpec

/// What a service's container is made from: Docker's `Config` and `HostConfig` members, for those fields that the file has.
///
/// It goes to the engine as a document, so that a field which this version of the engine does not have is seen and said
/// instead of left out.
package struct ServiceDocument {
    let project: Project
    let service: Service
    /// The name of its image in the engine.
    let image: String
    /// Where configs and secrets that are no files lie; absolute.
    let filesDirectory: String
    /// The container of a service of the project, for shared namespaces.
    let containerOf: (String) -> String?

    private var configuration: JSONObject = [:]
    private var host: JSONObject = [:]
    /// The file's field for each member.
    private var fields: [String: String] = [:]

    package init(
        _ project: Project, _ service: Service, image: String, filesDirectory: String,
        containerOf: @escaping (String) -> String?
    ) {
        self.project = project
        self.service = service
        self.image = image
        self.filesDirectory = filesDirectory
        self.containerOf = containerOf
    }

    /// - Parameters:
    ///   - name: The container's.
    ///   - labels: Those that Compose adds.
    /// - Throws: `EngineError`: `unsupported` names the field.
    package mutating func request(name: String, labels: [String: String]) throws(EngineError) -> ContainerRequest {
        try refuseWhatIsNotThere()
        try fillProcess(labels)
        try fillResources()
        try fillPrivileges()
        try fillMounts()
        try fillNetwork()
        var request = ContainerRequest()
        request.name = try ContainerName(name)
        request.configuration = try decoded(ContainerConfiguration(), configuration)
        request.host = try decoded(HostConfiguration(), host)
        return request
    }

    private func decoded<Value: Codable>(_ defaults: Value, _ wanted: JSONObject) throws(EngineError) -> Value {
        let path = "service \(service.name)"
        do {
            guard case .object(var whole) = try JSONValue(encoding: defaults) else {
                throw EngineError(.fault, "\(path): a document of the engine's is no object")
            }
            for member in wanted.members { whole[member.key] = member.value }
            let value = try JSONValue.object(whole).decoded(as: Value.self)
            let kept = try JSONValue(encoding: value)
            for member in wanted.members {
                guard case .object(let object) = kept, object[member.key] != nil else {
                    throw EngineError(
                        .unsupported,
                        "\(path): \(fields[member.key] ?? member.key) is not supported by this version of Brig")
                }
            }
            return value
        } catch let error as EngineError {
            throw error
        } catch {
            throw EngineError(.invalidInput, "\(path): \(error)")
        }
    }

    private mutating func config(_ key: String, _ field: String, _ value: JSONValue?) {
        guard let value else { return }
        configuration[key] = value
        fields[key] = field
    }

    private mutating func host(_ key: String, _ field: String, _ value: JSONValue?) {
        guard let value else { return }
        host[key] = value
        fields[key] = field
    }

    static func texts(_ list: [String]) -> JSONValue? { list.isEmpty ? nil : .array(list.map { .string($0) }) }

    static func pairs(_ pairs: [String: String]) -> JSONValue {
        var object = JSONObject()
        for (key, value) in pairs.sorted(by: { $0.key < $1.key }) { object[key] = .string(value) }
        return .object(object)
    }

    private func refuseWhatIsNotThere() throws(EngineError) {
        if let refusal = project.refusal(of: [service.name]) {
            throw EngineError(.unsupported, refusal.description)
        }
    }

    // MARK: The process

    private mutating func fillProcess(_ added: [String: String]) throws(EngineError) {
        config("Image", "image", .string(image))
        config("Cmd", "command", service.command.map { .array($0.map { .string($0) }) })
        if let entrypoint = service.entrypoint {
            // One empty word is none at all, whatever the image has.
            config("Entrypoint", "entrypoint", .array((entrypoint.isEmpty ? [""] : entrypoint).map { .string($0) }))
        }
        config("Env", "environment", Self.texts(service.environment.map { "\($0)=\($1)" }.sorted()))
        config("Hostname", "hostname", service.text("hostname").map { .string($0) })
        config("Domainname", "domainname", service.text("domainname").map { .string($0) })
        config("User", "user", service.text("user").map { .string($0) })
        config("WorkingDir", "working_dir", service.text("working_dir").map { .string($0) })
        if service.flag("tty") == true { config("Tty", "tty", true) }
        if service.flag("stdin_open") == true { config("OpenStdin", "stdin_open", true) }
        config("StopSignal", "stop_signal", service.text("stop_signal").map { .string($0) })
        config(
            "StopTimeout", "stop_grace_period",
            service.stopGracePeriod.map { JSONValue(($0 + 999_999_999) / 1_000_000_000) })
        config("Labels", "labels", Self.pairs(service.labels.merging(added) { _, own in own }))
        if let check = service.healthcheck { config("Healthcheck", "healthcheck", Self.health(check)) }
        if service.flag("init") == true { host("Init", "init", true) }
        if service.restart != "no" {
            let parts = service.restart.split(separator: ":")
            host(
                "RestartPolicy", "restart",
                .object([
                    "Name": .string(String(parts[0])),
                    "MaximumRetryCount": JSONValue(parts.count == 2 ? Int64(parts[1]) ?? 0 : 0),
                ]))
        }
        if service.loggingDriver != nil || !service.loggingOptions.isEmpty {
            host(
                "LogConfig", "logging",
                .object([
                    "Type": .string(service.loggingDriver ?? "json-file"), "Config": Self.pairs(service.loggingOptions),
                ]))
        }
        if service.has("annotations") {
            host("Annotations", "annotations", Self.pairs(service.pairs("annotations")))
        }
    }

    private static func health(_ check: Service.HealthCheck) -> JSONValue {
        if check.isDisabled { return .object(["Test": .array(["NONE"])]) }
        var object = JSONObject()
        if let test = check.test { object["Test"] = .array(test.map { .string($0) }) }
        for (key, value) in [
            ("Interval", check.interval), ("Timeout", check.timeout), ("StartPeriod", check.startPeriod),
            ("StartInterval", check.startInterval), ("Retries", check.retries.map(Int64.init)),
        ] {
            if let value { object[key] = .integer(value) }
        }
        return .object(object)
    }

    // MARK: What it may use

    private mutating func fillResources() throws(EngineError) {
        let limits = service.limits
        host("Memory", "mem_limit", limits.memory.map { .integer($0) })
        host("MemoryReservation", "mem_reservation", limits.memoryReservation.map { .integer($0) })
        host("MemorySwap", "memswap_limit", limits.memorySwap.map { .integer($0) })
        host("NanoCpus", "cpus", limits.nanoCPUs.map { .integer($0) })
        host("PidsLimit", "pids_limit", limits.pids.map { .integer($0) })
        for (field, key) in [
            ("mem_swappiness", "MemorySwappiness"), ("cpu_shares", "CpuShares"), ("cpu_period", "CpuPeriod"),
            ("cpu_quota", "CpuQuota"), ("cpu_rt_period", "CpuRealtimePeriod"),
            ("cpu_rt_runtime", "CpuRealtimeRuntime"), ("oom_score_adj", "OomScoreAdj"),
        ] {
            host(key, field, service.number(field).map { .integer($0) })
        }
        host("CpusetCpus", "cpuset", service.text("cpuset").map { .string($0) })
        host("ShmSize", "shm_size", service.text("shm_size").flatMap { Int64($0) }.map { .integer($0) })
        if service.flag("oom_kill_disable") == true { host("OomKillDisable", "oom_kill_disable", true) }
        if !service.ulimits.isEmpty {
            host(
                "Ulimits", "ulimits",
                .array(
                    service.ulimits.sorted { $0.key < $1.key }.map { name, limit in
                        .object(["Name": .string(name), "Hard": .integer(limit.hard), "Soft": .integer(limit.soft)])
                    }))
        }
        if let limits = service.blockIO { fillBlockIO(limits) }
    }

    private mutating func fillBlockIO(_ limits: Service.BlockIO) {
        host("BlkioWeight", "blkio_config", limits.weight.map { .integer($0) })
        for (key, member, devices) in [
            ("BlkioWeightDevice", "Weight", limits.weights), ("BlkioDeviceReadBps", "Rate", limits.readBytes),
            ("BlkioDeviceWriteBps", "Rate", limits.writeBytes), ("BlkioDeviceReadIOps", "Rate", limits.readOperations),
            ("BlkioDeviceWriteIOps", "Rate", limits.writeOperations),
        ] where !devices.isEmpty {
            host(
                key, "blkio_config",
                .array(devices.map { .object(["Path": .string($0.path), member: .integer($0.value)]) }))
        }
    }

    private mutating func fillPrivileges() throws(EngineError) {
        host("CapAdd", "cap_add", Self.texts(service.texts("cap_add")))
        host("CapDrop", "cap_drop", Self.texts(service.texts("cap_drop")))
        host("SecurityOpt", "security_opt", Self.texts(try securityOptions()))
        host("GroupAdd", "group_add", Self.texts(service.texts("group_add")))
        host("DeviceCgroupRules", "device_cgroup_rules", Self.texts(service.texts("device_cgroup_rules")))
        if service.flag("privileged") == true { host("Privileged", "privileged", true) }
        if service.flag("read_only") == true { host("ReadonlyRootfs", "read_only", true) }
        if !service.sysctls.isEmpty { host("Sysctls", "sysctls", Self.pairs(service.sysctls)) }
        host("UsernsMode", "userns_mode", service.text("userns_mode").map { .string($0) })
        host("UTSMode", "uts", service.text("uts").map { .string($0) })
        host("PidMode", "pid", try joined("pid"))
        host("IpcMode", "ipc", try joined("ipc"))
        host("CgroupnsMode", "cgroup", service.text("cgroup").map { .string($0) })
        host("CgroupParent", "cgroup_parent", service.text("cgroup_parent").map { .string($0) })
        if let runtime = service.text("runtime"), runtime != "runc" { host("Runtime", "runtime", .string(runtime)) }
        if !service.devices.isEmpty {
            host(
                "Devices", "devices",
                .array(
                    service.devices.map { text in
                        let parts = text.split(separator: ":").map(String.init)
                        return .object([
                            "PathOnHost": .string(parts[0]),
                            "PathInContainer": .string(parts.count > 1 ? parts[1] : parts[0]),
                            "CgroupPermissions": .string(parts.count > 2 ? parts[2] : "rwm"),
                        ])
                    }))
        }
    }

    /// A profile file's path is taken from the project's directory.
    private func securityOptions() throws(EngineError) -> [String] {
        service.texts("security_opt").map { text in
            for prefix in ["seccomp=", "seccomp:"] where text.hasPrefix(prefix) {
                let path = String(text.dropFirst(prefix.count))
                if ["unconfined", "builtin"].contains(path) || path.hasPrefix("/") { return "seccomp=\(path)" }
                return "seccomp=\(normalizedPath("\(project.directory)/\(path)"))"
            }
            return text
        }
    }

    /// `service:NAME` is the container of that service.
    private func joined(_ field: String) throws(EngineError) -> JSONValue? {
        guard let mode = service.text(field) else { return nil }
        guard mode.hasPrefix("service:") else { return .string(mode) }
        let other = String(mode.dropFirst(8))
        guard let container = containerOf(other) else {
            throw EngineError(
                .conflict, "service \(service.name): \(field) needs a container of \(other), and there is none")
        }
        return .string("container:\(container)")
    }

    // MARK: Files

    private mutating func fillMounts() throws(EngineError) {
        var binds: [String] = []
        var mounts: [JSONValue] = []
        var temporary = JSONObject()
        for text in service.texts("tmpfs") {
            let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            temporary[parts[0]] = .string(parts.count == 2 ? parts[1] : "")
        }
        var anonymous = JSONObject()
        for mount in service.mounts {
            switch mount.kind {
            case .tmpfs:
                var options: [String] = []
                if let size = mount.tmpfsSize { options.append("size=\(size)") }
                if let mode = mount.tmpfsMode { options.append("mode=\(mode)") }
                if mount.isReadOnly { options.append("ro") }
                temporary[mount.target] = .string(options.joined(separator: ","))
            case .volume where mount.source == nil && mount.labels.isEmpty && !mount.noCopy && !mount.isReadOnly:
                anonymous[mount.target] = [:]
            case _ where mount.needsLongForm: mounts.append(Self.longMount(mount, source: source(mount)))
            default:
                let options = [
                    mount.isReadOnly ? "ro" : nil, mount.propagation, mount.selinux, mount.noCopy ? "nocopy" : nil,
                ].compactMap { $0 }
                let path = "\(source(mount)):\(mount.target)"
                binds.append(options.isEmpty ? path : "\(path):\(options.joined(separator: ","))")
            }
        }
        try addGrants(&binds)
        host("Binds", "volumes", Self.texts(binds))
        if !mounts.isEmpty { host("Mounts", "volumes", .array(mounts)) }
        if !temporary.isEmpty { host("Tmpfs", "tmpfs", .object(temporary)) }
        if !anonymous.isEmpty { config("Volumes", "volumes", .object(anonymous)) }
        var from: [String] = []
        for source in service.volumeSources {
            guard let container = source.isContainer ? source.name : containerOf(source.name) else {
                throw EngineError(
                    .conflict, "service \(service.name): volumes_from needs a container of \(source.name)")
            }
            from.append(container + (source.mode.map { ":\($0)" } ?? ""))
        }
        host("VolumesFrom", "volumes_from", Self.texts(from))
    }

    private func source(_ mount: Service.Mount) -> String {
        guard mount.kind == .volume, let key = mount.source else { return mount.source ?? "" }
        return project.volumes[key]?.name ?? key
    }

    private static func longMount(_ mount: Service.Mount, source: String) -> JSONValue {
        var object: JSONObject = [
            "Type": .string(mount.kind.rawValue), "Source": .string(source), "Target": .string(mount.target),
            "ReadOnly": .bool(mount.isReadOnly),
        ]
        if mount.kind == .bind {
            object["BindOptions"] = .object([
                "Propagation": .string(mount.propagation ?? ""),
                "NonRecursive": .bool(mount.recursive == "disabled"),
                "CreateMountpoint": .bool(mount.createsHostPath),
                "ReadOnlyNonRecursive": .bool(mount.recursive == "writable"),
                "ReadOnlyForceRecursive": .bool(mount.recursive == "readonly"),
            ])
        } else if mount.kind == .image {
            object["ImageOptions"] = .object(["Subpath": .string(mount.subpath ?? "")])
        } else {
            object["VolumeOptions"] = .object([
                "NoCopy": .bool(mount.noCopy), "Labels": pairs(mount.labels), "Subpath": .string(mount.subpath ?? ""),
            ])
        }
        return .object(object)
    }

    /// Configs lie at `/NAME`, secrets in `/run/secrets`, both as read-only files.
    private func addGrants(_ binds: inout [String]) throws(EngineError) {
        for (grants, objects, kind) in [
            (service.configs, project.configs, "configs"), (service.secrets, project.secrets, "secrets"),
        ] {
            for grant in grants {
                guard let object = objects[grant.source] else {
                    throw EngineError(
                        .invalidInput, "service \(service.name): \(grant.source) is not among the \(kind)")
                }
                let base = kind == "configs" ? "/" : "/run/secrets/"
                let target = grant.target ?? grant.source
                let place = target.hasPrefix("/") ? target : base + target
                let file: String
                switch object.content {
                case .file(let path) where !grant.changesFile: file = path
                default: file = GrantFile.path(kind, grant, in: filesDirectory)
                }
                binds.append("\(file):\(normalizedPath(place)):ro")
            }
        }
    }

    // MARK: The network

    private mutating func fillNetwork() throws(EngineError) {
        switch service.networkMode {
        case let mode?:
            if mode.hasPrefix("service:") {
                host("NetworkMode", "network_mode", try joined("network_mode"))
            } else {
                host("NetworkMode", "network_mode", .string(mode))
            }
        case nil:
            guard let first = service.networks.first else { break }
            host("NetworkMode", "networks", .string(project.networks[first.network]?.name ?? first.network))
        }
        var exposed = JSONObject()
        var bindings: [String: [JSONValue]] = [:]
        for text in service.texts("expose") {
            exposed[text.contains("/") ? text : "\(text)/tcp"] = [:]
        }
        for port in service.ports {
            let key = "\(port.target)/\(port.transport)"
            exposed[key] = [:]
            let range = port.published.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
            bindings[key, default: []].append(
                .object(["HostIp": .string(port.hostAddress ?? ""), "HostPort": .string(range ?? "")]))
        }
        if !exposed.isEmpty { config("ExposedPorts", "ports", .object(exposed)) }
        if !bindings.isEmpty {
            var object = JSONObject()
            for (key, list) in bindings.sorted(by: { $0.key < $1.key }) { object[key] = .array(list) }
            host("PortBindings", "ports", .object(object))
        }
        host("Dns", "dns", Self.texts(service.texts("dns")))
        host("DnsOptions", "dns_opt", Self.texts(service.texts("dns_opt")))
        host("DnsSearch", "dns_search", Self.texts(service.texts("dns_search")))
        host("ExtraHosts", "extra_hosts", Self.texts(service.extraHosts))
    }
}

extension Service.Mount {
    /// Whether it says what `SOURCE:TARGET:OPTIONS` cannot.
    fileprivate var needsLongForm: Bool {
        switch kind {
        case .image: true
        case .bind: !createsHostPath || recursive != nil
        case .volume: subpath != nil || !labels.isEmpty || source == nil
        case .tmpfs: false
        }
    }
}

extension Service.Grant {
    /// Whether the file that the container sees has another owner or mode than the one that it comes from.
    package var changesFile: Bool { uid != nil || gid != nil || mode != nil }
}
