extension Service {
    init(_ name: String, _ node: Node, _ variables: [String: String]) throws(ComposeFileError) {
        let path = "services.\(name)"
        let pairs = { (key: String) in Self.pairs(node[key], variables) }
        let labels = Self.texts(node["labels"])
        self.init(
            name: name, node: node, mark: node.mark, image: node["image"]?.text,
            build: node["build"].map { Build($0, variables) }, command: Self.words(node["command"]),
            entrypoint: Self.words(node["entrypoint"]), environment: pairs("environment"), labels: labels,
            dependencies: (node["depends_on"]?.map?.pairs ?? []).map { other, child in
                Dependency(
                    service: other,
                    condition: child["condition"]?.text.flatMap(Dependency.Condition.init) ?? .started,
                    restarts: child["restart"]?.bool ?? false, isRequired: child["required"]?.bool ?? true)
            },
            healthcheck: try node["healthcheck"].map { child throws(ComposeFileError) in
                try HealthCheck(child, "\(path).healthcheck")
            },
            ports: (node["ports"]?.list ?? []).map(Port.init),
            mounts: try Self.all(node["volumes"]) { child, index throws(ComposeFileError) in
                try Mount(child, "\(path).volumes[\(index)]")
            },
            networkMode: node["network_mode"]?.text, networks: Self.attachments(node["networks"]),
            configs: (node["configs"]?.list ?? []).map(Grant.init),
            secrets: (node["secrets"]?.list ?? []).map(Grant.init),
            watches: (node["develop"]?["watch"]?.list ?? []).compactMap { Watch($0, variables) },
            profiles: Self.words(node["profiles"]) ?? [], replicas: try Self.replicas(node, path),
            restart: try Self.restart(node, path), pullPolicy: try Self.pullPolicy(node, path),
            blockIO: node["blkio_config"].map(BlockIO.init),
            stopGracePeriod: Self.time(node["stop_grace_period"]), limits: try Limits(node, path),
            ulimits: Self.ulimits(node["ulimits"]),
            devices: (node["devices"]?.list ?? []).map { device in
                ["source", "target", "permissions"].compactMap { device[$0]?.text }.joined(separator: ":")
            },
            extraHosts: Self.hosts(node["extra_hosts"]), sysctls: pairs("sysctls"),
            loggingDriver: node["logging"]?["driver"]?.text,
            loggingOptions: Self.pairs(node["logging"]?["options"], variables),
            postStart: (node["post_start"]?.list ?? []).map { Hook($0, variables) },
            preStop: (node["pre_stop"]?.list ?? []).map { Hook($0, variables) })
    }

    static func all<Value>(
        _ node: Node?, _ make: (Node, Int) throws(ComposeFileError) -> Value
    ) throws(ComposeFileError) -> [Value] {
        var result: [Value] = []
        for (index, child) in (node?.list ?? []).enumerated() { result.append(try make(child, index)) }
        return result
    }

    static func words(_ node: Node?) -> [String]? { node?.list.map { $0.compactMap(\.text) } }

    /// Names and values; a name alone takes the project's variable, and is left out if there is none.
    static func pairs(_ node: Node?, _ variables: [String: String]) -> [String: String] {
        var result: [String: String] = [:]
        for (key, child) in node?.map?.pairs ?? [] { result[key] = child.text ?? variables[key] }
        return result
    }

    /// Names and values; a name alone has an empty one.
    static func texts(_ node: Node?) -> [String: String] {
        (node?.map?.pairs ?? []).reduce(into: [:]) { $0[$1.key] = $1.node.text ?? "" }
    }

    static func time(_ node: Node?) -> Int64? { node?.text.flatMap(ComposeQuantity.nanoseconds) }

    static func hosts(_ node: Node?) -> [String] {
        (node?.map?.pairs ?? []).flatMap { name, child in
            (child.list ?? []).compactMap(\.text).map { "\(name):\($0)" }
        }
    }

    static func ulimits(_ node: Node?) -> [String: Ulimit] {
        (node?.map?.pairs ?? []).reduce(into: [:]) { result, pair in
            result[pair.key] = Ulimit(soft: pair.node["soft"]?.integer ?? -1, hard: pair.node["hard"]?.integer ?? -1)
        }
    }

    private static func attachments(_ node: Node?) -> [Attachment] {
        let all = (node?.map?.pairs ?? []).enumerated().map { index, pair in
            let (key, child) = pair
            return (
                priority: child["priority"]?.number ?? 0, index: index,
                value: Attachment(
                    network: key, aliases: words(child["aliases"]) ?? [], ipv4Address: child["ipv4_address"]?.text,
                    ipv6Address: child["ipv6_address"]?.text, macAddress: child["mac_address"]?.text,
                    gatewayPriority: Int(clamping: Int64(exactly: child["gw_priority"]?.number ?? 0) ?? 0))
            )
        }
        return all.sorted { $0.priority != $1.priority ? $0.priority > $1.priority : $0.index < $1.index }.map(\.value)
    }

