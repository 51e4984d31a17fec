import ArgumentParser
import CommandLineUI
import Engine
import OCISpec

/// The one builder, as `docker buildx` shows several: it is this program, and needs no daemon.
private enum OneBuilder {
    static let name = "default"
    static let driver = "brig"

    static func platform(_ engine: Engine) throws -> String {
        let parts = try engine.hostPlatformParts
        return [parts.os, parts.architecture, parts.variant].compactMap { $0 }.joined(separator: "/")
    }

    /// - Throws: `EngineError` of kind `notFound` for any other name.
    static func check(_ given: String?) throws(EngineError) {
        guard let given, given != name else { return }
        throw EngineError(
            .notFound, "no builder \(ShownText.quoted(given)): there is one builder, and its name is \(name)")
    }
}

struct BuildersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "ls", abstract: "Show the one builder that there is.")

    @Option(parsing: .unconditional, help: "table, json, or a Go template.") var format: String?
    @Flag(help: .hidden) var noTrunc = false

    func run() throws {
        var row = JSONObject()
        row["Name"] = .string(OneBuilder.name)
        row["DriverEndpoint"] = .string(OneBuilder.driver)
        row["Driver"] = .string(OneBuilder.driver)
        row["Status"] = "running"
        row["Buildkit"] = .string("brig \(brigVersion)")
        row["Platforms"] = .string(try OneBuilder.platform(try Globals.engine()))
        row["Current"] = true
        Output.write(
            try ListFormat(format).text(
                columns: [
                    ("Name", "NAME/NODE"), ("DriverEndpoint", "DRIVER/ENDPOINT"), ("Status", "STATUS"),
                    ("Buildkit", "BUILDKIT"), ("Platforms", "PLATFORMS"),
                ], rows: [row]))
    }
}

struct BuilderInspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Show the one builder that there is.")

    @Flag(help: .hidden) var bootstrap = false
    @Option(parsing: .unconditional, help: .hidden) var builder: String?
    @Argument(help: "default, if anything.") var name: String?

    func run() throws {
        try OneBuilder.check(name ?? builder)
        Output.write(
            """
            Name:   \(OneBuilder.name)
            Driver: \(OneBuilder.driver)

            Nodes:
            Name:             \(OneBuilder.name)
            Endpoint:         none: each build is a command of its own
            Status:           running
            BuildKit version: none: brig \(brigVersion)
            Platforms:        \(try OneBuilder.platform(try Globals.engine()))

            """)
    }
}

struct BuilderCreateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make nothing: there is one builder.",
        discussion: "For scripts that make a builder before they build: says the name of the one that they will use.")

    @Option(parsing: .unconditional, help: .hidden) var name: String?
    @Option(parsing: .unconditional, help: .hidden) var driver: String?
    @Option(parsing: .unconditional, help: .hidden) var node: String?
    @Option(parsing: .unconditionalSingleValue, help: .hidden) var platform: [String] = []
    @Option(parsing: .unconditionalSingleValue, help: .hidden) var driverOpt: [String] = []
    @Option(name: [.customLong("buildkitd-flags")], parsing: .unconditional, help: .hidden) var daemonFlags: String?
    @Option(name: [.customLong("buildkitd-config"), .customLong("config")], parsing: .unconditional, help: .hidden)
    var daemonFile: String?
    @Flag(help: .hidden) var bootstrap = false
    @Flag(help: .hidden) var append = false
    @Flag(help: .hidden) var use = false
    @Argument(help: .hidden) var endpoint: String?

    func run() throws {
        // Those are builders on this machine; others would be somewhere else.
        if let driver, !["docker", "docker-container", OneBuilder.driver].contains(driver) {
            throw EngineError(
                .unsupported, "--driver \(ShownText.quoted(driver)): builds are done on this machine, by this program")
        }
        if let endpoint, endpoint.contains("://"), !endpoint.hasPrefix("unix://") {
            throw EngineError(
                .unsupported, "\(ShownText.quoted(endpoint)): builds are done on this machine, by this program")
        }
        if let name, name != OneBuilder.name {
            Output.complain("nothing is made: there is one builder, and its name is \(OneBuilder.name)")
        }
        Output.line(OneBuilder.name)
    }
}

struct BuilderUseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "use", abstract: "Use the one builder that there is.")

    @Flag(help: .hidden) var global = false
    @Flag(name: .customLong("default"), help: .hidden) var isDefault = false
    @Argument(help: "default.") var name: String

    func run() throws { try OneBuilder.check(name) }
}

struct BuilderRemoveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm", abstract: "Say that the one builder cannot be removed.")

    @Flag(name: .shortAndLong, help: .hidden) var force = false
    @Flag(help: .hidden) var keepState = false
    @Flag(help: .hidden) var keepDaemon = false
    @Flag(help: .hidden) var allInactive = false
    @Argument(help: .hidden) var names: [String] = []

    func run() throws {
        // The one that there is, is active.
        if allInactive, names.isEmpty { return }
        for name in names { try OneBuilder.check(name) }
        throw EngineError(
            .conflict, "the builder \(OneBuilder.name) is this program, and stays; `builder prune` removes its cache")
    }
}

struct BuilderStopCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop", abstract: "Do nothing: between builds nothing of the builder runs.")

    @Argument(help: .hidden) var name: String?

    func run() throws { try OneBuilder.check(name) }
}

struct BuilderBakeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bake", abstract: "Not there: `brig compose build` builds several images.", shouldDisplay: false)

    @Argument(parsing: .captureForPassthrough, help: .hidden) var words: [String] = []

    func run() throws {
        throw EngineError(
            .unsupported, "bake files are not read; `brig compose build` builds several images from one file")
    }
}
