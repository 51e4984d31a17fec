import CommandLineUI
import Engine

/// The fields of `-o type=…`, as `docker buildx build` has them.
extension BuildCommand {
    var outputFields: [String: String] {
        guard let text = output.first, text.contains("=") else { return [:] }
        return Self.fields(text)
    }

    /// The image's names, those of `-o name=…` among them.
    var names: [String] {
        tag + (outputFields["name"] ?? "").split(separator: ",").map(String.init)
    }

    /// `--push`, or what says the same.
    var isPushed: Bool {
        push || outputFields["type"] == "registry" || FlagValues.boolean(outputFields["push"] ?? "") == true
    }

    /// `annotation.NAME=VALUE` and `annotation-manifest.NAME=VALUE`.
    var outputAnnotations: [(name: String, value: String)] {
        outputFields.sorted { $0.key < $1.key }.compactMap { name, value in
            for prefix in ["annotation.", "annotation-manifest."] where name.hasPrefix(prefix) {
                return (String(name.dropFirst(prefix.count)), value)
            }
            return nil
        }
    }

    private static let fieldsOfImages: [String: [String]?] = [
        "name": nil, "push": nil, "store": ["true"], "unpack": nil, "oci-mediatypes": ["true"],
        "compression": ["gzip", "uncompressed"],
    ]
    /// What each type has beside `type`; a field with values has no others.
    private static let fieldsOfOutput: [String: [String: [String]?]] = [
        "local": ["dest": nil, "platform-split": ["false"]], "tar": ["dest": nil, "platform-split": ["false"]],
        "oci": ["dest": nil, "name": nil, "tar": ["true"], "oci-mediatypes": ["true"]],
        "docker": ["dest": nil, "name": nil, "tar": ["true"]],
        "image": fieldsOfImages, "registry": fieldsOfImages, "cacheonly": [:],
    ]

    /// - Throws: `EngineError` for what is not done, so that nobody waits for it.
    func checkOutput(_ fields: [String: String]) throws(EngineError) {
        let type = fields["type"] ?? "image"
        guard let known = Self.fieldsOfOutput[type] else {
            throw EngineError(
                .unsupported,
                "--output has the types local, tar, oci, docker, image, registry and cacheonly, not \(ShownText.quoted(type))"
            )
        }
        for (name, value) in fields.sorted(by: { $0.key < $1.key }) where name != "type" {
            if known["name"] != nil, name.hasPrefix("annotation.") || name.hasPrefix("annotation-manifest.") {
                continue
            }
            guard let values = known[name] else {
                throw EngineError(.invalidInput, "--output type=\(type) has no field \(ShownText.quoted(name))")
            }
            guard let values, !values.contains(value) else { continue }
            throw EngineError(
                .unsupported,
                "--output type=\(type): \(name) is \(values.joined(separator: " or ")), not \(ShownText.quoted(value))")
        }
    }
}
