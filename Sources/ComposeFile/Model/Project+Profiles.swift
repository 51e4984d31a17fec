extension Project {
    /// Sees that everything that an active service cannot do without is active as well.
    ///
    /// - Throws: `ComposeFileError`, which names the profiles that are missing.
    public func demandActiveNeeds() throws(ComposeFileError) {
        for (name, service) in services.sorted(by: { $0.key < $1.key }) {
            for other in service.requirements where services[other] == nil {
                guard let missing = inactive[other] else { continue }
                let isDependency = service.dependencies.contains { $0.service == other && $0.isRequired }
                let choice = missing.profiles.map { "--profile \($0)" }.joined(separator: " or ")
                throw ComposeFileError(
                    "service \(quotedText(name)) needs \(quotedText(other)), which is not active; say \(choice)",
                    at: isDependency ? service.node["depends_on"]?.mark : service.mark,
                    path: isDependency ? "services.\(name).depends_on" : "services.\(name)")
            }
        }
    }

    /// What a service is shown with: without what it can do without, and does.
    func withoutIdleDependencies(_ service: Node) -> Node {
        guard var map = service.map, let all = map["depends_on"]?.map, let mark = map["depends_on"]?.mark else {
            return service
        }
        var kept = NodeMap()
        for (name, node) in all.pairs where services[name] != nil || node["required"]?.bool != false {
            kept.set(name, node, at: all.mark(of: name))
        }
        if kept.isEmpty { map.remove("depends_on") } else { map.set("depends_on", Node(.map(kept), at: mark)) }
        return Node(.map(map), at: service.mark)
    }
}

extension Service {
    /// The services that this one cannot do without.
    var requirements: [String] {
        dependencies.filter(\.isRequired).map(\.service) + needs.dropFirst(dependencies.count)
    }
}
