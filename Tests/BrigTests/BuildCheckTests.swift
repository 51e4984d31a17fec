import Foundation
import LinuxKernel
import OCISpec
import Testing

/// What `brig build` says of a Dockerfile without building, and after it: `--check`, `--call`, `buildx`.
@Suite("What is asked of Dockerfiles", .drivesBrig)
struct BuildCheckTests {
    private let file = """
        # V which version
        ARG V=1
        FROM box AS base
        WORKDIR a
        ENV B c
        # C colour
        ARG C=$V
        RUN --mount=type=secret,id=key,required true
        """

    @Test("checks: advice with lines, as JSON, in short after a build, as errors")
    func checks() throws {
        let site = try BuildTests.Site()
        try site.write(file, to: "Dockerfile")
        let checked = try site.brig(["build", "--check", site.context])
        #expect(checked.status == 1)
        #expect(checked.output.contains("Check complete, 3 warnings have been found!"))
        #expect(checked.output.contains("Dockerfile:4\n--------------------\n   2 |     ARG V=1\n"))
        #expect(checked.output.contains("   5 | >>> ENV B c\n"))
        let json = try site.brig(["build", "--call=check,format=json", site.context])
        let document = try JSONValue(parsing: Array(json.output.utf8), sizeLimit: 1 << 20)
        guard case .object(let object) = document, case .array(let warnings)? = object["warnings"] else {
            return #expect(Bool(false), "\(json.output)")
        }
        #expect(
            warnings.map { warning -> JSONValue? in
                if case .object(let object) = warning { object["ruleName"] } else { nil }
            }
                == ["WorkdirRelativePath", "LegacyKeyValueFormat", "UndefinedVar"])
        #expect(try site.brig(["images", "-q"]).output.split(separator: "\n").count == 1, "nothing was built")

