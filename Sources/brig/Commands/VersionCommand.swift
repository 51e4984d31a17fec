import ArgumentParser
import CommandLineUI
import Engine
import LinuxKernel
import OCISpec

struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "version", abstract: "Show the version.")

    @Option(name: .shortAndLong, parsing: .unconditional, help: "json, or a Go template, such as {{.Server.Version}}.")
    var format: String?

    func run() throws {
        let information = try Self.information()
        switch format {
        case nil, "": Output.write(try Self.text(information))
        case "json": Output.line(information.text())
        case let text?:
            if let template = try InspectCommand.parsed(text) { Output.line(try template.text(for: information)) }
        }
    }

    /// Docker's object. The command line is the engine, so both halves say the same.
    private static func information() throws(SyscallError) -> JSONValue {
        let system = try SystemName()
        let architecture = ["x86_64": "amd64", "aarch64": "arm64"][system.machine] ?? system.machine
        var half = JSONObject()
        half["Version"] = .string(brigVersion)
        half["Os"] = "linux"
        half["Arch"] = .string(architecture)
        half["KernelVersion"] = .string(system.release)
        half["Experimental"] = .bool(false)
        var whole = JSONObject()
        whole["Client"] = .object(half)
        half["Platform"] = .object(["Name": "brig, without a daemon"])
        whole["Server"] = .object(half)
        return .object(whole)
    }

    private static func text(_ information: JSONValue) throws(TemplateError) -> String {
        let half = " Version:  {{.Version}}\n OS/Arch:  {{.Os}}/{{.Arch}}\n Kernel:   {{.KernelVersion}}\n"
        return try Template(
            "Client:\n{{with .Client}}\(half){{end}}\nServer: {{.Server.Platform.Name}}\n{{with .Server}}\(half){{end}}"
        ).text(for: information)
    }
}
