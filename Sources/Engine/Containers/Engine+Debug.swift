internal import LayerStore
internal import OCISpec

/// Programs to look around with in a container that has none.
public enum DebugTools: Equatable, Sendable {
    /// The host's own, read-only.
    case host
    /// Those of a local image.
    case image(String)

    /// Where the container's files are for such a process.
    public static let containerRoot = "/container"

    /// A process of the container as it is to be with tools: root unless somebody else was asked for, with the usual places
    /// of programs, and beginning where the container's files are. Capabilities, filter and label stay the container's.
    static func adapt(_ process: inout RuntimeConfig.Process, _ request: ExecRequest) {
        let named = Set(request.environment.map { String($0.prefix { $0 != "=" }) })
        let replaced = ["PATH", "HOME"].filter { !named.contains($0) }
        process.env.removeAll { replaced.contains(String($0.prefix { $0 != "=" })) }
        if replaced.contains("PATH") {
            process.env.append("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
        }
        if replaced.contains("HOME") { process.env.append("HOME=\(process.user.uid == 0 ? "/root" : "/")") }
        process.cwd = request.workingDirectory.isEmpty ? containerRoot : request.workingDirectory
    }
}

extension Engine {
    /// What `brig debug` starts: a process with tools in a container's namespaces.
    ///
    /// - Parameter command: `nil` is a shell.
    /// - Returns: Its exit code. Nothing of it is left in the container then, and nothing was ever mounted there.
    /// - Throws: As `execute`.
    public func debug(
        _ command: [String]?, _ tools: DebugTools, in reference: String, _ adjust: (inout ExecRequest) -> Void
    ) throws(EngineError) -> Int32 {
        let shell = ["/bin/sh", "-c", "command -v bash >/dev/null 2>&1 && exec bash; exec /bin/sh"]
        var request = ExecRequest(command: command ?? shell)
        request.tools = tools
        request.interactive = true
        request.user = "0:0"
        adjust(&request)
        return try execute(request, in: reference)
    }

    func toolsArguments(_ tools: DebugTools) throws(EngineError) -> [String] {
        switch tools {
        case .host: return ["--host-tools"]
        case .image(let name):
            let image = try store.image(name)
            guard let highest = image.layers.last else {
                throw EngineError(.invalidInput, "image \(quotedForError(name)) is empty: it has no tools")
            }
            do {
                var chain: [ChainID] = []
                for layer in image.layers { chain.append(ChainID(try Digest("sha256:\(layer.chainID)"))) }
                return try layerStore.lowerTrees(chain).flatMap { ["--tools-layer", $0] }
            } catch {
                throw .wrapping(error, while: "find the layers up to \(highest.chainID)")
            }
        }
    }
}
