import CommandLineUI
import Engine
import KernelTools
import LinuxKernel

/// The kernel's tools as commands of brig's, and under their own names where brig is called by one.
enum KernelToolCommands {
    /// The tool that a command line names, by its first word or by the name that this program was called by.
    static func chosen(programName: String, _ words: inout [String]) -> Tool? {
        let base = programName.split(separator: "/").last.map(String.init) ?? ""
        if base != "brig", let tool = KernelTools.named(base) { return tool }
        guard let first = words.first, let tool = KernelTools.named(first) else { return nil }
        words.removeFirst()
        return tool
    }

    static var context: ToolContext {
        let globals = Globals.current
        return ToolContext(
            version: brigVersion,
            containers: {
                // A tool works without an engine: where nothing was ever run there are no names.
                guard exists("\(globals.root)/brig.db"), let engine = try? Globals.engine(),
                    let list = try? engine.containerProcesses()
                else { return [] }
                return list.map { NamedProcess(pid: $0.pid, monitor: $0.monitor, name: $0.name) }
            },
            profile: { name, capabilities in try Engine.seccompProfile(name, capabilities: capabilities) })
    }

    private static func exists(_ path: String) -> Bool { (try? OwnedDescriptor(open: path, .pathOnly)) != nil }

    /// For the help: each tool with its line.
    static var list: String {
        "\nKERNEL TOOLS:\n"
            + KernelTools.all.map {
                "  \($0.name)\(String(repeating: " ", count: max(1, 24 - $0.name.count)))\($0.summary)\n"
            }
            .joined()
    }
}
