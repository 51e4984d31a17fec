import ArgumentParser
import CommandLineUI
import Engine
import OCISpec

struct TagCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "tag", abstract: "Give an image one more name.")

    @Argument(help: "A name or identifier.") var image: String
    @Argument(help: "NAME[:TAG]") var name: String

    func run() throws {
        try Globals.engine().tagImage(image, as: try ImageReference(parsing: name))
    }
}

struct HistoryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "Show how an image was made, the newest step first.")

    @Flag(name: [.customShort("H"), .long], inversion: .prefixedNo, help: "Sizes and times for people.")
    var human = true
    @Flag(name: .shortAndLong, help: "Identifiers only.") var quiet = false
    @Flag(help: "Whole identifiers and commands.") var noTrunc = false
    @Option(parsing: .unconditional, help: "table, json, or a Go template.") var format: String?
    @Argument(help: "A name or identifier.") var image: String

    func run() throws {
        let format = try ListFormat(format)
        let steps = try Globals.engine().history(of: image)
        if quiet, self.format == nil {
            Output.write(steps.map { shown($0.id) + "\n" }.joined())
            return
        }
        Output.write(
            try format.text(
                columns: [
                    ("ID", "IMAGE"), (human ? "CreatedSince" : "CreatedAt", human ? "CREATED" : "CREATED AT"),
                    ("CreatedBy", "CREATED BY"), ("Size", "SIZE"), ("Comment", "COMMENT"),
                ], headings: ["CreatedAt": "CREATED AT", "CreatedSince": "CREATED"], rows: steps.map(row)))
    }

    private func shown(_ id: String) -> String {
        noTrunc || !id.hasPrefix("sha256:") ? id : String(id.dropFirst(7).prefix(12))
    }

    private func row(_ step: ImageHistoryEntry) -> JSONObject {
        let command = step.createdBy.replacing("\t", with: " ")
        return [
            "Comment": .string(step.comment),
            "CreatedAt": .string(step.created.map { Clock.rfc3339($0) } ?? "N/A"),
            "CreatedBy": .string(noTrunc ? command : ShownText.shortened(command, to: 45)),
            "CreatedSince": .string(step.created.map { human ? Clock.since($0) : Clock.rfc3339($0) } ?? "N/A"),
            "ID": .string(shown(step.id)),
            "Size": .string(human ? ShownText.decimalSize(step.size) : String(step.size)),
        ]
    }
}

struct ImagePruneCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "prune", abstract: "Remove images that nobody needs.")

    @Flag(name: .shortAndLong, help: "Those with names, too, if no container was made from them.") var all = false
    @Flag(name: .shortAndLong, help: "Do not ask.") var force = false
    @Option(parsing: .unconditionalSingleValue, help: "KEY=VALUE: until (a time), label, label!.") var filter:
        [String] = []

    func run() throws {
        let chosen = try imageFilter(filter)
        guard try force || asks() else { return }
        let report = try Globals.engine().pruneImages(all: all, chosen)
        if !report.deleted.isEmpty {
            Output.write("Deleted Images:\n" + report.deleted.map { $0 + "\n" }.joined() + "\n")
        }
        Output.line("Total reclaimed space: \(ShownText.decimalSize(report.spaceReclaimed))")
    }

    private func asks() throws -> Bool {
        let what = all ? "all images without at least one container associated to them" : "all dangling images"
        Output.write("WARNING! This will remove \(what).\nAre you sure you want to continue? [y/N] ")
        return ["y", "yes"].contains(readLine()?.lowercased() ?? "")
    }
}

struct ImageTreeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tree", abstract: "Show what images are made of, and which share it.")

    @Option(parsing: .unconditional, help: "json, or nothing.") var format: String?
    @Argument(help: "Names or identifiers; all if there is none.") var images: [String] = []

    func run() throws {
        let trees = try Globals.engine().trees(of: images)
        switch format {
        case nil, "": Output.write(trees.map(Self.text).joined())
        case "json": for tree in trees { Output.line(try JSONValue(encoding: tree).text()) }
        case let other?: throw ValidationError("unknown format: \(other)")
        }
    }

    private static func text(_ tree: ImageTree) -> String {
        let names = tree.repoTags.isEmpty ? "<none>" : tree.repoTags.joined(separator: ", ")
        var lines = ["\(names)  \(short(tree.id))  \(ShownText.decimalSize(tree.size))"]
        for (index, layer) in tree.layers.enumerated() {
            let branch = index == tree.layers.count - 1 ? "└─" : "├─"
            var line = "\(branch) \(short(layer.diffID))  \(ShownText.decimalSize(layer.size))"
            if layer.packedSize > 0 { line += " (packed \(ShownText.decimalSize(layer.packedSize)))" }
            if !layer.createdBy.isEmpty { line += "  \(ShownText.shortened(layer.createdBy, to: 60))" }
            if !layer.sharedWith.isEmpty { line += "  shared with \(layer.sharedWith.joined(separator: ", "))" }
            lines.append(line)
        }
        return lines.map { ShownText.printable($0) + "\n" }.joined()
    }

    private static func short(_ digest: String) -> String { String(digest.dropFirst(7).prefix(12)) }
}
