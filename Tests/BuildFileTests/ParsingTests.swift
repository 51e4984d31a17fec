@testable import BuildFile
import Testing

@Suite("Dockerfiles")
struct ParsingTests {
    private func steps(_ text: String) throws -> [Instruction] {
        let file = try BuildFile(parsing: "FROM x\n" + text)
        return try #require(file.stages.last).steps.map(\.instruction)
    }

    private func only(_ text: String) throws -> Instruction {
        let all = try steps(text)
        try #require(all.count == 1)
        return all[0]
    }

    @Test("stages, names, platforms, global arguments")
    func stages() throws {
        let file = try BuildFile(
            parsing: """
                # syntax=docker/dockerfile:1
                ARG V=1
                FROM --platform=$BUILDPLATFORM debian:${V} AS Build
                RUN true
                from scratch
                copy --from=build /a /b
                """)
        #expect(file.directives.syntax == "docker/dockerfile:1")
        #expect(file.stages.map(\.name) == ["build", nil])
        #expect(file.stages[0].from == From(base: "debian:${V}", platform: "$BUILDPLATFORM", name: "build"))
        #expect(file.stages[1].steps.map(\.text) == ["copy --from=build /a /b"])
        #expect(file.globalArguments.count == 1)
    }

    @Test("lines are joined, comments and empty lines between them left out")
    func continuation() throws {
        let text = "RUN a && \\\n  # a comment\n\n  b \\  \n\tc\nRUN d\\\\\nRUN e"
        guard case .run(let first) = try steps(text)[0] else { return #expect(Bool(false)) }
        #expect(first.command == .shell("a &&   b \tc"))
        #expect(try steps(text).count == 3)
    }

    @Test("a backquote joins lines if the file says so")
    func escapeDirective() throws {
        let file = try BuildFile(parsing: "# escape=`\nFROM x\nRUN a `\n b\\\nCMD c")
        #expect(file.escape == "`")
        #expect(file.stages[0].steps.count == 2)
    }

    @Test("directives end where something else stands")
    func directivesEnd() throws {
        #expect(try BuildFile(parsing: "# hello\n# escape=`\nFROM x").escape == "\\")
        #expect(try BuildFile(parsing: "# unknown=1\n# escape=`\nFROM x").escape == "\\")
        #expect(try BuildFile(parsing: "\n# escape=`\nFROM x").escape == "\\")
        #expect(throws: BuildFileError("only one escape parser directive can be used", at: .init(line: 2, column: 1))) {
            try BuildFile(parsing: "# escape=`\n# ESCAPE=\\\nFROM x")
        }
    }

