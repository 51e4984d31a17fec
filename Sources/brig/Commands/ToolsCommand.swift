import ArgumentParser
import CommandLineUI
import KernelTools
import LinuxKernel

struct ToolsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tools", abstract: "The kernel's tools under their own names.",
        subcommands: [ToolsInstallCommand.self, ToolsListCommand.self])
}

struct ToolsListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "ls", abstract: "List them.", aliases: ["list"])

    func run() throws {
        var table = Table(header: ["NAME", "SUMMARY"])
        for tool in KernelTools.all { table.add([tool.name, tool.summary]) }
        Output.write(table.text)
    }
}

struct ToolsInstallCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "install", abstract: "Link each of them into a directory, by its own name.",
        discussion: "A file that is there already and no link to brig stays, unless --force is given.")

    @Flag(name: .shortAndLong, help: "Replace files that are there.") var force = false
    @Argument(help: "The directory, such as /usr/local/bin.") var directory: String

    func run() throws {
        let program = try readSymbolicLink("/proc/self/exe")
        let place = try open(directory)
        // Decided for all before the first is made.
        for tool in KernelTools.all where !force {
            if let status = try? place.status(of: tool.name),
                !status.isSymbolicLink || (try? place.readSymbolicLink(tool.name)) != program
            {
                throw CommandExit(1, "\(directory)/\(tool.name) is there already: take another directory, or --force")
            }
        }
        for tool in KernelTools.all {
            let temporary = ".\(tool.name).brig"
            try? place.removeFile(temporary)
            try place.makeSymbolicLink(temporary, to: program)
            try place.rename(temporary, to: tool.name)
            Output.line("\(directory)/\(tool.name)")
        }
    }

    private func open(_ directory: String) throws -> OwnedDescriptor {
        do {
            return try OwnedDescriptor(open: directory, [.read, .directory])
        } catch {
            throw CommandExit(1, "cannot install into \(directory): \(error.code)")
        }
    }
}
