import ArgumentParser
import CommandLineUI
import Compose
import ComposeFile
import Engine
import LinuxKernel
import OCISpec

struct ComposePsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "ps", abstract: "List the project's containers.")

    @Flag(name: .shortAndLong, help: "Those that do not run, and those of run, too.") var all = false
    @Flag(name: .shortAndLong, help: "Identifiers only.") var quiet = false
    @Flag(help: "The names of services only.") var services = false
    @Flag(help: "Whole commands.") var noTrunc = false
    @Option(parsing: .unconditionalSingleValue, help: "Of this state only.") var status: [String] = []
    @Option(parsing: .unconditionalSingleValue, help: "status=STATE") var filter: [String] = []
    @Option(parsing: .unconditional, help: "table, json, or a Go template.") var format: String?
    @Flag(inversion: .prefixedNo, help: "Those of services that the files no longer have, too.") var orphans = true
    @OptionGroup var rehearsal: ComposeRehearsal
    @Argument(help: "These services only.") var names: [String] = []

    func run() throws {
        var wanted = status
        for text in filter {
            guard text.hasPrefix("status=") else {
                throw CommandExit(1, "ps filters by status=STATE only, not \(text)")
            }
            wanted.append(String(text.dropFirst(7)))
        }
        let context = try ComposeContext(services: [], needsFiles: false)
        let own = try context.containers(names, oneOffs: all, orphans: orphans).filter { container in
            wanted.isEmpty
                ? all || container.isRunning || ["paused", "restarting"].contains(container.status)
                : wanted.contains(container.status)
        }
        if quiet { return Output.write(own.map { "\($0.id)\n" }.joined()) }
        if services {
            return Output.write(Set(own.map(\.service)).sorted().map { "\($0)\n" }.joined())
        }
        let format = try ListFormat(format)
        let summaries = try context.engine.containers(all: true, exposed: true).reduce(into: [:]) { $0[$1.id] = $1 }
        let now = Clock.now
        // What the table does not show is not looked up.
        let isDetailed = !["", "table"].contains(self.format ?? "")
        Output.write(
            try format.text(
                columns: [
                    ("Name", "NAME"), ("Image", "IMAGE"), ("Command", "COMMAND"), ("Service", "SERVICE"),
                    ("RunningFor", "CREATED"), ("Status", "STATUS"), ("Ports", "PORTS"),
                ],
                rows: try own.compactMap { container in
                    guard let summary = summaries[container.id] else { return nil }
                    let details = isDetailed ? try context.engine.listDetails(container.id, sizes: false) : nil
                    return row(container, summary, details ?? ContainerListDetails(), context.project.name, now)
                }))
    }

    private func row(
        _ container: Existing, _ summary: ContainerSummary, _ details: ContainerListDetails, _ project: String,
        _ now: Int64
    ) -> JSONObject {
        let command = noTrunc ? summary.command : ShownText.shortened(summary.command, to: 20)
        let labels = details.labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        return [
            "Command": .string(ShownText.quoted(command)), "CreatedAt": .string(Clock.local(summary.created)),
            "ExitCode": JSONValue(container.exitCode), "Health": .string(container.health ?? ""),
            "ID": .string(noTrunc ? container.id : String(container.id.prefix(12))), "Image": .string(summary.image),
            "Labels": .string(labels.joined(separator: ",")), "LocalVolumes": .string("\(details.volumeCount)"),
            "Mounts": .string(details.mounts.joined(separator: ",")), "Name": .string(container.name),
            "Names": .string(container.name), "Networks": .string(details.networks.joined(separator: ",")),
            "Ports": .string(ShownPorts.text(summary.ports)), "Project": .string(project),
            "Publishers": .array(
                summary.ports.map { port in
                    .object([
                        "URL": .string(port.ip), "TargetPort": .integer(Int64(port.privatePort)),
                        "PublishedPort": .integer(Int64(port.publicPort)), "Protocol": .string(port.type),
                    ])
                }),
            "RunningFor": .string("\(HumanDuration.text(seconds: now - summary.created)) ago"),
            "Service": .string(container.service), "Size": "0B", "State": .string(container.status),
            "Status": .string(summary.status),
        ]
    }
}

extension ComposePsCommand: HasFlagsThatAreOn {
    static var wordsThatTurnOff: [String: String] { ["orphans": "--no-orphans"] }
}