    @Test("a byte order mark and ends of lines of Windows are no content")
    func windowsText() throws {
        let file = try BuildFile(parsing: "\u{FEFF}FROM x\r\nRUN a \\\r\n b\r\n")
        guard case .run(let run) = file.stages[0].steps[0].instruction else { return #expect(Bool(false)) }
        #expect(run.command == .shell("a  b"))
    }

    @Test("here-documents: several, quoted, with tabs, for descriptors")
    func documents() throws {
        let text = "RUN <<A cat <<-'B' 3<<\"C D\"\none\nA\n\ttwo\n\tB\n three\nC D\nRUN x"
        guard case .run(let run) = try steps(text)[0] else { return #expect(Bool(false)) }
        #expect(run.documents.map(\.name) == ["A", "B", "C D"])
        #expect(run.documents.map(\.text) == ["one\n", "two\n", " three\n"])
        #expect(run.documents.map(\.expands) == [true, false, false])
        #expect(run.documents.map(\.descriptor) == [0, 0, 3])
        #expect(try steps(text).count == 2)
    }

    @Test("<< is no here-document in a JSON array, in other instructions, and with words after it")
    func noDocuments() throws {
        #expect(try steps("RUN [\"cat\", \"<<A\"]\nENV a=<<B\nRUN x <<<A\nRUN echo a<<B\n").count == 4)
    }

    @Test("COPY of here-documents")
    func copyDocument() throws {
        guard case .copy(let copy) = try only("COPY <<a.txt b <<\"c\" /d/\nhello $X\na.txt\nbye\nc\n") else {
            return #expect(Bool(false))
        }
        #expect(copy.sources == ["b"])
        #expect(copy.destination == "/d/")
        #expect(copy.documents.map(\.name) == ["a.txt", "c"])
    }

    @Test("COPY and ADD with all flags")
    func copyFlags() throws {
        let text =
            "COPY --from=0 --chown=a:b --chmod=0755 --link --parents --exclude=*.o --exclude=\"x y\" a b c/"
        #expect(
            try only(text)
                == .copy(
                    Copy.testing(
                        ["a", "b"], "c/", from: "0", owner: "a:b", mode: "0755", link: true, parents: true,
                        excluded: ["*.o", "x y"])))
        guard case .add(let add) = try only("ADD --checksum=sha256:ab --keep-git-dir=true [\"a b\", \"/c\"]") else {
            return #expect(Bool(false))
        }
        #expect(add.checksum == "sha256:ab" && add.keepsGitDirectory && add.copy.sources == ["a b"])
    }

    @Test("mounts of RUN")
    func mounts() throws {
        let text = """
            RUN --mount=type=cache,target=/c,sharing=locked,id=k,uid=7,gid=8,mode=0700 \\
                --mount=target=/src,rw --mount=type=tmpfs,dst=/t,size=64m \\
                --mount=type=secret,id=s,required,env=S --mount=type=ssh --network=none make
            """
        guard case .run(let run) = try only(text) else { return #expect(Bool(false)) }
        #expect(run.mounts.map(\.kind) == [.cache, .bind, .tmpfs, .secret, .ssh])
        #expect(run.mounts[0].sharing == .locked && run.mounts[0].mode == 0o700 && run.mounts[0].uid == 7)
        #expect(run.mounts[1].readOnly == false)
        #expect(run.mounts[2].size == 64 << 20)
        #expect(run.mounts[3].required && run.mounts[3].environment == "S")
        #expect(run.network == Run.Network.none && run.command == .shell("make"))
    }

    @Test("ENV, LABEL and ARG")
    func values() throws {
        #expect(
            try only("ENV a=1 b=\"2 3\" c=4\\ 5")
                == .env([.init("a", "1"), .init("b", "\"2 3\""), .init("c", "4\\ 5")]))
        #expect(try only("ENV a b c=d") == .env([.init("a", "b c=d")]))
        #expect(try only("LABEL \"a b\"=c") == .label([.init("\"a b\"", "c")]))
        guard case .arg(let declared) = try only("ARG a b=2 c=\"x y\"") else { return #expect(Bool(false)) }
        #expect(declared.map(\.name) == ["a", "b", "c"])
        #expect(declared.map(\.defaultValue) == [nil, "2", "\"x y\""])
    }

    @Test("commands in both forms; what is no JSON is for the shell")
    func commands() throws {
        #expect(try only("CMD [\"a\", \"b c\"]") == .cmd(.exec(["a", "b c"])))
        #expect(try only("CMD ['a']") == .cmd(.shell("['a']")))
        #expect(try only("ENTRYPOINT exec top -b") == .entrypoint(.shell("exec top -b")))
        #expect(try only("CMD []") == .cmd(.exec([])))
        #expect(try only("SHELL [\"/bin/bash\", \"-c\"]") == .shell(["/bin/bash", "-c"]))
    }

    @Test("health checks")
    func healthchecks() throws {
        #expect(try only("HEALTHCHECK NONE") == .healthcheck(.none))
        guard
            case .healthcheck(.check(let check)) = try only(
                "HEALTHCHECK --interval=1m30s --timeout=500ms --start-period=2s --start-interval=1s --retries=4 CMD a b"
            )
        else { return #expect(Bool(false)) }
        #expect(check.interval == 90_000_000_000 && check.timeout == 500_000_000 && check.retries == 4)
        #expect(check.command == .shell("a b"))
    }

    @Test("triggers keep their instruction")
    func triggers() throws {
        guard case .onBuild(let step) = try only("ONBUILD RUN a\\\n b") else { return #expect(Bool(false)) }
        #expect(step.text == "RUN a b")
        #expect(try BuildFile.trigger(step.text).instruction == step.instruction)
    }

    @Test(
        "what is wrong is said with line and column",
        arguments: [
            ("", 1, 1), ("RUN x", 1, 1), ("FROM", 1, 1), ("FROM a b", 1, 8), ("FROM a AS 9", 1, 11),
            ("FROM x\nRUNN y", 2, 1),
            ("FROM x\nRUN --fro=1 y", 2, 5), ("FROM x\nRUN a \\\n  --mount=q", 0, 0), ("FROM x\nCOPY a", 2, 1),
            ("FROM x\nENV", 2, 1), ("FROM x\nENV a", 2, 5), ("FROM x\nENV a=1 b", 2, 9), ("FROM x\nLABEL =x", 2, 7),
            ("FROM x\nCMD [\"a\", 1]", 2, 5), ("FROM x\nSHELL /bin/sh", 2, 1), ("FROM x\nEXPOSE", 2, 1),
            ("FROM x\nHEALTHCHECK --retries=x CMD y", 2, 13), ("FROM x\nHEALTHCHECK FOO", 2, 13),
            ("FROM x\nONBUILD ONBUILD RUN x", 2, 9), ("FROM x\nONBUILD FROM y", 2, 9), ("FROM x\nRUN <<E\nx", 2, 5),
            ("FROM x\nRUN --mount=type=foo,target=/a y", 2, 5), ("FROM x\nRUN --mount=type=cache y", 2, 5),
            ("FROM x\nRUN --mount=target=/a,bad=1 y", 2, 5), ("FROM x\nRUN --network=bridge y", 2, 5),
            ("FROM x\nADD --from=y a b", 2, 5), ("FROM x\nCOPY --from=$Y a b", 2, 6),
            ("FROM x\nCOPY --link --link a b", 2, 13),
            ("FROM x\nWORKDIR", 2, 1), ("FROM x\nUSER  ", 2, 1), ("FROM x\nRUN", 2, 1), ("# escape=x\nFROM y", 1, 1),
            ("FROM x\nEN\\\nV a", 3, 3), ("FROM x\nRUN a \\\n  b\nCOPY --chmod= a b", 4, 6),
        ])
    func errors(text: String, line: Int, column: Int) throws {
        // A flag after the command is the command's own.
        guard line > 0 else {
            _ = try BuildFile(parsing: text)
            return
        }
        do {
            _ = try BuildFile(parsing: text)
            Issue.record("no error for \(text)")
        } catch {
            #expect(error.position == SourcePosition(line: line, column: column), "\(error)")
            #expect(error.report(file: "Dockerfile", text: text).hasPrefix("Dockerfile:\(line):\(column): "))
        }
    }

    @Test("the report shows the line and a caret")
    func report() throws {
        let text = "FROM x\n\tCOPY --fron=a b c"
        do {
            _ = try BuildFile(parsing: text)
        } catch {
            #expect(
                error.report(file: "D", text: text) == """
                    D:2:7: COPY has no flag --fron (did you mean --from?)
                       2 | \tCOPY --fron=a b c
                         | \t     ^
                    """)
        }
    }
}

extension Copy {
    static func testing(
        _ sources: [String], _ destination: String, from: String? = nil, owner: String? = nil, mode: String? = nil,
        link: Bool = false, parents: Bool = false, excluded: [String] = []
    ) -> Copy {
        Copy(
            sources: sources, destination: destination, documents: [], from: from, owner: owner, mode: mode, link: link,
            parents: parents, excluded: excluded)
    }
}
