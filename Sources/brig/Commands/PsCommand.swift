import ArgumentParser
import CommandLineUI
import Engine
import OCISpec

struct PsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "ps", abstract: "List containers.", aliases: ["ls"])

    @Flag(name: .shortAndLong, help: "Those that do not run, too.") var all = false
    @Flag(name: .shortAndLong, help: "Identifiers only.") var quiet = false
    @Flag(help: "Whole identifiers and commands.") var noTrunc = false
    @Flag(name: [.customShort("l"), .long], help: "The newest one, whatever it does.") var latest = false
    @Option(name: [.customShort("n"), .long], parsing: .unconditional, help: "The newest so many, whatever they do.")
    var last: Int?
    @Option(
        name: .shortAndLong, parsing: .unconditionalSingleValue,
        help: """
            KEY=VALUE: name, id, status, exited, ancestor, label, health, volume, network, publish, expose, before, since.
            """)
    var filter: [String] = []
    @Flag(name: .shortAndLong, help: "The sizes of their files, too.") var size = false
    @Option(parsing: .unconditional, help: "table, json, or a Go template.") var format: String?

    func run() throws {
        try FilterForm.check(filter)
        var chosen = ContainerFilter()
        for text in filter { try chosen.add(text) }
        let format = try ListFormat(format)
        let count = latest ? 1 : last
        let engine = try Globals.engine()
        let showsPorts = quiet && self.format == nil ? false : Self.showsPorts(self.format)
        var list = try engine.containers(all: all || count != nil, chosen, exposed: showsPorts)
        if let count, count >= 0 { list = Array(list.prefix(count)) }
        if quiet, self.format == nil {
            Output.write(list.map { "\(noTrunc ? $0.id : String($0.id.prefix(12)))\n" }.joined())
            return
        }
        let now = Clock.now
        var columns = [
            ("ID", "CONTAINER ID"), ("Image", "IMAGE"), ("Command", "COMMAND"), ("RunningFor", "CREATED"),
            ("Status", "STATUS"), ("Ports", "PORTS"), ("Names", "NAMES"),
        ]
        if size { columns.append(("Size", "SIZE")) }
        // What the table does not show is not looked up.
        let isDetailed = size || !(self.format ?? "table").isEmpty && self.format != "table" && self.format != nil
        let sizes = size || (self.format ?? "").contains(".Size")
        let details = try list.map { container in
            isDetailed ? try engine.listDetails(container.id, sizes: sizes) : ContainerListDetails()
        }
        Output.write(
            try format.text(
                columns: columns, rows: zip(list, details).map { Self.row($0, now, $1, isWhole: noTrunc) },
                labels: details.map(\.labels)))
    }

    /// Whether a format, `nil` for the table, has the ports in it.
    static func showsPorts(_ format: String?) -> Bool {
        guard let format, !["", "table", "json"].contains(format) else { return true }
        return [".Ports", ".Publishers", "{{.}}", "json ."].contains(where: format.contains)
    }

    private static func size(_ details: ContainerListDetails) -> String {
        guard let own = details.writableSize else { return "0B" }
        return "\(ShownText.decimalSize(own)) (virtual \(ShownText.decimalSize(details.wholeSize ?? own)))"
    }

    /// - Parameter isWhole: With whole identifiers and commands.
    static func row(
        _ container: ContainerSummary, _ now: Int64, _ details: ContainerListDetails, isWhole: Bool
    ) -> JSONObject {
        let command = isWhole ? container.command : ShownText.shortened(container.command, to: 20)
        return [
            "Command": .string(ShownText.quoted(command)), "CreatedAt": .string(Clock.local(container.created)),
            "ID": .string(isWhole ? container.id : String(container.id.prefix(12))), "Image": .string(container.image),
            "Labels": .string(
                details.labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")),
            "LocalVolumes": .string("\(details.volumeCount)"), "Mounts": .string(details.mounts.joined(separator: ",")),
            "Names": .string(container.names.map { String($0.dropFirst()) }.joined(separator: ",")),
            "Networks": .string(details.networks.joined(separator: ",")), "Platform": .null,
            "Ports": .string(ShownPorts.text(container.ports)),
            "RunningFor": .string("\(HumanDuration.text(seconds: now - container.created)) ago"),
            "Size": .string(size(details)), "State": .string(container.state), "Status": .string(container.status),
        ]
    }
}
