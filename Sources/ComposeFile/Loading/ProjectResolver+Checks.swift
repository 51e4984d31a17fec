extension ProjectResolver {
    /// The typed project, if everything that it names is there.
    func checked(_ tree: Node) throws(ComposeFileError) -> Project {
        var active: [String: Service] = [:]
        var inactive: [String: Service] = [:]
        for (key, node) in tree["services"]?.map?.pairs ?? [] {
            let service = try Service(key, node, variables)
            if source.checksConsistency { try check(service, in: tree) }
            let isActive =
                service.profiles.isEmpty || profiles.contains("*")
                || service.profiles.contains(where: profiles.contains)
            if isActive { active[key] = service } else { inactive[key] = service }
        }
        let project = Project(
            name: name, directory: directory, files: files, services: active, inactive: inactive,
            networks: networks(tree), volumes: volumes(tree), configs: files(tree, "configs"),
            secrets: files(tree, "secrets"), warnings: [], variables: variables, tree: tree)
        if source.checksConsistency {
            try checkRounds(project)
            try checkNames(project)
        }
        return project
    }

    /// No two services give their containers one name.
    private func checkNames(_ project: Project) throws(ComposeFileError) {
        var owners: [String: String] = [:]
        for (key, service) in project.services.sorted(by: { $0.key < $1.key }) {
            guard let name = service.text("container_name"), !name.contains("$") else { continue }
            if let other = owners[name] {
                throw ComposeFileError(
                    "the container name \(quotedText(name)) is that of the service \(other) already",
                    at: service.node["container_name"]?.mark, path: "services.\(key).container_name")
            }
            owners[name] = key
        }
    }

    private func check(_ service: Service, in tree: Node) throws(ComposeFileError) {
        let path = "services.\(service.name)"
        let services = tree["services"]
        func demand(
            _ name: String, _ section: String, _ field: String, _ node: Node?
        ) throws(ComposeFileError) {
            guard tree[section]?.map?.mark(of: name) == nil, !name.contains("$") else { return }
            if section == "networks", name == "default" { return }
            throw ComposeFileError(
                "\(quotedText(name)) is not among the \(section) of the file", at: node?.mark ?? service.mark,
                path: "\(path).\(field)")
        }
        for dependency in service.dependencies where dependency.isRequired {
            try demand(dependency.service, "services", "depends_on", service.node["depends_on"])
        }
        for other in service.needs where services?[other] == nil {
            guard !service.dependencies.contains(where: { $0.service == other }), !other.contains("$") else { continue }
            throw ComposeFileError("there is no service \(quotedText(other))", at: service.mark, path: path)
        }
        if service.networkMode != nil, service.has("networks") {
            throw ComposeFileError(
                "network_mode and networks cannot stand together", at: service.node["network_mode"]?.mark,
                path: "\(path).network_mode")
        }
        let resources = service.node["deploy"]?["resources"]
        for (field, section, name) in [
            ("cpus", "limits", "cpus"), ("mem_limit", "limits", "memory"), ("pids_limit", "limits", "pids"),
            ("mem_reservation", "reservations", "memory"),
        ] {
            guard let one = service.node[field]?.text, let other = resources?[section]?[name]?.text, one != other
            else { continue }
            throw ComposeFileError(
                "\(field) is \(one), but deploy.resources.\(section).\(name) \(other): leave one of them out",
                at: service.node[field]?.mark, path: "\(path).\(field)")
        }
        if let build = service.node["build"], build["dockerfile"] != nil, let inline = build["dockerfile_inline"] {
            throw ComposeFileError(
                "dockerfile and dockerfile_inline cannot stand together", at: inline.mark,
                path: "\(path).build.dockerfile_inline")
        }
        for (name, node) in service.node["networks"]?.map?.pairs ?? [] {
            try demand(name, "networks", "networks", node)
        }
        for (index, mount) in service.mounts.enumerated() where mount.kind == .volume {
            guard let name = mount.source else { continue }
            try demand(name, "volumes", "volumes[\(index)]", service.node["volumes"]?.list?[index])
        }
        for (index, watch) in service.watches.enumerated() {
            let node = service.node["develop"]?["watch"]?.list?[index]
            let field = "\(path).develop.watch[\(index)]"
            switch watch.action {
            case .rebuild where service.build == nil:
                throw ComposeFileError("rebuild needs build", at: node?.mark, path: field)
            case .sync where watch.target == nil, .syncRestart where watch.target == nil,
                .syncExec where watch.target == nil:
                throw ComposeFileError("\(watch.action.rawValue) needs target", at: node?.mark, path: field)
            case .syncExec where watch.exec == nil:
                throw ComposeFileError("sync+exec needs exec", at: node?.mark, path: field)
            default: break
            }
        }
        for grant in service.configs { try demand(grant.source, "configs", "configs", service.node["configs"]) }
        for grant in service.secrets { try demand(grant.source, "secrets", "secrets", service.node["secrets"]) }
        for grant in service.build?.secrets ?? [] {
            try demand(grant.source, "secrets", "build.secrets", service.node["build"])
        }
    }

    /// No service waits for itself.
    private func checkRounds(_ project: Project) throws(ComposeFileError) {
        let all = project.services.merging(project.inactive) { one, _ in one }
        var done: Set<String> = []
        for start in all.keys.sorted() where !done.contains(start) {
            // Depth first with a stack of its own: files may name many services.
            var stack: [(name: String, rest: [String])] = [(start, all[start]?.needs.sorted() ?? [])]
            while var top = stack.popLast() {
                guard let next = top.rest.popLast() else {
                    done.insert(top.name)
                    continue
                }
                stack.append(top)
                if let begin = stack.firstIndex(where: { $0.name == next }) {
                    let round = stack[begin...].map(\.name) + [next]
                    throw ComposeFileError(
                        "services depend on each other in a circle: \(round.joined(separator: " → "))",
                        at: all[next]?.mark, path: "services.\(next)")
                }
                if !done.contains(next), let service = all[next] { stack.append((next, service.needs.sorted())) }
            }
        }
    }

    private func networks(_ tree: Node) -> [String: Network] {
        (tree["networks"]?.map?.pairs ?? []).reduce(into: [:]) { result, pair in
            let node = pair.node
            result[pair.key] = Network(
                name: node["name"]?.text ?? pair.key, isExternal: node["external"]?.bool ?? false,
                driver: node["driver"]?.text, driverOptions: Service.pairs(node["driver_opts"], [:]),
                isInternal: node["internal"]?.bool ?? false, isAttachable: node["attachable"]?.bool ?? false,
                enablesIPv6: node["enable_ipv6"]?.bool ?? false, labels: Service.texts(node["labels"]),
                pools: (node["ipam"]?["config"]?.list ?? []).map {
                    Network.Pool(
                        subnet: $0["subnet"]?.text, range: $0["ip_range"]?.text, gateway: $0["gateway"]?.text,
                        taken: Service.texts($0["aux_addresses"]))
                }, node: node)
        }
    }

    private func volumes(_ tree: Node) -> [String: Volume] {
        (tree["volumes"]?.map?.pairs ?? []).reduce(into: [:]) { result, pair in
            let node = pair.node
            result[pair.key] = Volume(
                name: node["name"]?.text ?? pair.key, isExternal: node["external"]?.bool ?? false,
                driver: node["driver"]?.text, driverOptions: driverOptions(node["driver_opts"]),
                labels: Service.texts(node["labels"]))
        }
    }

    /// A directory of the host's that is a volume is taken from the project's, as those of services are.
    private func driverOptions(_ node: Node?) -> [String: String] {
        var options = Service.pairs(node, [:])
        let words = (options["o"] ?? "").split(separator: ",")
        if let device = options["device"], !device.hasPrefix("/"), words.contains("bind") || words.contains("rbind") {
            options["device"] = normalizedPath("\(directory)/\(device)")
        }
        return options
    }

    private func files(_ tree: Node, _ section: String) -> [String: FileObject] {
        var result: [String: FileObject] = [:]
        for (key, node) in tree[section]?.map?.pairs ?? [] {
            let content: FileObject.Content
            if let path = node["file"]?.text {
                content = .file(path)
            } else if let text = node["content"]?.text {
                content = .text(text)
            } else if let variable = node["environment"]?.text {
                content = variables[variable].map { .text($0) } ?? .unset(variable)
            } else {
                content = .external
            }
            result[key] = FileObject(name: node["name"]?.text ?? key, content: content, mark: node.mark)
        }
        return result
    }
}
