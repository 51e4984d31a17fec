internal import BuildFile
public import Engine
public import OCISpec

/// A question about a Dockerfile that is answered without building: `--call`.
public enum BuildQuestion: String, Sendable, CaseIterable { case check, outline, targets }

/// The answer, for people and for programs.
public struct BuildAnswer: Sendable {
    /// For people: lines.
    public let text: String
    /// For programs, in BuildKit's members.
    public let json: JSONValue
    /// Checks have found something.
    public let hasWarnings: Bool
}

/// What a build's Dockerfile does although a check advises against it.
public struct BuildNotice: Sendable, Equatable {
    /// Such as `WorkdirRelativePath`.
    public let check: String
    /// What the file does against it, in one line.
    public let detail: String
    /// Where Docker's documentation explains it.
    public let address: String
    /// Of the Dockerfile, from 1.
    public let line: Int

    init(_ warning: BuildWarning) {
        (check, detail, address) = (warning.check.rawValue, warning.detail, warning.check.address)
        line = warning.lines.lowerBound
    }
}

extension Engine {
    /// Answers a question about the Dockerfile of a request. Nothing is built or fetched but the context.
    ///
    /// - Throws: `BuildFailure`, `EngineError`.
    public func answer(_ question: BuildQuestion, about request: BuildRequest) throws -> BuildAnswer {
        var request = request
        // Nothing is looked up there.
        request.cacheSources = []
        let readOnly = request
        let isReadAgain = if case .directory = request.context { true } else { false }
        return try withBuildSession(holdingAtOnce: !isReadAgain) { session in
            try Build(session, readOnly) { _ in }.answer(question)
        }
    }
}

extension Build {
    func answer(_ question: BuildQuestion) throws -> BuildAnswer {
        switch question {
        case .check: try checkAnswer()
        case .outline: try outlineAnswer()
        case .targets: targetsAnswer()
        }
    }

    // MARK: - Checks

    /// What checks advise against in these stages.
    ///
    /// - Parameter knowing: What is known of the base image of a stage.
    func warnings(of stages: [Int], knowing base: (Int, String) -> BuildBase?) throws -> [BuildWarning] {
        var bases: [Int: BuildChecker.Base] = [:]
        for index in stages {
            guard case .image(let name) = graph.nodes[index].base, let base = base(index, name) else { continue }
            bases[index] = BuildChecker.Base(
                environment: StageState(base).config.env, hasShell: base.config.config?.shell.isEmpty == false,
                platform: StageState(base).platform)
        }
        var checker = BuildChecker(
            file, graph, settings: try checkSettings, arguments: request.arguments, predefined: predefined,
            ignored: ignoreRules, bases: bases)
        return checker.warnings(of: stages)
    }

    /// Those of the file, or of an argument in their place.
    var checkSettings: CheckSettings {
        get throws {
            guard let text = request.arguments["BUILDKIT_DOCKERFILE_CHECK"] else {
                return try located { try file.checkSettings }
            }
            do throws(CheckSettings.Invalid) {
                return try CheckSettings(parsing: text)
            } catch {
                throw EngineError(.invalidInput, "BUILDKIT_DOCKERFILE_CHECK: \(error.description)")
            }
        }
    }

    /// A file that says so is not built if it does what checks advise against.
    func refuse(_ warnings: [BuildWarning]) throws {
        guard let first = warnings.first, try checkSettings.fails else { return }
        let names = Set(warnings.map(\.check.rawValue)).sorted().joined(separator: ", ")
        let place = SourcePosition(line: first.lines.lowerBound, column: 1)
        throw BuildFailure(
            .invalidInput, "checks advise against it, and are to be errors: \(names)",
            place: BuildFileError("\(first.check.rawValue): \(first.detail)", at: place).report(
                file: fileName, text: fileText))
    }

    private func checkAnswer() throws -> BuildAnswer {
        let found = try warnings(of: Array(file.stages.indices)) { index, name in
            // What is not here is not fetched for advice.
            try? session.image(name, platform: graph.nodes[index].platform, pull: .never) { _ in }
        }
        let count = found.count == 1 ? "1 warning has been found!" : "\(found.count) warnings have been found!"
        let text =
            found.isEmpty
            ? "Check complete, no warnings found.\n" : "Check complete, \(count)\n" + found.map(excerpt).joined()
        let list = found.map { warning -> JSONValue in
            .object([
                "ruleName": .string(warning.check.rawValue), "description": .string(warning.check.summary),
                "url": .string(warning.check.address), "detail": .string(warning.detail),
                "location": Self.location(warning.lines),
            ])
        }
        return BuildAnswer(
            text: text,
            json: .object([
                "warnings": .array(list),
                "sources": .array([
                    .object([
                        "filename": .string(fileName), "language": "Dockerfile",
                        "data": .string(Base64(Array(fileText.utf8)).text),
                    ])
                ]),
            ]), hasWarnings: !found.isEmpty)
    }