/// Lists that Compose v2 writes as one array of JSON, where Docker writes an object in each line.
enum ComposeList {
    static func text(
        _ format: String?, columns: [(field: String, heading: String)], rows: [JSONObject]
    ) throws -> String {
        if format == "json" { return JSONValue.array(rows.map { .object($0) }).text() + "\n" }
        return try ListFormat(format).text(columns: columns, rows: rows)
    }
}

struct ComposeListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "ls", abstract: "List projects.")

    @Flag(name: .shortAndLong, help: "Those that do not run, too.") var all = false
    @Flag(name: .shortAndLong, help: "Names only.") var quiet = false
    @Option(parsing: .unconditionalSingleValue, help: "name=TEXT") var filter: [String] = []
    @Option(parsing: .unconditional, help: "table, json, or a Go template.") var format: String?
    @OptionGroup var rehearsal: ComposeRehearsal

    func run() throws {
        for text in filter where !text.hasPrefix("name=") {
            throw CommandExit(1, "ls filters by name=TEXT only, not \(text)")
        }
        let groups = Dictionary(grouping: try Globals.engine().containers(labelled: [:])) {
            $0.labels[Label.project] ?? ""
        }
        let names = filter.compactMap { $0.hasPrefix("name=") ? String($0.dropFirst(5)) : nil }
        var rows: [JSONObject] = []
        for (name, containers) in groups.sorted(by: { $0.key < $1.key }) where !name.isEmpty {
            guard names.isEmpty || names.contains(where: name.contains), all || containers.contains(where: \.isRunning)
            else { continue }
            let states = Dictionary(grouping: containers, by: \.status).sorted { $0.key < $1.key }
            rows.append([
                "Name": .string(name),
                "Status": .string(states.map { "\($0.key)(\($0.value.count))" }.joined(separator: ", ")),
                "ConfigFiles": .string(containers.compactMap { $0.labels[Label.files] }.first ?? ""),
            ])
        }
        if quiet {
            for case .string(let name)? in rows.map({ $0["Name"] }) { Output.line(name) }
            return
        }
        Output.write(
            try ComposeList.text(
                format, columns: [("Name", "NAME"), ("Status", "STATUS"), ("ConfigFiles", "CONFIG FILES")], rows: rows))
    }
}

struct ComposeLogsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "logs", abstract: "Show what containers have put out.")

    @Flag(name: .shortAndLong, help: "Go on until they end.") var follow = false
    @Flag(name: .shortAndLong, help: "The time before each line.") var timestamps = false
    @Option(name: [.customShort("n"), .long], parsing: .unconditional, help: "The last so many lines of each, or all.")
    var tail = "all"
    @Option(parsing: .unconditional, help: "Not before this time.") var since: String?
    @Option(parsing: .unconditional, help: "Not after this time.") var until: String?
    @Option(parsing: .unconditional, help: "Of the container of this number only.") var index: Int?
    @Flag(help: "No colours.") var noColor = false
    @Flag(help: "No names before lines.") var noLogPrefix = false
    @OptionGroup var rehearsal: ComposeRehearsal
    @Argument(help: "These services only.") var services: [String] = []

    func run() throws {
        var selection = LogSelection()
        if tail != "all" {
            guard let count = Int(tail) else { throw CommandExit(CommandExit.engine, "--tail is a number or all") }
            selection.tail = count < 0 ? nil : count
        }
        selection.since = try since.map(Clock.time)
        selection.until = try until.map(Clock.time)
        let context = try ComposeContext(services: services, needsFiles: false)
        let containers = try context.containers(services).filter { index == nil || $0.number == index }
        let printer = LogPrinter(
            context.engine, names: containers.map(\.shownName), hasColours: ComposeContext.hasColours(noColor),
            hasPrefix: !noLogPrefix, hasTimes: timestamps)
        guard follow else {
            for container in containers { printer.read(container.id, container.shownName, selection) }
            if let error = printer.error { throw error }
            return
        }
        selection.follow = true
        for container in containers { try printer.follow(container.id, container.shownName, selection) }
        printer.waitForAll()
        if let error = printer.error { throw error }
        if printer.isLost { throw CommandExit(AttachedProject.brokenPipe) }
    }
}

