/// Looks through a Dockerfile for what checks advise against, without a file or an image.
///
/// Source: BuildKit's linter, whose names and conditions these are. Other than there, a variable with a modifier for the case
/// that it is not set (`${NAME:-default}`) may be undefined.
public struct BuildChecker {
    /// What is known of a stage's base image.
    public struct Base: Sendable {
        /// `NAME=VALUE`, as the base image has them.
        public var environment: [String]
        /// The image says which shell its commands are for.
        public var hasShell: Bool
        /// Such as `linux/amd64`.
        public var platform: String

        /// What a base brings with it.
        public init(environment: [String], hasShell: Bool, platform: String) {
            self.environment = environment
            self.hasShell = hasShell
            self.platform = platform
        }
    }

    let file: BuildFile
    let graph: StageGraph
    let settings: CheckSettings
    private let arguments: [String: String]
    private let predefined: [String: String]
    private let ignored: IgnoreRules
    private let bases: [Int: Base]
    private var warnings: [BuildWarning] = []
    private var reached: [Int: CheckedStage] = [:]

    /// - Parameters:
    ///   - arguments: Those of the command line.
    ///   - predefined: What `FROM` sees without an `ARG`.
    ///   - bases: Of stages whose base is an image that is known. Variables of others may come from their image.
    public init(
        _ file: BuildFile, _ graph: StageGraph, settings: CheckSettings, arguments: [String: String],
        predefined: [String: String], ignored: IgnoreRules, bases: [Int: Base]
    ) {
        (self.file, self.graph, self.settings) = (file, graph, settings)
        (self.arguments, self.predefined, self.ignored, self.bases) = (arguments, predefined, ignored, bases)
    }

    /// - Parameter stages: What stands in others is looked at for its form alone.
    /// - Returns: In the order of the file.
    public mutating func warnings(of stages: [Int]) -> [BuildWarning] {
        checkForm()
        checkStageNames()
        checkFrom()
        for index in stages where file.stages.indices.contains(index) { check(file.stages[index]) }
        return warnings.enumerated()
            .sorted { ($0.element.lines.lowerBound, $0.offset) < ($1.element.lines.lowerBound, $1.offset) }
            .map(\.element)
    }

    private mutating func warn(
        _ check: BuildCheck, _ detail: String, _ step: Step, settings: CheckSettings? = nil,
        lines: ClosedRange<Int>? = nil
    ) {
        guard (settings ?? self.settings.merged(withComments: step.comments)).includes(check) else { return }
        warnings.append(BuildWarning(check: check, detail: detail, lines: lines ?? step.lines))
    }

    // MARK: - How it is written

    private mutating func checkForm() {
        let heads = file.stages.flatMap { [$0.head] + $0.steps }
        for step in file.globalArguments + heads {
            if let line = step.emptyContinuation {
                warn(.noEmptyContinuation, "Empty line between lines that are joined", step, lines: line...line)
            }
            switch step.instruction {
            case .maintainer:
                warn(.maintainerDeprecated, "MAINTAINER is deprecated: a label can name the author", step)
            case .arg(let declarations): checkDescription("ARG", declarations.map(\.name), step)
            case .from(let from): checkDescription("FROM", [from.name].compactMap { $0 }, step)
            default: break
            }
        }
        let words = heads.map(\.writtenKeyword)
        let lower = words.count { $0 == $0.lowercased() }
        let isLower = lower > words.count { $0 == $0.uppercased() }
        for (step, word) in zip(heads, words) where word != (isLower ? word.lowercased() : word.uppercased()) {
            // BuildKit's settings for one instruction do not reach this check.
            warn(
                .consistentInstructionCasing,
                "'\(word)' should be \(isLower ? "lowercase" : "uppercase"), as most instructions of the file", step,
                settings: settings)
        }
    }

    private mutating func checkDescription(_ keyword: String, _ names: [String], _ step: Step) {
        guard let comment = step.comments.last, let first = names.first else { return }
        let word = comment.prefix { $0 != " " }
        guard !names.contains(String(word)) else { return }
        warn(
            .invalidDefinitionDescription,
            "The comment above \(keyword) should be `# \(names.count > 1 ? "NAME" : first) DESCRIPTION`", step)
    }

    // MARK: - Stages and what they are made from

    private mutating func checkStageNames() {
        var names: Set<String> = []
        for stage in file.stages {
            guard let name = stage.name else { continue }
            let words = stage.head.words
            if words.count == 4 {
                if words[3] != words[3].lowercased() {
                    warn(.stageNameCasing, "Stage name '\(words[3])' should be lowercase", stage.head)
                }
                let (from, word) = (words[0], words[2])
                if from == from.lowercased() && word != word.lowercased()
                    || from == from.uppercased() && word != word.uppercased()
                {
                    warn(.fromAsCasing, "'\(word)' and '\(from)' are written in different cases", stage.head)
                }
            }
            if ["context", "scratch"].contains(name) {
                warn(
                    .reservedStageName, "The stage name \"\(name)\" means something else, too", stage.head,
                    settings: settings)
            }
            if !names.insert(name).inserted {
                warn(
                    .duplicateStageName, "An earlier stage has the name \"\(name)\", too", stage.head,
                    settings: settings)
            }
        }
    }