    private static func replicas(_ node: Node, _ path: String) throws(ComposeFileError) -> Int {
        let (scale, replicas) = (node["scale"]?.integer, node["deploy"]?["replicas"]?.integer)
        if let scale, let replicas, scale != replicas {
            throw ComposeFileError(
                "scale is \(scale), but deploy.replicas \(replicas): leave one of them out", at: node["scale"]?.mark,
                path: "\(path).scale")
        }
        let count = scale ?? replicas ?? 1
        guard count <= 1000 else {
            throw ComposeFileError("more than 1000 containers of one service", at: node.mark, path: path)
        }
        guard count <= 1 || node["container_name"] == nil else {
            throw ComposeFileError(
                "only one container can have the name \(node["container_name"]?.text ?? ""), but \(count) are wanted",
                at: node["container_name"]?.mark, path: "\(path).container_name")
        }
        return Int(count)
    }

    private static func pullPolicy(_ node: Node, _ path: String) throws(ComposeFileError) -> PullPolicy {
        guard let text = node["pull_policy"]?.text, !text.contains("$") else { return .missing }
        let day: Int64 = 86_400_000_000_000
        switch text {
        case "always": return .always
        case "never": return .never
        case "build": return .build
        case "missing", "if_not_present", "": return .missing
        case "daily": return .after(day)
        case "weekly": return .after(7 * day)
        case "refresh":
            if let time = node["pull_refresh_after"]?.text.flatMap(ComposeQuantity.nanoseconds) { return .after(time) }
        default:
            if text.hasPrefix("every_"), let time = ComposeQuantity.nanoseconds(String(text.dropFirst(6))) {
                return .after(time)
            }
        }
        throw ComposeFileError(
            "\(quotedText(text)) is none of always, never, missing, build, daily, weekly, every_TIME",
            at: node["pull_policy"]?.mark, path: "\(path).pull_policy")
    }

    private static func restart(_ node: Node, _ path: String) throws(ComposeFileError) -> String {
        if let text = node["restart"]?.text {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            let isKnown =
                ["no", "always", "unless-stopped", "on-failure"].contains(text)
                || (parts.count == 2 && parts[0] == "on-failure" && Int(parts[1]).map { $0 >= 0 } ?? false)
            guard isKnown || text.isEmpty || text == "false" || text.contains("$") else {
                throw ComposeFileError(
                    "\(quotedText(text)) is none of no, always, unless-stopped, on-failure[:N]",
                    at: node["restart"]?.mark, path: "\(path).restart")
            }
            return text.isEmpty || text == "false" ? "no" : text
        }
        guard let policy = node["deploy"]?["restart_policy"] else { return "no" }
        return restart(of: policy)
    }

    private static func restart(of policy: Node) -> String {
        let condition = policy["condition"]?.text ?? "any"
        guard condition == "on-failure" else { return condition == "none" ? "no" : "always" }
        guard let attempts = policy["max_attempts"]?.integer else { return condition }
        return "\(condition):\(attempts)"
    }
}

extension Service.Build {
    init(_ node: Node, _ variables: [String: String]) {
        let words = { (key: String) in Service.words(node[key]) ?? [] }
        self.init(
            context: node["context"]?.text ?? ".", dockerfile: node["dockerfile"]?.text,
            inline: node["dockerfile_inline"]?.text, target: node["target"]?.text, network: node["network"]?.text,
            arguments: Service.pairs(node["args"], variables), labels: Service.texts(node["labels"]),
            tags: words("tags"), platforms: words("platforms"), cacheFrom: words("cache_from"),
            cacheTo: words("cache_to"), contexts: Service.pairs(node["additional_contexts"], variables),
            extraHosts: Service.hosts(node["extra_hosts"]),
            secrets: (node["secrets"]?.list ?? []).map(Service.Grant.init),
            ssh: (node["ssh"]?.map?.pairs ?? []).map { key, child in child.text.map { "\(key)=\($0)" } ?? key },
            noCache: node["no_cache"]?.bool ?? false, pull: node["pull"]?.bool ?? false,
            shmSize: node["shm_size"]?.text.flatMap { Int64($0) }, ulimits: Service.ulimits(node["ulimits"]),
            noCacheFilter: words("no_cache_filter"), entitlements: words("entitlements"),
            isPrivileged: node["privileged"]?.bool ?? false, isolation: node["isolation"]?.text,
            provenance: node["provenance"]?.text, sbom: node["sbom"]?.text)
    }
}

extension Service.HealthCheck {
    init(_ node: Node, _ path: String) throws(ComposeFileError) {
        let test = Service.words(node["test"])
        if let test, !test.isEmpty, !["NONE", "CMD", "CMD-SHELL"].contains(test[0]), !test[0].contains("$") {
            throw ComposeFileError(
                "the list must begin with NONE, CMD or CMD-SHELL, not \(quotedText(test[0]))", at: node["test"]?.mark,
                path: "\(path).test")
        }
        self.init(
            isDisabled: node["disable"]?.bool ?? false || test?.first == "NONE", test: test,
            interval: Service.time(node["interval"]), timeout: Service.time(node["timeout"]),
            startPeriod: Service.time(node["start_period"]), startInterval: Service.time(node["start_interval"]),
            retries: node["retries"]?.integer.map { Int(clamping: $0) })
    }
}