struct ComposeImagesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "images", abstract: "List the images of the containers.")

    @Flag(name: .shortAndLong, help: "Identifiers only.") var quiet = false
    @Option(parsing: .unconditional, help: "table, json, or a Go template.") var format: String?
    @OptionGroup var rehearsal: ComposeRehearsal
    @Argument(help: "These services only.") var services: [String] = []

    func run() throws {
        let context = try ComposeContext(services: services, needsFiles: false)
        let containers = try context.containers(services)
        if quiet {
            return Output.write(Set(containers.map { "\($0.image.dropFirst(7))\n" }).sorted().joined())
        }
        let rows = try containers.map { container -> JSONObject in
            let image = try context.engine.labelledContainer(container.id).image
            // The image may be gone by force.
            let details = try? context.engine.inspectImage(container.image)
            let cut = image.lastIndex(of: ":").flatMap { image[$0...].contains("/") ? nil : $0 }
            return [
                "ContainerName": .string(container.name),
                "Repository": .string(String(cut.map { image[..<$0] } ?? image[...])),
                "Tag": .string(cut.map { String(image[image.index(after: $0)...]) } ?? "latest"),
                "ID": .string(
                    format == "json" ? container.image : String(container.image.dropFirst(7).prefix(12))),
                "Platform": .string(details.map { "\($0.os)/\($0.architecture)" } ?? ""),
                "Size": format == "json"
                    ? .integer(details?.size ?? 0) : .string(ShownText.decimalSize(details?.size ?? 0)),
                "Created": .string(details?.created ?? ""),
            ]
        }
        Output.write(
            try ComposeList.text(
                format,
                columns: [
                    ("ContainerName", "CONTAINER"), ("Repository", "REPOSITORY"), ("Tag", "TAG"),
                    ("Platform", "PLATFORM"), ("ID", "IMAGE ID"), ("Size", "SIZE"),
                ], rows: rows))
    }
}

struct ComposePortCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "port", abstract: "Show where on the host a port is.")

    @Option(parsing: .unconditional, help: "The container's number.") var index = 1
    @Option(parsing: .unconditional, help: "tcp or udp.") var `protocol` = "tcp"
    @OptionGroup var rehearsal: ComposeRehearsal
    @Argument(help: "A service.") var service: String
    @Argument(help: "A port of its containers.") var port: Int

    func run() throws {
        let context = try ComposeContext(services: [service], needsFiles: false)
        try ComposeContext.delegate(
            ["port", try context.container(service, index: index).name, "\(port)/\(`protocol`)"])
    }
}

struct ComposeTopCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "top", abstract: "Show containers' processes.")

    @OptionGroup var rehearsal: ComposeRehearsal
    @Argument(help: "These services only.") var services: [String] = []

    func run() throws {
        let context = try ComposeContext(services: services, needsFiles: false)
        for container in try context.containers(services).filter(\.isRunning) {
            Output.line(container.name)
            try ComposeContext.delegate(["top", container.name])
            Output.line("")
        }
    }
}

struct ComposeStatsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "stats", abstract: "Show what containers use.")

    @Flag(name: .shortAndLong, help: "Those that do not run, too.") var all = false
    @Flag(help: "Once.") var noStream = false
    @Flag(help: "Whole identifiers.") var noTrunc = false
    @OptionGroup var rehearsal: ComposeRehearsal
    @Option(parsing: .unconditional, help: "table, json, or a Go template.") var format: String?
    @Argument(help: "These services only.") var services: [String] = []

    func run() throws {
        let context = try ComposeContext(services: services, needsFiles: false)
        let names = try context.containers(services).filter { all || $0.isRunning }.map(\.name)
        guard !names.isEmpty else { return }
        try ComposeContext.delegate(
            ["stats"] + (all ? ["--all"] : []) + (noStream ? ["--no-stream"] : [])
                + (noTrunc ? ["--no-trunc"] : []) + (format.map { ["--format", $0] } ?? []) + names)
    }
}