    private mutating func checkFrom() {
        let defaults = try? file.globalVariables(arguments: [:], predefined: predefined)
        guard let globals = try? file.globalVariables(arguments: arguments, predefined: predefined) else { return }
        let declared = Set(
            file.globalArguments.flatMap { step -> [String] in
                if case .arg(let declarations) = step.instruction { return declarations.map(\.name) }
                return []
            }
        ).union(globals.values.keys)
        for stage in file.stages {
            if let defaults, let base = try? expanded(stage.from.base, defaults).text, !Self.canBeImage(base) {
                warn(
                    .invalidDefaultArgInFrom,
                    "With the defaults of its ARGs, \(stage.from.base) is no name of an image",
                    stage.head, settings: settings)
            }
            let names = [stage.from.base] + (stage.from.platform.map { [$0] } ?? [])
            for missing in names.flatMap({ (try? expanded($0, globals).missing) ?? [] })
            where !declared.contains(missing) {
                let hint = nearest(to: missing, among: declared.sorted()).map { " (did you mean \($0)?)" } ?? ""
                warn(.undefinedArgInFrom, "ARG '\(missing)' of FROM is not declared\(hint)", stage.head)
            }
            if let text = stage.from.platform { checkPlatform(text, stage, globals) }
        }
    }

    private mutating func checkPlatform(_ text: String, _ stage: BuildFile.Stage, _ globals: VariableLookup) {
        guard let (value, used, missing) = try? expanded(text, globals) else { return }
        if used.isEmpty {
            // A stage that is named after its platform is meant to be for this one.
            let parts = value.split(separator: "/")
            if !parts.prefix(2).contains(where: { stage.name?.contains($0) == true }) {
                warn(
                    .fromPlatformFlagConstDisallowed, "FROM --platform should not be the constant \"\(value)\"",
                    stage.head)
            }
        } else if used == ["TARGETPLATFORM"], missing.isEmpty, value == globals["TARGETPLATFORM"] {
            warn(.redundantTargetPlatform, "FROM is for \(text) without --platform, too", stage.head)
        }
    }

    private func expanded(
        _ text: String, _ variables: VariableLookup
    ) throws(ExpansionError) -> (text: String, used: Set<String>, missing: Set<String>) {
        var expansion = WordExpansion(variables, escape: file.escape)
        let word = try expansion.word(text)
        return (word, expansion.used, expansion.missing)
    }

    /// Whether a text can be `[HOST[:PORT]/]PATH[:TAG][@DIGEST]`.
    private static func canBeImage(_ text: String) -> Bool {
        let halves = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        guard var rest = halves.first, !rest.isEmpty else { return false }
        if halves.count == 2, !halves[1].contains(":") { return false }
        if let colon = rest.lastIndex(of: ":"), !rest[colon...].contains("/") {
            let tag = rest[rest.index(after: colon)...].utf8
            guard !tag.isEmpty, tag.allSatisfy({ $0.isLetter || $0.isDigit || "_.-".utf8.contains($0) }) else {
                return false
            }
            rest = rest[..<colon]
        }
        var parts = rest.split(separator: "/", omittingEmptySubsequences: false)
        // A host may have uppercase letters and a port.
        if parts.count > 1, let host = parts.first,
            host.contains(".") || host.contains(":") || host == "localhost" || host != host.lowercased()
        {
            parts.removeFirst()
        }
        return parts.allSatisfy { part in
            guard let first = part.utf8.first, let last = part.utf8.last else { return false }
            let isPlain = part.utf8.allSatisfy {
                $0.isDigit || $0.isLetter && $0 >= UInt8(ascii: "a") || "_.-".utf8.contains($0)
            }
            return isPlain && !"_.-".utf8.contains(first) && !"_.-".utf8.contains(last)
        }
    }

    // MARK: - What stages do