        let short = try site.build(file.replacing("--mount=type=secret,id=key,required ", with: ""))
        #expect(short.status == 0, "\(short.errors)")
        #expect(short.errors.contains("\n 3 warnings found (--check shows their lines):\n"), "\(short.errors)")
        #expect(short.errors.contains(" - LegacyKeyValueFormat: "))
        let skipped = try site.build("# check=skip=all\n" + file.replacing(",required", with: ""))
        #expect(!skipped.errors.contains("warnings found"), "\(skipped.errors)")
        let refused = try site.build("# check=error=true\n" + file)
        #expect(refused.status == 1 && refused.errors.contains("are to be errors: LegacyKeyValueFormat, UndefinedVar"))
        #expect(!refused.errors.contains("RUN"))
        let given = try site.build(file, ["--build-arg", "BUILDKIT_DOCKERFILE_CHECK=error=true"])
        #expect(given.status == 1)
        let clean = try site.build("FROM box\nENV A=b", ["--check"])
        #expect(clean.status == 0 && clean.output == "Check complete, no warnings found.\n", "\(clean.errors)")
        let wrong = try site.build("FROM box\nFOO", ["--check"])
        #expect(wrong.status == 1 && wrong.errors.contains("unknown instruction: FOO"))
    }

    @Test("the outline of a target, and the targets")
    func outline() throws {
        let site = try BuildTests.Site()
        try site.write(file + "\n# last the end\nFROM base AS last", to: "Dockerfile")
        let outline = try site.brig(["build", "--call", "outline", "--build-arg", "V=2", site.context])
        #expect(
            outline.output == """
                TARGET: last
                DESCRIPTION: the end

                BUILD ARG   VALUE   DESCRIPTION
                C                   colour

                SECRET   REQUIRED
                key      true


                """, "\(outline.output)\(outline.errors)")
        let targets = try site.brig(["build", "--call=targets", site.context])
        #expect(
            targets.output == "TARGET         DESCRIPTION\nbase           \nlast (default) the end\n",
            "\(targets.output)")
        let wrong = try site.brig(["build", "--call=nothing", site.context])
        #expect(wrong.status != 0 && wrong.errors.contains("--call takes check, outline, targets or build"))
    }

    @Test("scripts that make and use builders find the one that there is")
    func builders() throws {
        let site = try BuildTests.Site()
        #expect(try site.brig(["buildx", "ls", "--format", "{{.Name}} {{.Driver}}"]).output == "default brig\n")
        #expect(try site.brig(["buildx", "inspect", "--bootstrap"]).output.contains("Status:           running\n"))
        let made = try site.brig(["buildx", "create", "--name", "mine", "--driver", "docker-container", "--use"])
        #expect(made.status == 0 && made.output == "default\n" && made.errors.contains("nothing is made"))
        #expect(try site.brig(["buildx", "use", "default"]).status == 0)
        for words in [["use", "mine"], ["rm", "mine"], ["rm", "default"], ["inspect", "mine"], ["bake"]] {
            let refused = try site.brig(["buildx"] + words)
            #expect(
                refused.status != 0 && refused.errors.split(separator: "\n").count == 1, "\(words) \(refused.errors)")
        }
        #expect(try site.brig(["buildx", "create", "--driver", "remote", "tcp://x:1"]).status != 0)
    }

    @Test("annotations are the manifest's, and those of an index are refused")
    func annotations() throws {
        let site = try BuildTests.Site()
        let built = try site.build(
            "FROM box\nENV A=b", ["-t", "noted", "--annotation", "a.b=c=d", "--annotation", "manifest:e=f"])
        #expect(built.status == 0, "\(built.errors)")
        #expect(try site.brig(["save", "-o", site.context + "/../image.tar", "noted"]).status == 0)
        let manifest = try site.shell("cd ..; mkdir out; tar -C out -xf image.tar; cat out/blobs/sha256/*")
        #expect(manifest.contains(#""annotations":{"a.b":"c=d","e":"f"}"#))
        for text in ["index:a=b", "manifest-descriptor:a=b", "nothing", "=x"] {
            let refused = try site.build("FROM box", ["--annotation", text])
            #expect(refused.status != 0 && refused.errors.contains("--annotation"), "\(text): \(refused.errors)")
        }
    }

    @Test("fields of -o are obeyed, and those that are not there are refused")
    func outputs() throws {
        let site = try BuildTests.Site()
        let named = try site.build("FROM box\nENV A=b", ["-o", "type=image,name=given,annotation.a=b"])
        #expect(named.status == 0, "\(named.errors)")
        #expect(try site.brig(["image", "inspect", "given"]).status == 0)
        let nothing = try site.build("FROM box\nENV A=c", ["-o", "type=cacheonly", "--iidfile", site.context + "/id"])
        #expect(nothing.status == 0 && !nothing.errors.contains("exporting to image"), "\(nothing.errors)")
        for text in ["type=local,dest=x,colour=red", "type=image,compression=zstd", "type=gold", "type=registry"] {
            let refused = try site.build("FROM box", ["-o", text])
            #expect(
                refused.status != 0 && refused.errors.split(separator: "\n").count == 1, "\(text): \(refused.errors)")
        }
    }

    @Test("programs of another machine: they run, or one line says what to install")
    func otherMachine() throws {
        let site = try BuildTests.Site()
        // The head of an ELF file for s390x, whose bytes stand the other way round, and nothing after it.
        var bytes = [UInt8](repeating: 0, count: 256)
        bytes.replaceSubrange(0..<7, with: [0x7F, 0x45, 0x4C, 0x46, 2, 2, 1])
        bytes.replaceSubrange(16..<20, with: [0, 2, 0, 22])
        try OwnedDescriptor(open: "\(site.context)/sh", [.write, .create], mode: 0o755).write(bytes)
        let result = try site.build(
            "FROM --platform=$TARGETPLATFORM scratch\nCOPY --chmod=755 sh /bin/sh\nRUN true",
            ["--platform", "linux/s390x"])
        #expect(result.status != 0)
        let isRegistered = try site.shell(
            "cat /proc/sys/fs/binfmt_misc/* 2>/dev/null | grep -c '^magic 7f454c46.*0016' || :")
        guard isRegistered.trimmingCharacters(in: .whitespacesAndNewlines) == "0" else { return }
        #expect(result.errors.contains("install Debian's qemu-user-static"), "\(result.errors)")
        let own = try site.build("FROM box\nRUN false")
        #expect(!own.errors.contains("qemu"))
    }
}
