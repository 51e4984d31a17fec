import ArgumentParser
import CommandLineUI
import ComposeFile
import Engine
import LinuxKernel
import OCISpec

struct ComposeConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Check the files and show what they say together.", aliases: ["convert"])

    @Option(parsing: .unconditional, help: "yaml or json.") var format: String?
    @Flag(help: "The names of the services.") var services = false
    @Flag(help: "The names of the volumes.") var volumes = false
    @Flag(help: "The names of the networks.") var networks = false
    @Flag(help: "The images.") var images = false
    @Flag(help: "The names of all profiles.") var profiles = false
    @Flag(help: "The models.") var models = false
    @Flag(help: "The variables that files are read with.") var environment = false
    @Flag(help: "The variables that the files speak of, and what stands in for them.") var variables = false
    @Option(parsing: .unconditional, help: "The hash of a service, several with commas, or * for all.") var hash:
        String?
    @Flag(name: .shortAndLong, help: "Only check.") var quiet = false
    @Flag(help: "Leave variables as they are.") var noInterpolate = false
    @Flag(help: "Fill in nothing that the files do not say.") var noNormalize = false
    @Flag(help: "Leave paths as they are.") var noPathResolution = false
    @Flag(help: "Leave env_file as it is.") var noEnvResolution = false
    @Flag(help: "Do not check whether it fits together.") var noConsistency = false
    @Flag(help: "Name images by what they are in their registries now.") var resolveImageDigests = false
    @Flag(help: "Only that: a file to put over the others.") var lockImageDigests = false
    @Option(name: .shortAndLong, parsing: .unconditional, help: "A file to write to.") var output: String?
    @OptionGroup var rehearsal: ComposeRehearsal
    @Argument(help: "These services and what they need.") var names: [String] = []

    func run() throws {
        guard [nil, "yaml", "json"].contains(format) || (variables && format == "table") else {
            throw CommandExit(CommandExit.engine, "option --format is one of yaml, json")
        }
        if variables { return try write(variableText()) }
        var project = try ComposeGlobals.project { source in
            source.interpolates = !noInterpolate
            source.normalizes = !noNormalize
            source.resolvesPaths = !noPathResolution
            source.resolvesEnvironment = !noEnvResolution
            source.checksConsistency = !noConsistency
        }
        do {
            project = try project.enabling(names)
            if !noConsistency { try project.demandActiveNeeds() }
        } catch {
            throw CommandExit(1, error.description)
        }
        if !names.isEmpty { project = project.only(project.closure(of: names)) }
        if !ComposeGlobals.current.showsAll { project = project.withoutUnused }
        if resolveImageDigests || lockImageDigests {
            project = project.replacingImages(try digests(project), alone: lockImageDigests)
        }
        if quiet { return }
        try write(text(project))
    }

    /// The images of services by digest: the registry's, or where that does not answer, the local image's.
    private func digests(_ project: Project) throws -> [String: String] {
        let engine = try Globals.engine()
        var result: [String: String] = [:]
        for name in project.order {
            guard let image = project.services[name]?.image else { continue }
            do throws(EngineError) {
                result[name] = try engine.pinnedName(image)
            } catch {
                throw CommandExit(1, "service \(name): \(error.message)")
            }
        }
        return result
    }

    /// The files' variables are looked for where nothing has been put in yet.
    private func variableText() throws -> String {
        let project = try ComposeGlobals.project { source in
            source.interpolates = false
            source.checksConsistency = false
            source.normalizes = false
        }
        let rows = project.variableUses.map { use -> JSONObject in
            [
                "Name": .string(use.name), "Required": .bool(use.isRequired), "DefaultValue": .string(use.fallback),
                "PresenceValue": .string(use.alternative),
            ]
        }
        guard format == nil || format == "table" else {
            var all = JSONObject()
            for (use, row) in zip(project.variableUses, rows) { all[use.name] = .object(row) }
            // JSON is YAML, too.
            return JSONValue.object(all).text(.indented("  ")) + "\n"
        }
        return try ListFormat(nil).text(
            columns: [
                ("Name", "NAME"), ("Required", "REQUIRED"), ("DefaultValue", "DEFAULT VALUE"),
                ("PresenceValue", "ALTERNATE VALUE"),
            ],
            rows: rows.map { row in
                var row = row
                if case .bool(let value)? = row["Required"] { row["Required"] = .string(value ? "true" : "false") }
                return row
            })
    }

    private func text(_ project: Project) throws -> String {
        let lines = { (names: [String]) in names.map { "\($0)\n" }.joined() }
        if services { return lines(project.order) }
        if volumes { return lines(project.names(of: "volumes")) }
        if networks { return lines(project.names(of: "networks")) }
        if models { return lines(project.modelNames) }
        if images { return lines(project.order.compactMap { project.services[$0].map(project.imageName) }) }
        if profiles { return lines(project.allProfiles) }
        if environment { return lines(project.variables.map { "\($0)=\($1)" }.sorted()) }
        if let hash {
            let wanted = hash == "*" ? project.services.keys.sorted() : hash.split(separator: ",").map(String.init)
            return lines(
                try wanted.map { name in
                    guard let service = project.services[name] else { throw CommandExit(1, "no such service: \(name)") }
                    return "\(name) \(project.hash(of: service))"
                })
        }
        if format == "json" { return project.json(escapesDollars: !noInterpolate).text(.indented("  ")) + "\n" }
        return project.yaml(escapesDollars: !noInterpolate)
    }

    private func write(_ text: String) throws {
        if let output, ComposeGlobals.current.dryRun { return Output.line("write \(output)") }
        guard let output else { return try Output.writeOrThrow(Array(text.utf8), to: .output) }
        do {
            try replaceFile(output, text)
        } catch {
            throw CommandExit(1, "cannot write \(output): \(error)")
        }
    }
}

struct ComposeVersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "version", abstract: "Show the version.")

    @Flag(help: "The number alone.") var short = false
    @Option(name: .shortAndLong, parsing: .unconditional, help: "pretty or json.") var format = "pretty"
    @OptionGroup var rehearsal: ComposeRehearsal

    func run() throws {
        if short { return Output.line(brigVersion) }
        Output.line(format == "json" ? "{\"version\":\"\(brigVersion)\"}" : "brig compose version \(brigVersion)")
    }
}
