/// Something that a Dockerfile can be advised against, under the name that BuildKit gives it.
///
/// Source: docs.docker.com/reference/build-checks.
public enum BuildCheck: String, CaseIterable, Sendable {
    case consistentInstructionCasing = "ConsistentInstructionCasing"
    case copyIgnoredFile = "CopyIgnoredFile"
    case duplicateStageName = "DuplicateStageName"
    case exposeInvalidFormat = "ExposeInvalidFormat"
    case exposeProtoCasing = "ExposeProtoCasing"
    case fromAsCasing = "FromAsCasing"
    case fromPlatformFlagConstDisallowed = "FromPlatformFlagConstDisallowed"
    case invalidBaseImagePlatform = "InvalidBaseImagePlatform"
    case invalidDefaultArgInFrom = "InvalidDefaultArgInFrom"
    case invalidDefinitionDescription = "InvalidDefinitionDescription"
    case jsonArgsRecommended = "JSONArgsRecommended"
    case legacyKeyValueFormat = "LegacyKeyValueFormat"
    case maintainerDeprecated = "MaintainerDeprecated"
    case multipleInstructionsDisallowed = "MultipleInstructionsDisallowed"
    case noEmptyContinuation = "NoEmptyContinuation"
    case redundantTargetPlatform = "RedundantTargetPlatform"
    case reservedStageName = "ReservedStageName"
    case secretsUsedInArgOrEnv = "SecretsUsedInArgOrEnv"
    case stageNameCasing = "StageNameCasing"
    case undefinedArgInFrom = "UndefinedArgInFrom"
    case undefinedVar = "UndefinedVar"
    case workdirRelativePath = "WorkdirRelativePath"

    /// Looked for only where the file asks for it.
    public var isExperimental: Bool { self == .invalidDefinitionDescription }

    /// What the check is about.
    public var summary: String {
        switch self {
        case .consistentInstructionCasing: "All instructions of a file should be written in one case"
        case .copyIgnoredFile: "What is copied should not be left out by .dockerignore"
        case .duplicateStageName: "Stages should have different names"
        case .exposeInvalidFormat: "EXPOSE should name no address and no port of the host"
        case .exposeProtoCasing: "The protocol of EXPOSE should be lowercase"
        case .fromAsCasing: "AS should be written in the same case as FROM"
        case .fromPlatformFlagConstDisallowed: "FROM --platform should not be a constant"
        case .invalidBaseImagePlatform: "A base image should be for the platform that is built for"
        case .invalidDefaultArgInFrom: "The defaults of global ARGs should make valid names of images"
        case .invalidDefinitionDescription: "A comment right above a FROM or ARG should begin with the name"
        case .jsonArgsRecommended: "CMD and ENTRYPOINT should be JSON arrays, so that signals reach the program"
        case .legacyKeyValueFormat: "NAME=value should be used instead of NAME value"
        case .maintainerDeprecated: "A label should name the author instead of MAINTAINER"
        case .multipleInstructionsDisallowed: "Of CMD, ENTRYPOINT and HEALTHCHECK, a stage should have one each"
        case .noEmptyContinuation: "Lines that are joined should have no empty ones between them"
        case .redundantTargetPlatform: "FROM is for $TARGETPLATFORM without being told"
        case .reservedStageName: "Stages should not have names that mean something else"
        case .secretsUsedInArgOrEnv: "ARG and ENV are kept in the image, and not for secrets"
        case .stageNameCasing: "Names of stages should be lowercase"
        case .undefinedArgInFrom: "FROM should use ARGs that are declared before it"
        case .undefinedVar: "Variables should be defined before their use"
        case .workdirRelativePath: "A relative WORKDIR depends on the base image"
        }
    }

    /// Where Docker's documentation explains it.
    public var address: String {
        var name = ""
        var previous: Character?
        var rest = rawValue[...]
        while let letter = rest.popFirst() {
            let startsWord = letter.isUppercase && (previous?.isLowercase == true || rest.first?.isLowercase == true)
            if startsWord, previous != nil { name.append("-") }
            name += letter.lowercased()
            previous = letter
        }
        return "https://docs.docker.com/go/dockerfile/rule/\(name)/"
    }
}

/// A place where a Dockerfile does what a check advises against.
public struct BuildWarning: Hashable, Sendable {
    /// The rule.
    public var check: BuildCheck
    /// What the file does against it, in one line.
    public var detail: String
    /// Lines of the Dockerfile, from 1.
    public var lines: ClosedRange<Int>
}

/// Which checks are done, and what they lead to.
///
/// Source: docs.docker.com/reference/dockerfile, the `check` directive.
public struct CheckSettings: Equatable, Sendable {
    private var skipped: Set<String> = []
    private var skipsAll = false
    private var experimental: Set<String> = []
    private var hasAllExperimental = false
    /// A file that does what a check advises against is not built.
    public private(set) var fails = false

    /// A `check=` directive that cannot be read.
    public struct Invalid: Error, Equatable, Sendable, CustomStringConvertible {
        /// What is wrong with it, in one line.
        public var description: String
    }

    /// All that are no experiment, as advice.
    public init() {}

    /// `skip=A,B;experimental=all;error=true`; what stands behind a blank does not count.
    public init(parsing text: String) throws(Invalid) {
        let text = text.prefix { $0 != " " }
        guard !text.isEmpty else { return }
        for part in text.split(separator: ";", maxSplits: 2, omittingEmptySubsequences: false) {
            guard let equals = part.firstIndex(of: "=") else {
                throw Invalid(description: "\"\(part)\" is no setting of checks: NAME=VALUE")
            }
            let value = part[part.index(after: equals)...]
            let names = Set(value.split(separator: ",").map(String.init))
            switch part[..<equals] {
            case "skip":
                skipsAll = value == "all"
                skipped = skipsAll ? [] : names
            case "experimental":
                hasAllExperimental = value == "all"
                experimental = hasAllExperimental ? [] : names
            case "error":
                guard let answer = parseBoolean(String(value)) else {
                    throw Invalid(description: "error of checks is true or false, not \"\(value)\"")
                }
                fails = answer
            default:
                throw Invalid(
                    description: "checks have the settings skip, experimental and error, not \"\(part[..<equals])\"")
            }
        }
    }

    func includes(_ check: BuildCheck) -> Bool {
        if check.isExperimental { return hasAllExperimental || experimental.contains(check.rawValue) }
        return !skipsAll && !skipped.contains(check.rawValue)
    }

    /// These settings, and those of a comment right above an instruction: `# check=skip=…`.
    func merged(withComments comments: [String]) -> CheckSettings {
        for comment in comments {
            let bytes = Array(comment.utf8)
            guard let equals = bytes.firstIndex(of: .equals), bytes[..<equals].trimmed.text.lowercased() == "check",
                let other = try? CheckSettings(parsing: bytes[(equals + 1)...].trimmed.text)
            else { continue }
            var result = self
            result.skipped.formUnion(other.skipped)
            result.experimental.formUnion(other.experimental)
            result.skipsAll = skipsAll || other.skipsAll
            result.hasAllExperimental = hasAllExperimental || other.hasAllExperimental
            return result
        }
        return self
    }
}
