import ArgumentParser
import CommandLineUI
import Engine
import LinuxKernel
import OCISpec

struct VolumeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "volume", abstract: "The commands on volumes.",
        subcommands: [
            VolumeCreateCommand.self, VolumeListCommand.self, VolumeInspectCommand.self, VolumeRemoveCommand.self,
            VolumePruneCommand.self, VolumeExportCommand.self, VolumeImportCommand.self,
        ])
}

struct VolumeCreateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "create", abstract: "Make a volume.")

    @Option(name: .shortAndLong, parsing: .unconditional, help: "local; there is no other.") var driver = "local"
    @Option(parsing: .unconditionalSingleValue, help: "KEY=VALUE for people and programs to find it by.") var label:
        [String] = []
    @Option(
        name: .shortAndLong, parsing: .unconditionalSingleValue,
        help: "type=, device=, o=: what is mounted in it while a container has it.") var opt: [String] = []
    @Argument(help: "Its name; a random one if none is given.") var name: String?

    func run() throws {
        guard driver == "local" else {
            throw EngineError(.notFound, "there is no volume driver \(driver): only local")
        }
        var options: [String: String] = [:]
        for text in opt {
            let (key, value) = keyAndValue(text)
            options[key] = value
        }
        var labels: [String: String] = [:]
        for text in label {
            let (key, value) = keyAndValue(text)
            guard !key.isEmpty else {
                throw ValidationError(
                    "invalid argument \"\(text)\" for \"--label\" flag: invalid label '\(text)': empty name")
            }
            labels[key] = value
        }
        Output.line(try Globals.engine().createVolume(name, labels: labels, options: options).name)
    }
}

struct VolumeListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls", abstract: "List volumes.", aliases: ["list"])

    @Option(
        name: .shortAndLong, parsing: .unconditionalSingleValue,
        help: "dangling=BOOL, name=, label=KEY[=VALUE], driver=.") var filter: [String] = []
    @Option(parsing: .unconditional, help: "table, json, or a Go template.") var format: String?
    @Flag(name: .shortAndLong, help: "Names alone.") var quiet = false

    func run() throws {
        try FilterForm.check(filter)
        var wanted = VolumeFilter()
        for text in filter { try wanted.add(text) }
        let volumes = try Globals.engine().volumes(wanted)
        if quiet, format == nil {
            for volume in volumes { Output.line(volume.name) }
            return
        }
        Output.write(
            try ListFormat(format).text(
                columns: [("Driver", "DRIVER"), ("Name", "VOLUME NAME")], rows: volumes.map(Self.row),
                labels: volumes.map { $0.labels ?? [:] }))
    }

    /// As a list shows it.
    static func row(_ volume: VolumeInspection) -> JSONObject {
        let labels = (volume.labels ?? [:]).sorted { $0.key < $1.key }
        return [
            "Driver": .string(volume.driver),
            "Labels": .string(labels.map { "\($0.key)=\($0.value)" }.joined(separator: ",")),
            "Mountpoint": .string(volume.mountpoint), "Name": .string(volume.name), "Scope": .string(volume.scope),
        ]
    }
}

struct VolumeInspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Show all about volumes, as JSON.")

    @Option(name: .shortAndLong, parsing: .unconditional, help: "json, or a Go template.") var format: String?
    @Argument(help: "Their names.") var volumes: [String]

    func run() throws {
        let engine = try Globals.engine()
        try InspectCommand.show(volumes, format: format) { reference, complete throws(EngineError) in
            do {
                return try JSONValue(encoding: try engine.inspectVolume(reference), complete: complete)
            } catch {
                throw error as? EngineError ?? EngineError(.fault, "\(error)")
            }
        }
    }
}

struct VolumeRemoveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm", abstract: "Remove volumes with all that is in them.", aliases: ["remove"])

    @Flag(name: .shortAndLong, help: "One that is not there is no error.") var force = false
    @Argument(help: "Their names.") var volumes: [String]

    func run() throws {
        try forEach(volumes) { engine, reference throws(EngineError) in
            try engine.removeVolume(reference, force: force)
        }
    }
}

struct VolumePruneCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Remove the volumes that nobody has named and no container has.")

    @Flag(name: .shortAndLong, help: "Those with names, too.") var all = false
    @Flag(name: .shortAndLong, help: "Do not ask.") var force = false
    @Option(parsing: .unconditionalSingleValue, help: "label=KEY[=VALUE], label!=KEY[=VALUE], all=BOOL.") var filter:
        [String] = []

    func run() throws {
        try FilterForm.check(filter)
        var wanted = VolumeFilter()
        for text in filter { try wanted.add(toPrune: text) }
        if all { wanted.all = true }
        let which = wanted.all ? "all" : "anonymous"
        guard
            force
                || Question.ask(
                    "WARNING! This will remove \(which) local volumes not used by at least one container.")
        else { return }
        let report = try Globals.engine().pruneVolumes(wanted)
        if !report.removed.isEmpty {
            Output.line("Deleted Volumes:")
            for name in report.removed { Output.line(name) }
            Output.line("")
        }
        Output.line("Total reclaimed space: \(ShownText.decimalSize(report.reclaimed))")
    }
}

struct VolumeExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write a volume's files as a tar archive.")

    @Option(name: .shortAndLong, parsing: .unconditional, help: "A file in place of standard output.") var output:
        String?
    @Argument(help: "The volume's name.") var volume: String

    func run() throws {
        let engine = try Globals.engine()
        guard let output else {
            guard !Terminal.lending(1, { $0.isTerminal() }) else {
                throw EngineError(.invalidInput, "an archive does not go to a terminal: use -o FILE or redirect it")
            }
            return try engine.exportVolume(volume, to: try duplicateDescriptor(1))
        }
        try engine.exportVolume(
            volume, to: try OwnedDescriptor(open: output, [.write, .create, .truncate], mode: 0o600))
    }
}

struct VolumeImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Unpack a tar archive into a volume, made if need be.")

    @Argument(help: "The volume's name.") var volume: String
    @Argument(help: "The archive; - is standard input.") var file = "-"

    func run() throws {
        let engine = try Globals.engine()
        if file == "-" {
            return try engine.importVolume(volume, from: try duplicateDescriptor(0))
        }
        try engine.importVolume(volume, from: try OwnedDescriptor(open: file, .read))
    }
}

/// Whether to go on.
enum Question {
    /// - Returns: Whether the answer begins with a y.
    static func ask(_ text: String) -> Bool {
        Output.write(text + "\nAre you sure you want to continue? [y/N] ")
        return readLine()?.lowercased().hasPrefix("y") ?? false
    }
}
