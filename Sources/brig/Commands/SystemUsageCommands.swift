import ArgumentParser
import Builder
import CommandLineUI
import Engine
import LinuxKernel
import OCISpec

struct SystemUsageCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "df", abstract: "Show what images, containers and volumes take of the disk.")

    @Flag(name: .shortAndLong, help: "Each of them.") var verbose = false
    @Option(parsing: .unconditional, help: "table, json, or a Go template.") var format: String?

    func run() throws {
        let isTable = ["", "table"].contains(format ?? "")
        let template = verbose && !isTable && format != "json" ? try InspectCommand.parsed(format) : nil
        let engine = try Globals.engine()
        let usage = try engine.diskUsage()
        if verbose {
            let details = try SystemUsageDetails(engine, usage)
            if let template { return Output.line(try template.text(for: details.json)) }
            return isTable ? Output.write(try details.tables()) : Output.line(details.json.text())
        }
        let rows = [usage.images, usage.containers, usage.volumes, usage.buildCache].map { summary in
            var row = JSONObject()
            row["Active"] = .string(String(summary.active))
            let share = summary.size > 0 ? " (\(Int(Double(summary.reclaimable) / Double(summary.size) * 100))%)" : ""
            row["Reclaimable"] = .string(ShownText.decimalSize(summary.reclaimable) + share)
            row["Size"] = .string(ShownText.decimalSize(summary.size))
            row["TotalCount"] = .string(String(summary.total))
            row["Type"] = .string(summary.type)
            return row
        }
        Output.write(
            try ListFormat(format).text(
                columns: [
                    ("Type", "TYPE"), ("TotalCount", "TOTAL"), ("Active", "ACTIVE"), ("Size", "SIZE"),
                    ("Reclaimable", "RECLAIMABLE"),
                ], rows: rows))
    }
}

struct SystemPruneCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract: "Remove containers that do not run, networks and images that nobody needs, and what builds have kept."
    )

    @Flag(
        name: .shortAndLong,
        help: "All images from which no container was made, and cache directories of RUN --mount=type=cache.")
    var all = false
    @Flag(name: .shortAndLong, help: "Do not ask.") var force = false
    @Flag(help: "The volumes that nobody has named and no container has, too.") var volumes = false
    @Option(parsing: .unconditionalSingleValue, help: "label=KEY[=VALUE], until=TIME.") var filter: [String] = []

    func run() throws {
        let wanted = try PruneFilter(filter)
        // Volumes do not say how old they are.
        if volumes, wanted.until != nil {
            throw EngineError(.invalidInput, "The \"until\" filter is not supported with \"--volumes\"")
        }
        let list =
            ["all stopped containers", "all networks not used by at least one container"]
            + (volumes ? ["all anonymous volumes not used by at least one container"] : [])
            + [all ? "all images without at least one container associated to them" : "all dangling images"]
            + (wanted.labels.isEmpty ? [all ? "all build cache" : "unused build cache"] : [])
        guard
            force
                || Question.ask("WARNING! This will remove:\n" + list.map { "  - \($0)\n" }.joined())
        else { return }
        let engine = try Globals.engine()
        var containerFilter = ContainerPruneFilter()
        (containerFilter.labels, containerFilter.until) = (wanted.labels, wanted.until)
        let containers = try engine.pruneContainers(containerFilter)
        var reclaimed = containers.spaceReclaimed
        show("Deleted Containers:", containers.deleted)
        if volumes {
            var volumeFilter = VolumeFilter()
            for label in wanted.labels { try volumeFilter.add("label=\(label)") }
            let report = try engine.pruneVolumes(volumeFilter)
            show("Deleted Volumes:", report.removed)
            reclaimed += report.reclaimed
        }
        var networkFilter = NetworkFilter()
        for text in filter { try networkFilter.add(text) { try Clock.time($0).seconds } }
        show("Deleted Networks:", try engine.pruneNetworks(networkFilter))
        var imageFilter = ImageFilter()
        for text in filter { try imageFilter.add(text) { try Clock.time($0) } }
        let images = try engine.pruneImages(all: all, imageFilter)
        show("Deleted Images:", images.deleted)
        reclaimed += images.spaceReclaimed
        // Results of builds have no labels.
        if wanted.labels.isEmpty {
            let unusedFor = wanted.until.map { Clock.now - $0.seconds }
            let cache = try BuildCache.prune(engine, unusedFor: unusedFor, keeping: nil, directories: all)
            show("Deleted build cache objects:", cache.removed.map(ShownText.printable))
            reclaimed += cache.reclaimed
        }
        Output.line("Total reclaimed space: \(ShownText.decimalSize(reclaimed))")
    }

    private func show(_ heading: String, _ names: [String]) {
        guard !names.isEmpty else { return }
        Output.write(([heading] + names).map { $0 + "\n" }.joined() + "\n")
    }
}

/// The filters of `prune`.
private struct PruneFilter {
    var labels: [String] = []
    var until: Timestamp?

    init(_ texts: [String]) throws {
        for text in texts {
            let (key, value) = keyAndValue(text)
            switch key {
            case "label": labels.append(value)
            case "until": until = try Clock.time(value)
            default: throw EngineError(.invalidInput, "invalid filter '\(text)': use label= or until=")
            }
        }
    }
}
