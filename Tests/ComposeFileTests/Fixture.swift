import ComposeFile
import Testing

/// A project out of texts, as if they were files of `/p`.
func load(
    _ files: [String: String], names: [String] = ["compose.yaml"], environment: [String: String] = [:],
    name: String? = nil, profiles: [String] = [], interpolates: Bool = true
) throws(ComposeFileError) -> Project {
    var source = ComposeSource(workingDirectory: "/p") { (path: String) throws(ComposeFileError) -> [UInt8]? in
        files[path.hasPrefix("/p/") ? String(path.dropFirst(3)) : path].map { Array($0.utf8) }
    }
    source.files = names
    source.environment = environment
    source.projectName = name
    source.profiles = profiles
    source.interpolates = interpolates
    return try source.project()
}

func load(_ text: String, environment: [String: String] = [:]) throws(ComposeFileError) -> Project {
    try load(["compose.yaml": text], environment: environment)
}

/// What is said of a text that is wrong.
func complaint(_ text: String, environment: [String: String] = [:]) -> String {
    do {
        _ = try load(text, environment: environment)
        return "no complaint"
    } catch {
        return error.description
    }
}

func service(
    _ body: String, _ name: String = "web", environment: [String: String] = [:], rest: String = ""
) throws -> Service {
    let lines = body.split(separator: "\n").map { "    \($0)\n" }.joined()
    return try #require(
        try load(
            "services:\n  \(name):\n    image: i\n\(lines)\(rest)", environment: environment
        ).services[name])
}
