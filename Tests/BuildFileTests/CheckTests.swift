@testable import BuildFile
import Testing

/// Each case is the smallest file that a check speaks of; what BuildKit's own documentation gives as examples is among them.
@Suite("Build checks")
struct CheckTests {
    private func warnings(
        _ text: String, arguments: [String: String] = [:], ignore: String = "", bases: [Int: BuildChecker.Base]? = nil
    ) throws -> [BuildWarning] {
        let file = try BuildFile(parsing: text)
        let predefined = ["TARGETPLATFORM": "linux/amd64", "TARGETARCH": "amd64", "BUILDPLATFORM": "linux/amd64"]
        let graph = try StageGraph(
            file, variables: try file.globalVariables(arguments: arguments, predefined: predefined))
        let base = BuildChecker.Base(environment: ["PATH=/bin"], hasShell: false, platform: "linux/amd64")
        var checker = BuildChecker(
            file, graph, settings: try file.checkSettings, arguments: arguments, predefined: predefined,
            ignored: try IgnoreRules(parsing: ignore),
            bases: bases ?? Dictionary(uniqueKeysWithValues: file.stages.indices.map { ($0, base) }))
        return checker.warnings(of: Array(file.stages.indices))
    }

    private func found(_ text: String, ignore: String = "") throws -> [String] {
        try warnings(text, ignore: ignore).map { "\($0.check.rawValue) \($0.lines.lowerBound)" }
    }

