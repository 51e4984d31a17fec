internal import BuildFile
internal import Engine
internal import OCISpec

/// What a stage has come to so far: layers, and what the image says of how to run it.
struct StageState: Sendable {
    var layers: [BuildLayer] = [] {
        didSet {
            // Each layer goes on the others, one at a time.
            let isOneMore = layers.count == oldValue.count + 1
            chain = isOneMore ? layers.last?.chain(on: chain) ?? "" : BuildLayer.chain(layers)
        }
    }
    /// What the layers contain together: `sha256:…`; empty for none.
    private(set) var chain = ""
    var config = ImageConfig.Execution()
    var history: [ImageConfig.History] = []
    /// Arguments declared so far, in their order: stages that are made from this one have them, too. No image keeps them.
    var arguments: [(name: String, value: String)] = []
    var author: String?
    /// When the latest layer was made, as in RFC 3339.
    var created: String?
    var architecture: String
    var os: String
    var variant: String?

    /// What `FROM scratch` gives.
    init(scratchFor platform: BuildPlatform) {
        (os, architecture, variant) = (platform.os, platform.architecture, platform.variant)
        config.env = ["PATH=\(Self.defaultPath)"]
        config.workingDir = "/"
    }

    init(_ base: BuildBase) {
        layers = base.layers
        chain = BuildLayer.chain(base.layers)
        config = base.config.config ?? ImageConfig.Execution()
        history = base.config.history
        author = base.config.author
        created = base.config.created
        (os, architecture, variant) = (base.config.os, base.config.architecture, base.config.variant)
        if environment("PATH") == nil { config.env.insert("PATH=\(Self.defaultPath)", at: 0) }
        if config.workingDir == nil { config.workingDir = "/" }
    }

    static let defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    func environment(_ name: String) -> String? {
        config.env.last { $0.hasPrefix(name + "=") }.map { String($0.dropFirst(name.utf8.count + 1)) }
    }

    mutating func setEnvironment(_ name: String, _ value: String) {
        let entry = "\(name)=\(value)"
        if let at = config.env.firstIndex(where: { $0.hasPrefix(name + "=") }) {
            config.env[at] = entry
        } else {
            config.env.append(entry)
        }
    }

    /// The platform as `linux/arm/v7`.
    var platform: String { [os, architecture, variant].compactMap { $0 }.joined(separator: "/") }

    var workingDirectory: String { config.workingDir.flatMap { $0.isEmpty ? nil : $0 } ?? "/" }

    /// An absolute path, from the working directory on if need be.
    func absolute(_ path: String) -> String {
        cleanPath(path.utf8.first == UInt8(ascii: "/") ? path : "\(workingDirectory)/\(path)")
    }

    /// The shell that the shell forms of commands are for.
    var shell: [String] { config.shell.isEmpty ? ["/bin/sh", "-c"] : config.shell }

    func words(_ command: CommandForm) -> [String] {
        switch command {
        case .exec(let words): words
        case .shell(let line): shell + [line]
        }
    }
}

/// The machine that a stage is for.
struct BuildPlatform: Sendable, Equatable {
    var os: String
    var architecture: String
    var variant: String?

    var text: String { [os, architecture, variant].compactMap { $0 }.joined(separator: "/") }

    init(os: String, architecture: String, variant: String?) {
        (self.os, self.architecture, self.variant) = (os, architecture, variant)
    }

    /// `os/architecture[/variant]`, or an architecture alone.
    ///
    /// - Throws: `EngineError` of kind `invalidInput`.
    init(_ text: String) throws(EngineError) {
        (os, architecture, variant) = try Engine.platformParts(text)
    }
}
