import Builder
import CommandLineUI
import Engine
import OCISpec

extension BuildWordsOfDocker {
    /// What is asked for in place of a build: `--check`, `--call=METHOD[,format=json]`.
    func question() throws(EngineError) -> (BuildQuestion, isJSON: Bool)? {
        let words = (call ?? (check ? "check" : "build")).split(separator: ",").map(String.init)
        var isJSON = false
        for word in words.dropFirst() {
            switch word {
            case "format=json": isJSON = true
            case "format=text", "ignorestatus=false": break
            default: throw EngineError(.invalidInput, "--call has the field format=json, not \(ShownText.quoted(word))")
            }
        }
        // What buildx calls it, and what it once did.
        let name = words.first ?? "build"
        if name == "build" { return nil }
        guard let question = BuildQuestion(rawValue: name == "lint" ? "check" : name) else {
            throw EngineError(
                .invalidInput, "--call takes check, outline, targets or build, not \(ShownText.quoted(name))")
        }
        return (question, isJSON)
    }
}

extension BuildWordsOfDocker {
    /// Those of `--annotation`, which all go to the manifest: an image of one platform has no index.
    func annotations() throws(EngineError) -> [(name: String, value: String)] {
        var result: [(name: String, value: String)] = []
        for text in annotation where !text.isEmpty {
            guard let equals = text.firstIndex(of: "="), equals > text.startIndex else {
                throw EngineError(.invalidInput, "--annotation takes NAME=VALUE, not \(ShownText.quoted(text))")
            }
            var name = text[..<equals]
            if let colon = name.firstIndex(of: ":") {
                let kinds = name[..<colon].split(separator: ",", omittingEmptySubsequences: false)
                name = name[name.index(after: colon)...]
                for kind in kinds where kind.prefix(while: { $0 != "[" }) != "manifest" {
                    throw EngineError(
                        .unsupported,
                        "--annotation: an image of one platform has a manifest to annotate, and no \(ShownText.quoted(String(kind)))"
                    )
                }
            }
            guard !name.isEmpty else { throw EngineError(.invalidInput, "--annotation has a name that is empty") }
            result.append((String(name), String(text[text.index(after: equals)...])))
        }
        return result
    }
}

extension BuildCommand {
    /// - Throws: `CommandExit` with code 1 if checks have found something.
    func answer(_ question: BuildQuestion, about request: BuildRequest, _ isJSON: Bool) throws {
        let answer: BuildAnswer
        do {
            answer = try Globals.engine().answer(question, about: request)
        } catch let failure as BuildFailure {
            BuildDisplay(.plain, terminal: nil).show(failure)
            throw CommandExit(1, failure.problem)
        }
        Output.write(isJSON ? answer.json.text(.indented("  ")) + "\n" : answer.text)
        if answer.hasWarnings { throw CommandExit(1, nil) }
    }
}