    private mutating func check(_ stage: BuildFile.Stage) {
        let node = graph.nodes[stage.index]
        var state = CheckedStage()
        switch node.base {
        case .scratch: state.set("PATH", "")
        case .stage(let index): if let below = reached[index] { state = below.asBase } else { state.isOpen = true }
        case .image(let name):
            guard let base = bases[stage.index] else {
                state.isOpen = true
                break
            }
            for entry in base.environment {
                let key = entry.prefix { $0 != "=" }
                state.set(String(key), String(entry.dropFirst(key.count + 1)))
            }
            state.hasShell = base.hasShell
            let expected = node.platform ?? predefined["TARGETPLATFORM"] ?? base.platform
            if Self.machine(base.platform) != Self.machine(expected) {
                warn(
                    .invalidBaseImagePlatform,
                    "The base image \(name) is for \(base.platform), and this build for \(expected)", stage.head)
            }
        }
        let globals = try? file.globalVariables(arguments: arguments, predefined: predefined)
        for step in stage.steps { check(step, &state, globals ?? VariableLookup()) }
        reached[stage.index] = state
    }

    private static func machine(_ platform: String) -> [Substring] { Array(platform.split(separator: "/").prefix(2)) }

    private mutating func check(_ step: Step, _ state: inout CheckedStage, _ globals: VariableLookup) {
        let settings = settings.merged(withComments: step.comments)
        func legacy(_ keyword: String) {
            guard let words = Optional(step.words), words.count > 1, !words[1].contains("=") else { return }
            warn(
                .legacyKeyValueFormat, "\"\(keyword) NAME=value\" should be used instead of \"\(keyword) NAME value\"",
                step, settings: settings)
        }
        var reader = WordReader(variables: state.variables, escape: file.escape)
        switch step.instruction {
        case .env(let pairs):
            legacy("ENV")
            let values = pairs.map { (reader.word($0.name), reader.word($0.value)) }
            for (name, value) in values {
                checkSecret("ENV", name, step, settings)
                state.set(name, value)
            }
        case .arg(let declarations):
            for declaration in declarations {
                checkSecret("ARG", declaration.name, step, settings)
                reader.variables = state.variables
                let given = arguments[declaration.name]
                let value = given ?? declaration.defaultValue.map { reader.word($0) } ?? globals[declaration.name]
                state.declare(declaration.name, value)
            }
        case .label(let pairs):
            legacy("LABEL")
            for pair in pairs { _ = (reader.word(pair.name), reader.word(pair.value)) }
        case .workdir(let path):
            let path = reader.word(path)
            if !state.hasWorkdir, !path.hasPrefix("/") {
                warn(
                    .workdirRelativePath, "The relative WORKDIR \"\(path)\" depends on the base image", step,
                    settings: settings)
            }
            state.hasWorkdir = true
        case .copy(let copy): checkCopy(copy, "COPY", isOfContext: copy.from == nil, step, settings, &reader)
        case .add(let add): checkCopy(add.copy, "ADD", isOfContext: true, step, settings, &reader)
        case .cmd(let form): checkCommand("CMD", form, step, settings, &state)
        case .entrypoint(let form): checkCommand("ENTRYPOINT", form, step, settings, &state)
        case .healthcheck: checkOnce("HEALTHCHECK", step, settings, &state)
        case .shell: state.hasShell = true
        case .expose(let words): checkPorts(words.flatMap { reader.words($0) }, step, settings)
        case .user(let text), .stopSignal(let text): _ = reader.word(text)
        case .volume(let paths): for path in paths { _ = reader.word(path) }
        case .run(let run):
            for mount in run.mounts {
                for text in [mount.target, mount.source, mount.id] { _ = text.map { reader.word($0) } }
            }
        case .from, .onBuild, .maintainer: break
        }
        // EXPOSE is not looked at by BuildKit either.
        if case .expose = step.instruction { return }
        guard !state.isOpen else { return }
        for name in reader.missing.sorted() where !state.declared.contains(name) {
            let hint = nearest(to: name, among: state.variables.values.keys.sorted()).map { " (did you mean $\($0)?)" }
            warn(.undefinedVar, "The variable '$\(name)' is not defined\(hint ?? "")", step, settings: settings)
        }
    }

    private mutating func checkCopy(
        _ copy: Copy, _ keyword: String, isOfContext: Bool, _ step: Step, _ settings: CheckSettings,
        _ reader: inout WordReader
    ) {
        for text in [copy.owner, copy.mode] { _ = text.map { reader.word($0) } }
        _ = reader.word(copy.destination)
        for document in copy.documents where document.expands { reader.document(document.text) }
        for source in copy.sources {
            let word = reader.word(source)
            // With exceptions, what is below a directory that is left out may be there.
            guard isOfContext, !ignored.hasExceptions, !word.contains("://"), !word.hasPrefix("git@") else { continue }
            var path = cleanPath(word)
            if path.hasPrefix("/") { path.removeFirst() }
            let isRoot = path.isEmpty || path == "."
            // Of everything, something may be left, but for these rules.
            guard
                isRoot
                    ? ignored.excludes("a") && ignored.excludes("b.c") && ignored.excludes(".d")
                    : ignored.excludes(path)
            else { continue }
            warn(
                .copyIgnoredFile, "\(keyword) of \"\(isRoot ? "." : path)\", which .dockerignore leaves out", step,
                settings: settings)
        }
    }