    @Test(
        "what each check speaks of, and where",
        arguments: [
            ("FROM x AS Build", ["StageNameCasing 1"]),
            ("FROM x as build", ["FromAsCasing 1"]),
            ("from x AS build", ["FromAsCasing 1"]),
            ("From x AS build", ["ConsistentInstructionCasing 1"]),
            ("FROM x\nrun a\nRUN b", ["ConsistentInstructionCasing 2"]),
            ("from x\nrun a\nRUN b", ["ConsistentInstructionCasing 3"]),
            ("FROM x\nRun a", ["ConsistentInstructionCasing 2"]),
            ("FROM x AS a\nFROM y AS a", ["DuplicateStageName 2"]),
            ("FROM x AS context", ["ReservedStageName 1"]),
            ("FROM x AS scratch", ["ReservedStageName 1"]),
            ("FROM x\nRUN a \\\n\n  b", ["NoEmptyContinuation 4"]),
            ("FROM x\nRUN a \\\n# c\n  b", []),
            ("FROM x\nCMD a", ["JSONArgsRecommended 2"]),
            ("FROM x\nENTRYPOINT a", ["JSONArgsRecommended 2"]),
            ("FROM x\nSHELL [\"/bin/sh\", \"-c\"]\nCMD a", []),
            ("FROM x\nMAINTAINER a", ["MaintainerDeprecated 2"]),
            ("FROM x$B", ["UndefinedArgInFrom 1"]),
            ("ARG B\nFROM x$B", []),
            ("FROM x${TARGETARCH}", []),
            ("FROM x\nWORKDIR a", ["WorkdirRelativePath 2"]),
            ("FROM x\nWORKDIR /a\nWORKDIR b", []),
            ("FROM x\nENV D=/a\nWORKDIR $D", []),
            ("FROM x\nWORKDIR /a\nFROM x\nWORKDIR a", ["WorkdirRelativePath 4"]),
            ("FROM x AS a\nWORKDIR /a\nFROM a\nWORKDIR b", []),
            ("FROM x\nCOPY $f .", ["UndefinedVar 2"]),
            ("FROM x\nARG f\nCOPY $f .", []),
            ("FROM x\nARG f=$g", ["UndefinedVar 2"]),
            ("FROM x\nENV A=1 B=$A", ["UndefinedVar 2"]),
            ("FROM x\nENV A=${B:-c} D=${E+f}", []),
            ("FROM x\nRUN echo $nothing\nCMD [\"$nothing\"]", []),
            ("FROM x\nCOPY <<A /d\n$b\nA", ["UndefinedVar 2"]),
            ("FROM x\nCOPY <<'A' /d\n$b\nA", []),
            ("FROM x AS a\nARG f=g\nFROM a\nCOPY $f .", []),
            ("FROM x\nENV PATH=$PATH:/a", []),
            ("FROM x\nCMD [\"a\"]\nCMD [\"b\"]", ["MultipleInstructionsDisallowed 2"]),
            ("FROM x\nENTRYPOINT [\"a\"]\nENTRYPOINT [\"b\"]", ["MultipleInstructionsDisallowed 2"]),
            ("FROM x\nHEALTHCHECK NONE\nHEALTHCHECK CMD a", ["MultipleInstructionsDisallowed 2"]),
            ("FROM x AS a\nCMD [\"a\"]\nFROM a\nCMD [\"b\"]", []),
            ("FROM x\nENV A b", ["LegacyKeyValueFormat 2"]),
            ("FROM x\nLABEL A b", ["LegacyKeyValueFormat 2"]),
            ("FROM --platform=$TARGETPLATFORM x", ["RedundantTargetPlatform 1"]),
            ("FROM --platform=$BUILDPLATFORM x", []),
            ("FROM --platform=linux/amd64 x", ["FromPlatformFlagConstDisallowed 1"]),
            ("FROM --platform=linux/amd64 x AS build-amd64", []),
            ("FROM x\nARG A_TOKEN", ["SecretsUsedInArgOrEnv 2"]),
            ("FROM x\nENV api_key=1 B=2", ["SecretsUsedInArgOrEnv 2"]),
            ("FROM x\nENV PUBLIC_KEY=1 PASSWORD_FILE=/a KEYBOARD=x", []),
            ("ARG B\nFROM busybox:$B", ["InvalidDefaultArgInFrom 2"]),
            ("ARG B=1\nFROM busybox:$B", []),
            ("FROM x\nEXPOSE 80/TCP", ["ExposeProtoCasing 2"]),
            ("FROM x\nEXPOSE 127.0.0.1:80:80", ["ExposeInvalidFormat 2"]),
            ("FROM x\nEXPOSE 80 81/udp", []),
        ])
    func each(text: String, expected: [String]) throws {
        // A base that is left empty cannot be built, and is told as an error there.
        guard text.hasPrefix("ARG B\nFROM busybox") else { return #expect(try found(text) == expected) }
        #expect(
            try warnings(text, arguments: ["B": "1"]).map { "\($0.check.rawValue) \($0.lines.lowerBound)" } == expected)
    }

    @Test("what .dockerignore leaves out, as long as it has no exceptions")
    func ignored() throws {
        #expect(try found("FROM x\nCOPY a/b c /d/", ignore: "a") == ["CopyIgnoredFile 2"])
        #expect(try found("FROM x\nADD ./a /d/", ignore: "a") == ["CopyIgnoredFile 2"])
        #expect(try found("FROM x\nCOPY a /d/", ignore: "a\n!a/b").isEmpty)
        #expect(try found("FROM x\nCOPY --from=y a /d/", ignore: "a").isEmpty)
        #expect(try found("FROM x\nCOPY . /d/", ignore: "a").isEmpty)
        #expect(try found("FROM x\nCOPY . /d/", ignore: "*") == ["CopyIgnoredFile 2"])
        #expect(try found("FROM x\nADD https://h/a /d/", ignore: "*").isEmpty)
    }