    /// The warning, with some lines around its place.
    private func excerpt(_ warning: BuildWarning) -> String {
        let lines = fileText.split(separator: "\n", omittingEmptySubsequences: false)
        let room = warning.lines.count == 1 ? 2 : 1
        let first = max(1, warning.lines.lowerBound - room)
        let last = min(lines.count, warning.lines.upperBound + room)
        var text = "\nWARNING: \(warning.check.rawValue) - \(warning.check.address)\n\(shown(warning.detail))\n"
        text += "\(shown(fileName)):\(warning.lines.lowerBound)\n--------------------\n"
        for number in first...max(first, last) where number <= lines.count {
            let digits = "\(number)"
            let pad = String(repeating: " ", count: max(0, 3 - digits.count))
            text += " \(pad)\(digits) | \(warning.lines.contains(number) ? ">>>" : "   ") \(shown(lines[number - 1]))\n"
        }
        return text + "--------------------\n"
    }

    // MARK: - Outline and targets

    private func outlineAnswer() throws -> BuildAnswer {
        let index = try targetIndex()
        let outline = try located {
            try BuildOutline(file, graph, target: index, arguments: request.arguments, predefined: predefined)
        }
        var text = ""
        if !outline.target.isEmpty || !outline.description.isEmpty {
            text += "TARGET: \(outline.target.isEmpty ? "(default)" : outline.target)\n"
            if !outline.description.isEmpty { text += "DESCRIPTION: \(shown(outline.description))\n" }
            text += "\n"
        }
        if !outline.arguments.isEmpty {
            text += columns(
                [["BUILD ARG", "VALUE", "DESCRIPTION"]] + outline.arguments.map { [$0.name, $0.value, $0.description] })
        }
        for (title, grants) in [("SECRET", outline.secrets), ("SSH", outline.agents)] where !grants.isEmpty {
            text += columns([[title, "REQUIRED"]] + grants.map { [$0.name, $0.isRequired ? "true" : ""] })
        }
        var object: JSONObject = [:]
        if !outline.target.isEmpty { object["name"] = .string(outline.target) }
        if !outline.description.isEmpty { object["description"] = .string(outline.description) }
        if !outline.arguments.isEmpty {
            object["args"] = .array(
                outline.arguments.map { argument in
                    var object: JSONObject = ["name": .string(argument.name)]
                    if !argument.description.isEmpty { object["description"] = .string(argument.description) }
                    if !argument.value.isEmpty { object["value"] = .string(argument.value) }
                    object["location"] = Self.location(argument.lines)
                    return .object(object)
                })
        }
        for (name, grants) in [("secrets", outline.secrets), ("ssh", outline.agents)] where !grants.isEmpty {
            object[name] = .array(
                grants.map { grant in
                    var object: JSONObject = ["name": .string(grant.name)]
                    if grant.isRequired { object["required"] = true }
                    object["location"] = Self.location(grant.lines)
                    return .object(object)
                })
        }
        object["sources"] = .array([.string(Base64(Array(fileText.utf8)).text)])
        return BuildAnswer(text: text, json: .object(object), hasWarnings: false)
    }

    private func targetsAnswer() -> BuildAnswer {
        var rows = [["TARGET", "DESCRIPTION"]]
        var list: [JSONValue] = []
        for stage in file.stages {
            let isDefault = stage.index == file.stages.count - 1
            let (name, description) = (stage.name ?? "", stage.head.description(of: stage.name) ?? "")
            rows.append([
                [name, isDefault ? "(default)" : ""].filter { !$0.isEmpty }.joined(separator: " "), description,
            ])
            var object: JSONObject = [:]
            if !name.isEmpty { object["name"] = .string(name) }
            if isDefault { object["default"] = true }
            if !description.isEmpty { object["description"] = .string(description) }
            object["base"] = .string(stage.from.base)
            if let platform = stage.from.platform { object["platform"] = .string(platform) }
            object["location"] = Self.location(stage.head.lines)
            list.append(.object(object))
        }
        return BuildAnswer(
            text: columns(rows, gap: 1, isOpen: true),
            json: .object([
                "targets": .array(list), "sources": .array([.string(Base64(Array(fileText.utf8)).text)]),
            ]), hasWarnings: false)
    }

    private static func location(_ lines: ClosedRange<Int>) -> JSONValue {
        .object([
            "ranges": .array([
                .object([
                    "start": .object(["line": JSONValue(lines.lowerBound)]),
                    "end": .object(["line": JSONValue(lines.upperBound)]),
                ])
            ])
        ])
    }

    /// - Parameter isOpen: No empty line follows.
    private func columns(_ rows: [[String]], gap: Int = 3, isOpen: Bool = false) -> String {
        let rows = rows.map { $0.map { shown($0) } }
        var widths: [Int] = []
        for row in rows {
            for (index, cell) in row.enumerated() {
                if index < widths.count {
                    widths[index] = max(widths[index], cell.count)
                } else {
                    widths.append(cell.count)
                }
            }
        }
        return rows.map { row in
            zip(row, widths).enumerated().map { index, cell in
                index == row.count - 1
                    ? cell.0 : cell.0 + String(repeating: " ", count: cell.1 - cell.0.count + gap)
            }.joined() + "\n"
        }.joined() + (isOpen ? "" : "\n")
    }

    /// What a file from anywhere holds is for terminals without what controls them.
    private func shown(_ text: some StringProtocol) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { $0.properties.generalCategory == .control && $0 != "\t" ? "\u{FFFD}" : $0 }))
    }
}
