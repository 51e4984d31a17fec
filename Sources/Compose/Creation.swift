package import ComposeFile
package import Engine
internal import OCISpec

extension ComposeRunner {
    /// Makes a container of a service.
    ///
    /// - Parameters:
    ///   - number: Its number among the service's; 0 for one of `run`.
    ///   - hasAliases: Whether it is found under the service's names.
    ///   - volumes: Further `VOLUME:PLACE` that it takes over from the one that it replaces.
    ///   - change: What `run` wants otherwise.
    package func create(
        _ service: Service, name: String, number: Int, volumes: [String] = [], isOneOff: Bool = false,
        hasAliases: Bool = true,
        change: (inout ContainerRequest) throws(EngineError) -> Void = { _ in }
    ) throws(EngineError) -> ContainerIdentity {
        let image = project.imageName(service)
        guard let identifier = try engine.imageIdentifier(image) else {
            throw EngineError(.notFound, "service \(service.name): no such image: \(image)")
        }
        var files = ""
        if !service.configs.isEmpty || !service.secrets.isEmpty {
            files = try engine.projectDirectory(project.name)
            try GrantFile.write(project, service, in: files)
        }
        let all = service.joins.isEmpty ? [] : try existing()
        var document = ServiceDocument(project, service, image: image, filesDirectory: files) { other in
            all.first { $0.service == other && !$0.isOneOff }?.id
        }
        var labels = [
            Label.project: project.name, Label.service: service.name, Label.number: String(max(number, 1)),
            Label.oneOff: isOneOff ? "True" : "False", Label.hash: project.hash(of: service), Label.image: identifier,
            Label.files: project.files.joined(separator: ","), Label.directory: project.directory,
            Label.version: brigVersion,
        ]
        labels[Label.dependsOn] = service.dependencies.map {
            "\($0.service):\($0.condition.rawValue):\($0.restarts)"
        }.joined(separator: ",")
        var request = try document.request(name: name, labels: labels)
        request.host.binds += volumes
        try connect(&request, service, hasAliases: hasAliases)
        try change(&request)
        return try engine.create(request)
    }

    /// The anonymous volumes of containers that are made anew, by number: what is in them is kept, as in Compose.
    func anonymousVolumes(of part: Plan.Part) throws(EngineError) -> [Int: [String]] {
        var result: [Int: [String]] = [:]
        guard let service = project.services[part.service] else { return result }
        let taken = Set(service.mounts.filter { $0.source != nil || $0.kind != .volume }.map(\.target))
        for (number, container) in part.replaced {
            for mount in try engine.inspect(container.id).mounts where mount.type == "volume" {
                guard case .object(let shown)? = try? JSONValue(encoding: mount),
                    case .string(let name)? = shown["Name"], !name.isEmpty, !taken.contains(mount.destination)
                else { continue }
                result[number, default: []].append("\(name):\(mount.destination)")
            }
        }
        return result
    }
}