struct ComposeEventsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "events", abstract: "Show what happens to containers.")

    @Flag(help: "As JSON.") var json = false
    @OptionGroup var rehearsal: ComposeRehearsal
    @Option(parsing: .unconditional, help: "Not before this time.") var since: String?
    @Option(parsing: .unconditional, help: "Not after this time.") var until: String?
    @Argument(help: "These services only.") var services: [String] = []

    func run() throws {
        let context = try ComposeContext(services: services, needsFiles: false)
        var chosen = EventFilter()
        try chosen.add("type=container")
        try chosen.add("label=\(Label.project)=\(context.project.name)")
        try context.engine.events(since: since.map(Clock.time), until: until.map(Clock.time), chosen) { event in
            let service = event.attributes[Label.service] ?? ""
            guard services.isEmpty || services.contains(service) else { return true }
            let line = json ? Self.json(event, service).text() : Self.text(event)
            try Output.writeOrThrow(Array((line + "\n").utf8), to: .output)
            return true
        }
    }

    /// What is known beside what every container of a project has.
    private static func attributes(_ event: Event) -> [(key: String, value: String)] {
        event.attributes.filter { !$0.key.hasPrefix("com.docker.compose.") }.sorted { $0.key < $1.key }
    }

    private static func json(_ event: Event, _ service: String) -> JSONValue {
        var shown = JSONObject()
        for (key, value) in attributes(event) { shown[key] = .string(value) }
        return .object([
            "action": .string(event.action), "attributes": .object(shown), "id": .string(event.actor),
            "service": .string(service), "time": .string(event.time.description), "type": "container",
        ])
    }

    private static func text(_ event: Event) -> String {
        let shown = ShownText.printable(attributes(event).map { "\($0.key)=\($0.value)" }.joined(separator: ", "))
        return "\(event.time) container \(event.action) \(event.actor)" + (shown.isEmpty ? "" : " (\(shown))")
    }
}

struct ComposeAttachCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attach", abstract: "Connect to a container's streams.")

    @Option(parsing: .unconditional, help: "The container's number.") var index = 1
    @Flag(help: "Send no input.") var noStdin = false
    @Option(parsing: .unconditional, help: "Pass signals on: true or false.") var sigProxy: String?
    @Option(parsing: .unconditional, help: "The keys to leave with.") var detachKeys: String?
    @OptionGroup var rehearsal: ComposeRehearsal
    @Argument(help: "A service.") var service: String

    func run() throws {
        let context = try ComposeContext(services: [service], needsFiles: false)
        var words = ["attach"]
        if noStdin { words.append("--no-stdin") }
        if let sigProxy { words.append("--sig-proxy=\(sigProxy)") }
        if let detachKeys { words += ["--detach-keys", detachKeys] }
        let container = try context.container(service, index: index).name
        try ComposeContext.delegate(words + [container], told: "attach to \(container)")
    }
}

struct ComposeCpCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cp", abstract: "Copy files to the containers of a service, or from one.")

    @Option(parsing: .unconditional, help: "Of the container of this number only.") var index = 0
    @Flag(help: "Those of run, too.") var all = false
    @Flag(name: .shortAndLong, help: "With owners and groups.") var archive = false
    @Flag(name: [.customShort("L"), .long], help: "Follow links in the source.") var followLink = false
    @OptionGroup var rehearsal: ComposeRehearsal
    @Argument(help: "SERVICE:PATH or PATH") var source: String
    @Argument(help: "SERVICE:PATH or PATH") var destination: String

    func run() throws {
        let context = try ComposeContext(services: [], needsFiles: false)
        let options = (archive ? ["-a"] : []) + (followLink ? ["-L"] : [])
        switch (Self.place(source), Self.place(destination)) {
        case (_?, _?): throw CommandExit(1, "files are not copied between services")
        case (nil, nil): throw CommandExit(1, "one of the two is SERVICE:PATH")
        case (let (service, path)?, nil):
            guard let container = try containers(context, service).first else { return }
            try copy(options, "\(container.name):\(path)", destination)
        case (nil, let (service, path)?):
            let containers = try containers(context, service)
            guard source != "-" || containers.count == 1 else {
                throw CommandExit(1, "an archive on standard input is for one container: say --index")
            }
            for container in containers { try copy(options, source, "\(container.name):\(path)") }
        }
    }

    private func copy(_ options: [String], _ source: String, _ destination: String) throws {
        try ComposeContext.delegate(["cp"] + options + [source, destination], told: "copy \(source) to \(destination)")
    }

    /// As in Compose v2, what is not said to be for one container is for all of the service.
    private func containers(_ context: ComposeContext, _ service: String) throws -> [Existing] {
        if index > 0 { return [try context.container(service, index: index)] }
        let own = try context.containers([service], oneOffs: all)
        guard !own.isEmpty else { throw CommandExit(1, "service \(service) has no container") }
        return own
    }

    /// `nil` for a path of the host's.
    private static func place(_ text: String) -> (service: String, path: String)? {
        guard let colon = text.firstIndex(of: ":"), !text.hasPrefix("/"), !text.hasPrefix(".") else { return nil }
        return (String(text[..<colon]), String(text[text.index(after: colon)...]))
    }
}
