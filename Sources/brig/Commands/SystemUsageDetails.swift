import CommandLineUI
import Engine
import LinuxKernel
import OCISpec

/// `system df -v`: each image, container, volume and result of a build, with the members that Docker gives them.
struct SystemUsageDetails {
    private let images: [JSONObject]
    private let containers: [JSONObject]
    private let volumes: [JSONObject]
    private let builds: [JSONObject]
    private let buildSize: Int64

    init(_ engine: Engine, _ usage: StoreUsage) throws {
        images = try engine.images().map { Self.row($0, shared: usage.sharedImageBytes[$0.id] ?? 0) }
        let now = Clock.now
        containers = try engine.containers(all: true, ContainerFilter()).map { container in
            let details = try engine.listDetails(container.id, sizes: true)
            var row = PsCommand.row(container, now, details, isWhole: true)
            row["Size"] = .string(ShownText.decimalSize(details.writableSize ?? 0))
            return row
        }
        let entries = Dictionary(usage.volumeEntries.map { ($0.name, $0) }) { first, _ in first }
        volumes = try engine.volumes(VolumeFilter()).map { volume in
            var row = VolumeListCommand.row(volume)
            row["Links"] = .string(String(entries[volume.name]?.links ?? 0))
            row["Size"] = .string(ShownText.decimalSize(entries[volume.name]?.size ?? 0))
            return row
        }
        builds = usage.buildEntries.map(Self.row)
        buildSize = usage.buildCache.size
    }

    private static func row(_ image: ImageSummary, shared: Int64) -> JSONObject {
        let name = image.repoTags.first ?? "<none>:<none>"
        let colon = name.lastIndex(of: ":") ?? name.endIndex
        return [
            "Containers": .string(String(image.containers)), "CreatedAt": .string(Clock.local(image.created)),
            "CreatedSince": .string(Clock.since(image.created)), "Digest": "", "ID": .string(image.id),
            "Repository": .string(String(name[..<colon])), "SharedSize": .string(ShownText.decimalSize(shared)),
            "Size": .string(ShownText.decimalSize(image.size)), "Tag": .string(String(name[colon...].dropFirst())),
            "UniqueSize": .string(ShownText.decimalSize(max(0, image.size - shared))),
            "VirtualSize": .string(ShownText.decimalSize(image.size)),
        ]
    }

    private static func row(_ entry: BuildUsageEntry) -> JSONObject {
        func text(_ time: Int64?, _ form: (Int64) -> String) -> JSONValue { .string(time.map(form) ?? "") }
        return [
            "CacheType": .string(entry.type), "CreatedAt": text(entry.created, Clock.local),
            "CreatedSince": text(entry.created, Clock.since), "Description": .string(entry.description),
            "ID": .string(entry.id), "InUse": .string(String(entry.isInUse)),
            "LastUsedAt": text(entry.lastUsed, Clock.local), "LastUsedSince": text(entry.lastUsed, Clock.since),
            "Parent": "", "Shared": .string(String(entry.isShared)), "Size": .string(ShownText.decimalSize(entry.size)),
            // How often is not remembered.
            "UsageCount": "",
        ]
    }

    /// All of it as one object: what templates are applied to.
    var json: JSONValue {
        func list(_ rows: [JSONObject]) -> JSONValue { .array(rows.map(JSONValue.object)) }
        return .object([
            "Images": list(images), "Containers": list(containers), "Volumes": list(volumes),
            "BuildCache": list(builds),
        ])
    }

    func tables() throws(TemplateError) -> String {
        func table(_ rows: [JSONObject], _ columns: [(field: String, heading: String)]) throws(TemplateError) -> String
        {
            // Identifiers are shortened in tables alone.
            let shown = rows.map { row in
                guard case .string(let id)? = row["ID"] else { return row }
                var row = row
                row["ID"] = .string(String((id.hasPrefix("sha256:") ? id.dropFirst(7) : id[...]).prefix(12)))
                return row
            }
            return try ListFormat(nil).text(columns: columns, rows: shown)
        }
        let images = try table(
            images,
            [
                ("Repository", "REPOSITORY"), ("Tag", "TAG"), ("ID", "IMAGE ID"), ("CreatedSince", "CREATED"),
                ("Size", "SIZE"), ("SharedSize", "SHARED SIZE"), ("UniqueSize", "UNIQUE SIZE"),
                ("Containers", "CONTAINERS"),
            ])
        let containers = try table(
            containers,
            [
                ("ID", "CONTAINER ID"), ("Image", "IMAGE"), ("Command", "COMMAND"), ("LocalVolumes", "LOCAL VOLUMES"),
                ("Size", "SIZE"), ("RunningFor", "CREATED"), ("Status", "STATUS"), ("Names", "NAMES"),
            ])
        let volumes = try table(volumes, [("Name", "VOLUME NAME"), ("Links", "LINKS"), ("Size", "SIZE")])
        let builds = try table(
            builds,
            [
                ("ID", "CACHE ID"), ("CacheType", "CACHE TYPE"), ("Size", "SIZE"), ("CreatedSince", "CREATED"),
                ("LastUsedSince", "LAST USED"), ("UsageCount", "USAGE"), ("Shared", "SHARED"),
            ])
        return "Images space usage:\n\n\(images)\nContainers space usage:\n\n\(containers)\n"
            + "Local Volumes space usage:\n\n\(volumes)\n"
            + "Build cache usage: \(ShownText.decimalSize(buildSize))\n\n\(builds)"
    }
}
