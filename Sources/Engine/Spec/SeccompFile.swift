internal import OCISpec
internal import Seccomp

/// A seccomp profile as Docker's users write it: the runtime-spec's object with architectures by their family
/// (`archMap`), single names beside lists of them, and rules that hold only for some containers and hosts.
///
/// Source: docs.docker.com/engine/security/seccomp. What does not have the form is an error: a filter that was
/// misunderstood could let through what its author denied.
enum SeccompFile {
    /// The profile for one container, in the runtime-spec's form.
    ///
    /// - Throws: `SpecError`, `EngineError` of kind `invalidInput`.
    static func parse(_ bytes: [UInt8], _ context: SeccompContext) throws -> RuntimeConfig.Linux.Seccomp {
        guard case .object(var profile) = try JSONValue(parsing: bytes, sizeLimit: 4 << 20) else {
            throw invalid("it is no JSON object")
        }
        if let map = profile["archMap"] {
            guard (profile["architectures"]?.list ?? []).isEmpty else {
                throw invalid("it has both architectures and archMap")
            }
            profile["architectures"] = try architectures(map, context)
            profile["archMap"] = nil
        }
        guard case .array(let rules)? = profile["syscalls"] ?? .array([]) else { throw invalid("syscalls is no list") }
        profile["syscalls"] = .array(try rules.compactMap { try rule($0, context) })
        return try RuntimeConfig.Linux.Seccomp(json: .object(profile))
    }

    private static func invalid(_ why: String) -> EngineError { EngineError(.invalidInput, why) }

    private static func architectures(_ map: JSONValue, _ context: SeccompContext) throws -> JSONValue {
        guard case .array(let entries) = map else { throw invalid("archMap is no list") }
        for case .object(let entry) in entries
        where entry["architecture"] == .string(context.architecture.specName) {
            return .array([.string(context.architecture.specName)] + (entry["subArchitectures"]?.list ?? []))
        }
        return .array([.string(context.architecture.specName)])
    }

    /// The rule without its conditions, or nothing if they do not hold.
    private static func rule(_ value: JSONValue, _ context: SeccompContext) throws -> JSONValue? {
        guard case .object(var rule) = value else { throw invalid("a rule is no object") }
        if let name = rule["name"] {
            guard (rule["names"]?.list ?? []).isEmpty else { throw invalid("a rule has both name and names") }
            rule["names"] = .array([name])
            rule["name"] = nil
        }
        if let includes = try Condition(rule["includes"]), !includes.allHold(context) { return nil }
        if let excludes = try Condition(rule["excludes"]), excludes.anyHolds(context) { return nil }
        for key in ["includes", "excludes", "comment"] { rule[key] = nil }
        if rule["args"] == .null { rule["args"] = nil }
        return .object(rule)
    }

    /// What a rule is tied to.
    private struct Condition {
        let capabilities: [String]
        let architectures: [String]
        let minimumKernel: (major: Int, minor: Int)?

        init?(_ value: JSONValue?) throws {
            guard let value, value != .null else { return nil }
            guard case .object(let object) = value else { throw invalid("a condition is no object") }
            capabilities = try Self.texts(object["caps"])
            architectures = try Self.texts(object["arches"])
            switch object["minKernel"] {
            case nil, .null?: minimumKernel = nil
            case .string(let text)?:
                let numbers = text.split(separator: ".", omittingEmptySubsequences: false).map { Int($0) }
                guard numbers.count == 2, let major = numbers[0], let minor = numbers[1] else {
                    throw invalid("minKernel \(quotedForError(text)) is no version")
                }
                minimumKernel = (major, minor)
            default: throw invalid("minKernel is no text")
            }
            let known = ["caps", "arches", "minKernel"]
            if let unknown = object.first(where: { !known.contains($0.key) }) {
                throw invalid("unknown condition \(quotedForError(unknown.key))")
            }
        }

        private static func texts(_ value: JSONValue?) throws -> [String] {
            switch value {
            case nil, .null?: return []
            case .array(let elements)?:
                return try elements.map { element in
                    guard case .string(let text) = element else { throw invalid("a condition holds no text") }
                    return text
                }
            default: throw invalid("a condition is no list")
            }
        }

        /// All capabilities, one of the architectures, the kernel.
        func allHold(_ context: SeccompContext) -> Bool {
            capabilities.allSatisfy(context.capabilities.contains)
                && (architectures.isEmpty || architectures.contains(Self.name(context)))
                && (minimumKernel.map { context.kernel >= $0 } ?? true)
        }

        /// One of the capabilities, one of the architectures, or the kernel.
        func anyHolds(_ context: SeccompContext) -> Bool {
            capabilities.contains(where: context.capabilities.contains)
                || architectures.contains(Self.name(context))
                || (minimumKernel.map { context.kernel >= $0 } ?? false)
        }

        /// Go's name of the processor, which these profiles use.
        private static func name(_ context: SeccompContext) -> String {
            switch context.architecture.specName {
            case "SCMP_ARCH_X86_64": "amd64"
            case "SCMP_ARCH_AARCH64": "arm64"
            default: context.architecture.specName
            }
        }
    }
}

extension JSONValue {
    /// The elements of an array; nothing for anything else.
    var list: [JSONValue] { if case .array(let elements) = self { elements } else { [] } }
}
