import ContainerRuntime
import LinuxKernel
import OCISpec
import RuntimeCommandLine

extension Command {
    func kill() throws {
        let id = try containerID()
        let name = arguments.count > 1 ? arguments[1] : ""
        let signal = name == "0" ? nil : name.isEmpty ? Signal.terminate : try Signal(parsing: name)
        try runtime().kill(id, signal, all: options.has("all"))
    }

    func delete() throws { try runtime().delete(containerID(), force: options.has("force")) }
}
