import Foundation
import OCISpec

/// The documents beside this file: together they have every field that is known.
enum Corpus {
    static let names = [
        "minimal", "process", "hooks", "mounts", "resources", "seccomp", "namespaces", "linux", "other", "full",
        "engine",
    ]
    static let otherNames = ["manifest", "index", "image-config", "features", "state", "process-state"]

    static func bytes(_ name: String) throws -> [UInt8] {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Corpus/\(name).json")
        return Array(try Data(contentsOf: file))
    }

    static func json(_ name: String) throws -> JSONValue {
        try JSONValue(parsing: bytes(name), sizeLimit: .max)
    }
}

extension JSONValue {
    /// The document with the value at `path` (as in error messages, without map keys) replaced, or removed by nil.
    func setting(_ path: String, _ value: JSONValue?) -> JSONValue {
        let components = path.split { ".[".contains($0) }.map { $0.hasSuffix("]") ? $0.dropLast() : $0 }
        return setting(components[...], value) ?? .null
    }

    private func setting(_ path: ArraySlice<Substring>, _ value: JSONValue?) -> JSONValue? {
        guard let component = path.first else { return value }
        switch self {
        case .array(var elements):
            guard let index = Int(component) else { return self }
            guard index < elements.count else { return .array(elements + [value].compactMap { $0 }) }
            elements[index] = elements[index].setting(path.dropFirst(), value) ?? .null
            return .array(elements)
        case .object(var object):
            object[String(component)] = (object[String(component)] ?? .object([:])).setting(path.dropFirst(), value)
            return .object(object)
        default:
            return JSONValue.object([:]).setting(path, value)
        }
    }
}