    @Test("descriptions are looked at where the file asks for it")
    func descriptions() throws {
        let text = "# a bad\nARG foo=1\n# foo good\nFROM x AS foo\n# bad\nARG a b\n#\nARG c\n# other\n\nARG d"
        #expect(try found(text).isEmpty)
        #expect(
            try found("# check=experimental=InvalidDefinitionDescription\n" + text)
                == ["InvalidDefinitionDescription 3", "InvalidDefinitionDescription 7"])
    }

    @Test("skipped: in all of the file, or for one instruction")
    func skipped() throws {
        let text = "FROM x\nWORKDIR a\nENV B c\n"
        #expect(try found("# check=skip=WorkdirRelativePath\n" + text) == ["LegacyKeyValueFormat 4"])
        #expect(try found("# check=skip=WorkdirRelativePath,LegacyKeyValueFormat\n" + text).isEmpty)
        #expect(try found("# check=skip=all\n" + text).isEmpty)
        let one = "FROM x\n# check=skip=LegacyKeyValueFormat\nENV A b\nENV B c"
        #expect(try found(one) == ["LegacyKeyValueFormat 4"])
    }

    @Test("settings are read, and wrong ones refused at their line")
    func settings() throws {
        #expect(try CheckSettings(parsing: "skip=A;error=true").fails)
        #expect(try !CheckSettings(parsing: "error=false").fails)
        #expect(try BuildFile(parsing: "# syntax=a\n# check=error=true\nFROM x").checkSettings.fails)
        for text in ["skip", "nothing=1", "error=perhaps"] {
            #expect(throws: CheckSettings.Invalid.self) { try CheckSettings(parsing: text) }
        }
        let file = try BuildFile(parsing: "# syntax=a\n# check=error=x\nFROM x")
        let error = #expect(throws: BuildFileError.self) { try file.checkSettings }
        #expect(error?.position == SourcePosition(line: 2, column: 1))
    }

    @Test("variables may come from a base that is not known; one that is for another machine is told")
    func bases() throws {
        #expect(try warnings("FROM x\nCOPY $A /", bases: [:]).isEmpty)
        #expect(try warnings("FROM x AS a\nFROM a\nCOPY $A /", bases: [:]).isEmpty)
        let arm = BuildChecker.Base(environment: ["A=b"], hasShell: true, platform: "linux/arm64/v8")
        #expect(
            try warnings("FROM x\nCOPY $A /\nCMD a", bases: [0: arm]).map(\.check) == [.invalidBaseImagePlatform])
    }

    @Test("a near name is shown")
    func hint() throws {
        let found = try warnings("FROM x\nENV PATH=$PAHT:/a")
        #expect(found.map(\.detail) == ["The variable '$PAHT' is not defined (did you mean $PATH?)"])
    }

    @Test("addresses are those of the documentation")
    func addresses() {
        let start = "https://docs.docker.com/go/dockerfile/rule/"
        #expect(BuildCheck.jsonArgsRecommended.address == start + "json-args-recommended/")
        #expect(BuildCheck.secretsUsedInArgOrEnv.address == start + "secrets-used-in-arg-or-env/")
        #expect(BuildCheck.undefinedVar.address == start + "undefined-var/")
    }

    @Test("the outline of a target: arguments with what they come to, secrets, agents")
    func outline() throws {
        let text = """
            # V which version
            ARG V=1
            ARG W=$V.2
            FROM x:$W AS base
            # M the mode
            ARG M=fast
            RUN --mount=type=secret,id=key,required --mount=type=ssh a
            FROM base AS other
            ARG unused
            # last the end
            FROM base AS last
            ARG V
            ENV E=1
            ARG N=$E$V
            """
        let file = try BuildFile(parsing: text)
        let graph = try StageGraph(file, variables: try file.globalVariables(arguments: ["M": "slow"], predefined: [:]))
        let outline = try BuildOutline(file, graph, target: 2, arguments: ["M": "slow"], predefined: [:])
        #expect(outline.target == "last")
        #expect(outline.description == "the end")
        #expect(
            outline.arguments.map { "\($0.name)=\($0.value) \($0.description)" } == [
                "V=1 which version", "W=1.2 ", "M=slow the mode", "N=11 ",
            ])
        #expect(outline.secrets.map { "\($0.name) \($0.isRequired)" } == ["key true"])
        #expect(outline.agents.map { "\($0.name) \($0.isRequired)" } == ["default false"])
    }
}
