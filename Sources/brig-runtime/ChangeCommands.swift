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

    func update() throws {
        let file = try options["resources"].flatMap { $0.isEmpty ? nil : $0 }.map { try resourcesFile($0) }
        try runtime().update(containerID(), UpdateRequest(options, file: file))
    }

    private func resourcesFile(_ path: String) throws -> JSONValue {
        let limit = 16 << 20
        let bytes = path == "-" ? try StandardDescriptors.readInput(limit: limit) : try readFile(path, limit: limit)
        return try attempting(path == "-" ? "standard input" : path) { () throws(SpecError) in
            try JSONValue(parsing: bytes, sizeLimit: limit)
        }
    }
}
