public import LinuxKernel
internal import MonitorProtocol

/// What happens to networks and volumes, in Docker's words.
extension Engine {
    /// - Parameter container: Whom it happened with: `connect` and `disconnect` have one.
    func record(_ action: String, _ network: NetworkRecord, with container: Identifier? = nil) {
        var attributes = ["name": network.name.text, "type": network.driver.rawValue]
        if let container { attributes["container"] = container.text }
        record(event: Event(.network, action, actor: network.id.text, attributes))
    }

    func record(_ action: String, volume: VolumeName, _ further: [String: String] = [:]) {
        record(
            event: Event(.volume, action, actor: volume.text, ["driver": "local"].merging(further) { $1 }))
    }

    /// Tells that much was removed at once.
    func recordPrune(_ kind: Event.Kind, reclaimed: Int64) {
        record(event: Event(kind, "prune", actor: "", ["reclaimed": String(reclaimed)]))
    }

    /// What a container gets as it starts: its volumes, then its networks.
    func recordStart(of record: ContainerRecord) {
        for mount in volumes(of: record) {
            self.record(
                "mount", volume: VolumeName(unchecked: mount.source),
                [
                    "container": record.id.text, "destination": mount.destination, "propagation": "",
                    "read/write": String(!mount.isReadOnly),
                ])
        }
        for network in networks(of: record.id) { self.record("connect", network, with: record.id) }
        self.record("start", record)
    }

    /// What it gives back when it has ended.
    ///
    /// - Parameter networks: Those that it was in.
    func recordDeparture(of record: ContainerRecord, _ networks: [NetworkRecord]) {
        for network in networks { self.record("disconnect", network, with: record.id) }
        for mount in volumes(of: record) {
            self.record("unmount", volume: VolumeName(unchecked: mount.source), ["container": record.id.text])
        }
    }

    /// The networks in which a container has addresses now.
    func networks(of id: Identifier) -> [NetworkRecord] {
        // What cannot be read is not told.
        guard let endpoints = try? store.endpoints(of: id), !endpoints.isEmpty, let all = try? store.networks() else {
            return []
        }
        return endpoints.compactMap { endpoint in all.first { $0.id == endpoint.network } }
    }

    private func volumes(of record: ContainerRecord) -> [ContainerMount] {
        ((try? store.mounts(of: record.id)) ?? []).filter { $0.kind == .volume }
    }

    /// Tells that a client's terminal has another size.
    public func recordResize(of id: Identifier, _ size: WindowSize) {
        guard let record = try? store.container(id) else { return }
        self.record("resize", record, ["height": String(size.rows), "width": String(size.columns)])
    }
}
