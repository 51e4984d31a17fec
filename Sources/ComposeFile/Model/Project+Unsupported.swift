/// What the specification has and one machine without a swarm does not: refused at its place in the file, or said to do nothing.
extension Project {
    /// The first thing that containers of these services would need and Brig does not have; `nil` if all is there.
    public func refusal(of names: [String]) -> ComposeFileError? {
        for name in names {
            guard let service = services[name] else { continue }
            let path = "services.\(name)"
            for (field, why) in Self.refused {
                guard let (node, mark) = Self.find(field, in: service.node), Self.says(node, field) else { continue }
                return ComposeFileError(why, at: mark, path: "\(path).\(field)")
            }
            for (key, child) in service.node["networks"]?.map?.pairs ?? [] {
                for field in ["interface_name", "link_local_ips", "driver_opts"] where child[field] != nil {
                    return ComposeFileError(
                        Self.unsupported, at: child.map?.mark(of: field), path: "\(path).networks.\(key).\(field)")
                }
                if let found = refusal(network: key) { return found }
            }
            for mount in service.mounts where mount.kind == .volume {
                if let key = mount.source, let found = refusal(volume: key) { return found }
            }
            for (section, grants) in [("configs", service.configs), ("secrets", service.secrets)] {
                for grant in grants {
                    if let found = refusal(section, grant.source) { return found }
                }
            }
        }
        return nil
    }

    /// What these services say that is for a swarm, and does nothing here.
    public func idleFields(of names: [String]) -> [String] {
        var result: [String] = []
        for name in names {
            guard let service = services[name] else { continue }
            for (field, why) in Self.idle {
                guard let (node, mark) = Self.find(field, in: service.node), Self.says(node, field) else { continue }
                result.append("\(mark.map { "\($0): " } ?? "")services.\(name).\(field) does nothing: \(why)")
            }
        }
        return result
    }

    private static let unsupported = "is not supported by Brig"

    private static let refused: [(field: String, why: String)] = [
        ("provider", unsupported), ("models", unsupported), ("gpus", unsupported), ("credential_spec", unsupported),
        ("use_api_socket", unsupported), ("storage_opt", unsupported),
        ("isolation", "is for Windows; only default is there"), ("cpu_count", "is for Windows; say cpus"),
        ("cpu_percent", "is for Windows; say cpus"),
        ("deploy.resources.reservations.devices", unsupported),
        ("deploy.resources.reservations.generic_resources", "needs a swarm"),
    ]

    private static let idle: [(field: String, why: String)] = [
        ("deploy.placement", "there is one machine"), ("deploy.update_config", "it is for a swarm"),
        ("deploy.rollback_config", "it is for a swarm"), ("deploy.endpoint_mode", "it is for a swarm"),
        ("deploy.mode", "replicas say how many containers there are"),
        ("deploy.resources.reservations.cpus", "nothing is reserved; limits.cpus says the most"),
        ("deploy.restart_policy.delay", "the pause grows by itself"),
        ("deploy.restart_policy.window", "a container that ran for 10 seconds has started"),
    ]

    private static func find(_ field: String, in node: Node) -> (node: Node, mark: Mark?)? {
        var found: (node: Node, mark: Mark?) = (node, nil)
        for key in field.split(separator: ".").map(String.init) {
            guard let child = found.node[key] else { return nil }
            found = (child, found.node.map?.mark(of: key))
        }
        return found
    }

    /// Whether a value asks for anything at all.
    private static func says(_ node: Node, _ field: String) -> Bool {
        if let list = node.list { return !list.isEmpty }
        if let map = node.map { return !map.isEmpty }
        switch field {
        case "isolation": return node.text != "default"
        case "deploy.mode": return node.text != "replicated"
        case "cpu_count", "cpu_percent": return node.number != 0
        default: return node.bool != false
        }
    }

    private func refusal(network key: String) -> ComposeFileError? {
        guard let node = networks[key]?.node else { return nil }
        let driver = node["ipam"]?["driver"]
        let options = node["ipam"]?["options"]
        for (field, isSaid, mark) in [
            ("enable_ipv4", node["enable_ipv4"]?.bool == false, node.map?.mark(of: "enable_ipv4")),
            ("ipam.driver", driver?.text.map { $0 != "default" } ?? false, driver?.mark),
            ("ipam.options", options?.map.map { !$0.isEmpty } ?? false, options?.mark),
        ] where isSaid {
            return ComposeFileError(Self.unsupported, at: mark, path: "networks.\(key).\(field)")
        }
        return nil
    }

    private func refusal(volume key: String) -> ComposeFileError? {
        guard let volume = volumes[key], let driver = volume.driver, driver != "local", !volume.isExternal else {
            return nil
        }
        return ComposeFileError(
            "the driver \(quotedText(driver)) is not supported, only local", at: tree["volumes"]?[key]?["driver"]?.mark,
            path: "volumes.\(key).driver")
    }

    private func refusal(_ section: String, _ key: String) -> ComposeFileError? {
        guard let node = tree[section]?[key] else { return nil }
        for field in ["driver", "driver_opts", "template_driver", "external"] where node[field] != nil {
            return ComposeFileError(
                field == "external" ? "is external, which needs a swarm; say file" : "needs a swarm",
                at: node.map?.mark(of: field) ?? node.mark, path: "\(section).\(key).\(field)")
        }
        if case .unset(let variable)? = (section == "configs" ? configs : secrets)[key]?.content {
            return ComposeFileError(
                "the variable \(variable) is not set", at: node["environment"]?.mark,
                path: "\(section).\(key).environment")
        }
        return nil
    }
}
