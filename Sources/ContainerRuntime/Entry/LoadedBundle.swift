internal import LinuxKernel
package import OCISpec

/// A bundle whose config has been read and found valid.
package struct LoadedBundle: Sendable {
    /// The bundle's absolute path.
    package let path: String
    package private(set) var config: RuntimeConfig
    /// The config as it stands in the file.
    let configBytes: [UInt8]

    /// - Throws: `invalidInput` without a config, or for one that the specification calls an error.
    package init(_ directory: String) throws {
        path = try Self.absolute(directory)
        configBytes = try Self.read(path)
        config = try Self.parse(configBytes, path)
    }

    /// Adds to the environment of the container's first process; the config that is kept stays as it is in the file.
    package mutating func addEnvironment(_ entries: [String]) { config.process?.env += entries }

    private static func read(_ path: String) throws(RuntimeError) -> [UInt8] {
        do throws(SyscallError) {
            return try readFile("\(path)/config.json", limit: 64 << 20)
        } catch {
            throw RuntimeError(.invalidInput, "bundle \(path): config.json: \(error.code)")
        }
    }

    private static func parse(_ bytes: [UInt8], _ path: String) throws(RuntimeError) -> RuntimeConfig {
        do throws(SpecError) {
            let config = try bytes.withUnsafeBufferPointer { (buffer) throws(SpecError) in
                try RuntimeConfig(parsing: buffer)
            }
            try config.validate()
            return config
        } catch {
            throw RuntimeError(.invalidInput, "\(path)/config.json: \(error)")
        }
    }

    private static func absolute(_ path: String) throws(SyscallError) -> String {
        if path.utf8.first == UInt8(ascii: "/") { return path }
        return try path.isEmpty || path == "." ? workingDirectory() : "\(workingDirectory())/\(path)"
    }
}