extension Service.Port {
    init(_ node: Node) {
        self.init(
            target: Int(node["target"]?.integer ?? 0),
            published: node["published"]?.text.flatMap { Canonical.range($0[...]) }.flatMap { $0 == 0...0 ? nil : $0 },
            hostAddress: node["host_ip"]?.text, transport: node["protocol"]?.text ?? "tcp")
    }
}

extension Service.Mount {
    init(_ node: Node, _ path: String) throws(ComposeFileError) {
        let type = node["type"]?.text ?? "volume"
        guard let kind = Kind(rawValue: type) else {
            throw ComposeFileError("mounts of type \(type) are not for Linux", at: node.mark, path: path)
        }
        let target = node["target"]?.text ?? ""
        guard target.hasPrefix("/") || target.contains("$") else {
            throw ComposeFileError(
                "the place in the container must be an absolute path, not \(quotedText(target))", at: node.mark,
                path: path)
        }
        self.init(
            kind: kind, source: node["source"]?.text, target: target.contains("$") ? target : normalizedPath(target),
            isReadOnly: node["read_only"]?.bool ?? false, propagation: node["bind"]?["propagation"]?.text,
            createsHostPath: node["bind"]?["create_host_path"]?.bool ?? true,
            recursive: node["bind"]?["recursive"]?.text,
            selinux: node["bind"]?["selinux"]?.text, noCopy: node["volume"]?["nocopy"]?.bool ?? false,
            subpath: node["volume"]?["subpath"]?.text ?? node["image"]?["subpath"]?.text,
            labels: Service.texts(node["volume"]?["labels"]),
            tmpfsSize: node["tmpfs"]?["size"]?.text.flatMap { Int64($0) }, tmpfsMode: node["tmpfs"]?["mode"]?.text)
    }
}

extension Service.BlockIO {
    init(_ node: Node) {
        let rates = { (key: String, member: String) in
            (node[key]?.list ?? []).map {
                Device(
                    path: $0["path"]?.text ?? "",
                    value: $0[member]?.integer ?? $0[member]?.text.flatMap { Int64($0) } ?? 0)
            }
        }
        self.init(
            weight: node["weight"]?.integer, weights: rates("weight_device", "weight"),
            readBytes: rates("device_read_bps", "rate"), writeBytes: rates("device_write_bps", "rate"),
            readOperations: rates("device_read_iops", "rate"), writeOperations: rates("device_write_iops", "rate"))
    }
}

extension Service.Grant {
    init(_ node: Node) {
        self.init(
            source: node["source"]?.text ?? "", target: node["target"]?.text, uid: node["uid"]?.text,
            gid: node["gid"]?.text, mode: node["mode"]?.text)
    }
}

extension Service.Watch {
    init?(_ node: Node, _ variables: [String: String]) {
        guard let action = node["action"]?.text.flatMap(Action.init), let path = node["path"]?.text else { return nil }
        self.init(
            action: action, path: path, target: node["target"]?.text, ignore: Service.words(node["ignore"]) ?? [],
            include: Service.words(node["include"]) ?? [], initialSync: node["initial_sync"]?.bool ?? false,
            exec: node["exec"].map { Service.Hook($0, variables) })
    }
}

extension Service.Hook {
    init(_ node: Node, _ variables: [String: String]) {
        self.init(
            command: Service.words(node["command"]) ?? [], user: node["user"]?.text,
            isPrivileged: node["privileged"]?.bool ?? false, workingDirectory: node["working_dir"]?.text,
            environment: Service.pairs(node["environment"], variables))
    }
}

extension Service.Limits {
    init(_ node: Node, _ path: String) throws(ComposeFileError) {
        let resources = node["deploy"]?["resources"]
        let limits = resources?["limits"]
        let bytes = { (node: Node?) in node?.text.flatMap { Int64($0) } }
        let cpus = limits?["cpus"]?.number ?? node["cpus"]?.number
        if let cpus, !(0...100_000).contains(cpus) {
            throw ComposeFileError(
                "\(numberText(cpus)) processors are out of range", at: node.mark, path: "\(path).cpus")
        }
        self.init(
            memory: bytes(limits?["memory"]) ?? bytes(node["mem_limit"]),
            memoryReservation: bytes(resources?["reservations"]?["memory"]) ?? bytes(node["mem_reservation"]),
            memorySwap: bytes(node["memswap_limit"]), nanoCPUs: cpus.map { Int64(($0 * 1e9).rounded()) },
            pids: limits?["pids"]?.integer ?? node["pids_limit"]?.integer)
    }
}
