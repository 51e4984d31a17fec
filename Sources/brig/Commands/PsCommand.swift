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
    @Option(name: [.customShort("n"), .long], help: "The newest so many, whatever they do.") var last: Int?
    @Option(name: .shortAndLong, help: "KEY=VALUE: name, id, status, exited, ancestor.") var filter: [String] = []
    @Option(help: "table, json, or a Go template.") var format: String?

    func run() throws {
        var chosen = ContainerFilter()
        for text in filter { try chosen.add(text) }
        let format = try ListFormat(format)
        let count = latest ? 1 : last
        var list = try Globals.engine().containers(all: all || count != nil, chosen)
        if let count, count >= 0 { list = Array(list.prefix(count)) }
        if quiet, self.format == nil {
            Output.write(list.map { "\(noTrunc ? $0.id : String($0.id.prefix(12)))\n" }.joined())
            return
        }
        let now = Clock.now
        Output.write(
            try format.text(
                columns: [
                    ("ID", "CONTAINER ID"), ("Image", "IMAGE"), ("Command", "COMMAND"), ("RunningFor", "CREATED"),
                    ("Status", "STATUS"), ("Ports", "PORTS"), ("Names", "NAMES"),
                ], rows: list.map { row($0, now) }))
    }

    private func row(_ container: ContainerSummary, _ now: Int64) -> JSONObject {
        let command = noTrunc ? container.command : ShownText.shortened(container.command, to: 20)
        return [
            "Command": .string(ShownText.quoted(command)), "CreatedAt": .string(Clock.local(container.created)),
            "ID": .string(noTrunc ? container.id : String(container.id.prefix(12))), "Image": .string(container.image),
            "Labels": "", "LocalVolumes": "0", "Mounts": "",
            "Names": .string(container.names.map { String($0.dropFirst()) }.joined(separator: ",")), "Networks": "",
            "Ports": .string(ShownPorts.text(container.ports)),
            "RunningFor": .string("\(HumanDuration.text(seconds: now - container.created)) ago"),
            "Size": "0B", "State": .string(container.state), "Status": .string(container.status),
        ]
    }
}
