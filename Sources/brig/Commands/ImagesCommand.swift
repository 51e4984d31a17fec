import ArgumentParser
import CommandLineUI
import Engine
import OCISpec

struct ImagesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "images", abstract: "List images.")

    @Flag(name: .shortAndLong, help: "Identifiers only.") var quiet = false
    @Flag(name: .shortAndLong, help: "All images.") var all = false
    @Flag(help: "Whole identifiers.") var noTrunc = false
    @Flag(help: "The digests that registries know them by.") var digests = false
    @Option(
        name: .shortAndLong, parsing: .unconditionalSingleValue,
        help: "KEY=VALUE: dangling, label, reference, before, since (images) or until (a time).")
    var filter: [String] = []
    @Option(parsing: .unconditional, help: "table, json, or a Go template.") var format: String?
    @Argument(help: "NAME[:TAG]: images of this name only.") var name: String?

    func run() throws {
        let format = try ListFormat(format)
        var chosen = try imageFilter(filter)
        if let name { try chosen.addReference(name) }
        let list = try Globals.engine().images(chosen)
        if quiet, self.format == nil {
            Output.write(list.map { shown($0.id) + "\n" }.joined())
            return
        }
        var columns = [
            ("Repository", "REPOSITORY"), ("Tag", "TAG"), ("ID", "IMAGE ID"), ("CreatedSince", "CREATED"),
            ("Size", "SIZE"),
        ]
        if digests { columns.insert(("Digest", "DIGEST"), at: 2) }
        Output.write(
            try format.text(
                columns: columns, headings: ["CreatedAt": "CREATED AT", "Digest": "DIGEST"],
                rows: list.flatMap(rows)))
    }

    private func shown(_ id: String) -> String { noTrunc ? id : String(id.dropFirst(7).prefix(12)) }

    /// One for each name. A digest is shown beside the names of its repository.
    private func rows(_ image: ImageSummary) -> [JSONObject] {
        let digests = image.repoDigests.compactMap { text -> (repository: Substring, digest: String)? in
            let halves = text.split(separator: "@", maxSplits: 1)
            return halves.count == 2 ? (halves[0], String(halves[1])) : nil
        }
        var names = image.repoTags.map { name in
            let colon = name.lastIndex(of: ":") ?? name.endIndex
            let repository = name[..<colon]
            return (
                String(repository), String(name[colon...].dropFirst()),
                digests.first { $0.repository == repository }?.digest ?? "<none>"
            )
        }
        if names.isEmpty { names = digests.map { (String($0.repository), "<none>", $0.digest) } }
        if names.isEmpty { names = [("<none>", "<none>", "<none>")] }
        return names.map { repository, tag, digest in
            [
                "Containers": "N/A", "CreatedAt": .string(Clock.local(image.created)),
                "CreatedSince": .string(Clock.since(image.created)), "Digest": .string(digest),
                "ID": .string(shown(image.id)), "Repository": .string(repository), "SharedSize": "N/A",
                "Size": .string(ShownText.decimalSize(image.size)), "Tag": .string(tag), "UniqueSize": "N/A",
                "VirtualSize": .string(ShownText.decimalSize(image.size)),
            ]
        }
    }
}

/// The filters of a command line.
func imageFilter(_ texts: [String]) throws -> ImageFilter {
    var filter = ImageFilter()
    for text in texts { try filter.add(text) { try Clock.time($0) } }
    return filter
}