    private mutating func checkCommand(
        _ keyword: String, _ form: CommandForm, _ step: Step, _ settings: CheckSettings, _ state: inout CheckedStage
    ) {
        checkOnce(keyword, step, settings, &state)
        guard case .shell = form, !state.hasShell else { return }
        warn(
            .jsonArgsRecommended, "\(keyword) should be a JSON array, so that signals reach the program", step,
            settings: settings)
    }

    private mutating func checkOnce(
        _ keyword: String, _ step: Step, _ settings: CheckSettings, _ state: inout CheckedStage
    ) {
        if let earlier = state.once[keyword] {
            warn(
                .multipleInstructionsDisallowed, "Of several \(keyword) in a stage only the last one counts", step,
                settings: settings, lines: earlier)
        }
        state.once[keyword] = step.lines
    }

    private mutating func checkPorts(_ words: [String], _ step: Step, _ settings: CheckSettings) {
        for word in words {
            let halves = word.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            if halves.count == 2, halves[1] != halves[1].lowercased() {
                warn(.exposeProtoCasing, "The protocol of '\(word)' should be lowercase", step, settings: settings)
            }
            if halves[0].contains(":") {
                warn(
                    .exposeInvalidFormat, "EXPOSE '\(word)' should name no address and no port of the host", step,
                    settings: settings)
            }
        }
    }

    private mutating func checkSecret(_ keyword: String, _ name: String, _ step: Step, _ settings: CheckSettings) {
        guard SecretNames.isLikely(name) else { return }
        warn(
            .secretsUsedInArgOrEnv, "\(keyword) \"\(name)\" looks like a secret, and would be kept in the image", step,
            settings: settings)
    }
}

/// What a stage has come to, as far as checks ask.
private struct CheckedStage {
    private(set) var variables = VariableLookup()
    /// By `ARG`, with a value or without.
    private(set) var declared: Set<String> = []
    /// There may be variables that nobody knows here.
    var isOpen = false
    var hasShell = false
    var hasWorkdir = false
    /// Where an instruction stands of which the last one counts.
    var once: [String: ClosedRange<Int>] = [:]

    mutating func set(_ name: String, _ value: String) { variables.set(name, value) }

    mutating func declare(_ name: String, _ value: String?) {
        declared.insert(name)
        if let value, variables[name] == nil { variables.set(name, value) }
    }

    /// What a stage made from this one begins with.
    var asBase: CheckedStage {
        var copy = self
        copy.once = [:]
        return copy
    }
}

/// Reads words of one instruction, and which of their variables are not defined. What is wrong otherwise, the build will say.
private struct WordReader {
    var variables: VariableLookup
    let escape: Character
    private(set) var missing: Set<String> = []

    init(variables: VariableLookup, escape: Character) {
        self.variables = variables
        self.escape = escape
    }

    mutating func word(_ text: String) -> String {
        // Most words have nothing to replace.
        guard text.utf8.contains(where: { "$\\`'\"".utf8.contains($0) }) else { return text }
        var expansion = WordExpansion(variables, escape: escape)
        let word = (try? expansion.word(text)) ?? text
        missing.formUnion(expansion.missing)
        return word
    }

    mutating func words(_ text: String) -> [String] {
        var expansion = WordExpansion(variables, escape: escape)
        return (try? expansion.words(text)) ?? []
    }

    mutating func document(_ text: String) {
        var expansion = WordExpansion(variables, escape: escape)
        guard (try? expansion.document(text)) != nil else { return }
        missing.formUnion(expansion.missing)
    }
}

/// Names that people give to secrets: `DB_PASSWORD`, `api_key`, but not `PUBLIC_KEY` or `PASSWORD_FILE`.
enum SecretNames {
    private static let words: Set<String> = [
        "apikey", "auth", "credential", "credentials", "key", "password", "pword", "passwd", "secret", "token",
    ]
    private static let harmless: Set<String> = ["public", "file", "version"]

    static func isLikely(_ name: String) -> Bool {
        let parts = name.lowercased().split(separator: "_").map(String.init)
        return parts.contains(where: words.contains) && !parts.contains(where: harmless.contains)
    }
}

extension Step {
    /// From the instruction's first line to its last, here-documents among them.
    public var lines: ClosedRange<Int> { position.line...max(position.line, lastLine) }

    /// The keyword as it stands in the file.
    var writtenKeyword: String { text.utf8.prefix { !$0.isBlank }.text }

    /// The words of the instruction as they stand there, without its flags.
    var words: [String] {
        var words = splitPlainWords(Array(text.utf8)[...]).map(\.text)
        while words.count > 1, words[1].hasPrefix("--") { words.remove(at: 1) }
        return words
    }
}
