/// What lists show of a container beyond its record; asked for only where somebody wants to see it.
public struct ContainerListDetails: Equatable, Sendable {
    public init() {}

    public var labels: [String: String] = [:]
    /// Names of volumes and directories of the host's.
    public var mounts: [String] = []
    /// How many of them are volumes.
    public var volumeCount = 0
    public var networks: [String] = []
    /// Bytes of its writable layer.
    public var writableSize: Int64?
    /// Bytes of that and its image.
    public var wholeSize: Int64?
}

extension Engine {
    /// - Parameters:
    ///   - id: As in a list.
    ///   - sizes: The writable layer's files are looked at one by one.
    public func listDetails(_ id: String, sizes: Bool) throws(EngineError) -> ContainerListDetails {
        let record = try store.container(id)
        let configuration = try store.configurations(of: record.id).0
        var details = ContainerListDetails()
        details.labels = configuration.labels
        details.networks = try networkNames(of: record).sorted()
        let mounts = try store.mounts(of: record.id).filter { $0.kind != .tmpfs }
        details.mounts = mounts.map(\.source)
        details.volumeCount = mounts.count { $0.kind == .volume }
        if sizes {
            let own = size(of: locations.container(record.id))
            details.writableSize = own
            details.wholeSize = try store.image(record.imageID)?.layers.reduce(own) { $0.clampedAdding($1.size) } ?? own
        }
        return details
    }
}
