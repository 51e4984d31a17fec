import Foundation
import LinuxKernel
import Testing

/// Sentences of the Dockerfile reference that the table of cases has nothing of.
@Suite("Builds and the reference", .drivesBrig)
struct BuildReferenceTests {
    private func lines(_ site: BuildTests.Site, _ file: String, _ options: [String], _ command: String) throws
        -> [String]
    {
        let built = try site.build(file, ["-t", "made"] + options)
        #expect(built.status == 0, "\(built.errors)")
        return try site.output("made", "sh", "-c", command).split(separator: "\n").map(String.init)
    }

    private func lines(_ site: BuildTests.Site, _ file: String, _ command: String) throws -> [String] {
        try lines(site, file, [], command)
    }

    @Test("ARG: stages made from a stage have its arguments, others do not, and no image keeps them")
    func argumentsOfStages() throws {
        let site = try BuildTests.Site()
        let file = """
            ARG G=g
            FROM box AS a
            ARG X=1 G
            FROM a AS b
            ENV Y=$X$G
            RUN echo "$X $Y" > /b
            FROM box
            COPY --from=b /b /b
            RUN echo "${X-none}" >> /b
            """
        #expect(try lines(site, file, "cat /b; env | grep -c '^X=' || :") == ["1 1g", "none", "0"])
        #expect(try lines(site, file, ["--build-arg", "X=2"], "cat /b") == ["2 2g", "none"])
        let history = try site.brig(["history", "--no-trunc", "--format", "{{.CreatedBy}}", "made"]).output
        #expect(!history.contains("ARG X"), "that is another stage's")
    }

    @Test("here-documents whose names stand apart, and triggers that have some or name stages")
    func documents() throws {
        let site = try BuildTests.Site()
        let file = """
            FROM box AS below
            ONBUILD COPY --from=made /m /m
            ONBUILD RUN <<A cat > /n
            triggered
            A
            FROM box AS made
            RUN cat << EOF > /m
            made
            EOF
            FROM below
            RUN << EOF
            echo $((1 << 2)) > /o
            EOF
            """
        #expect(try lines(site, file, "cat /m /n /o") == ["made", "triggered", "4"])
        let bad = try site.build("FROM box\nRUN <<EOF\ntrue\n")
        #expect(bad.status == 1 && bad.errors.contains("does not end"))
    }

    @Test("COPY --exclude begins at the source, and with --parents where names begin to be kept; ** with --parents")
    func patterns() throws {
        let site = try BuildTests.Site()
        _ = try site.shell(
            "mkdir -p s/t/u; for f in s/a.txt s/a.md s/t/b.txt s/t/b.md s/t/u/c.txt; do echo > $f; done; ln -s ../s s/loop"
        )
        let file = """
            FROM box
            COPY --exclude=*.txt s /1/
            COPY --exclude=*/*.txt s /2/
            COPY --exclude=*.txt s/a* /3/
            COPY --parents s/**/*.txt /4/
            COPY --parents --exclude=s/t/u s/** /5/
            COPY --parents --exclude=t/b.txt ./s/./t/*.txt ./s/./t/*.md /6/
            COPY --exclude=* s/a* /7/
            RUN rm -rf /5/s/loop /1/loop /2/loop
            """
        #expect(
            try lines(site, file, "find /1 /2 /3 /4 /5 /6 -type f | sort; ls -A /7 2>/dev/null || :") == [
                "/1/a.md", "/1/t/b.md", "/1/t/b.txt", "/1/t/u/c.txt", "/2/a.md", "/2/a.txt", "/2/t/b.md",
                "/2/t/u/c.txt", "/3/a.md", "/4/s/a.txt", "/4/s/t/b.txt", "/4/s/t/u/c.txt", "/5/s/a.md", "/5/s/a.txt",
                "/5/s/t/b.md", "/5/s/t/b.txt", "/6/t/b.md",
            ])
    }

    @Test("mounts: variables in all fields but from, and a place that cannot be")
    func mounts() throws {
        let site = try BuildTests.Site()
        let file = """
            FROM box
            ARG U=1000
            ARG M=0710
            RUN --mount=type=cache,target=/c,id=r$U,uid=$U,gid=${U},mode=$M stat -c '%u:%g %a' /c > /said
            """
        #expect(try lines(site, file, "cat /said") == ["1000:1000 710"])
        for (mount, problem) in [
            ("target=/", "cannot have the target /"), ("type=cache,target=/c,uid=$N", "needs a value"),
            ("type=cache,target=/c,uid=${N:-x}", "not a number"), ("from=$N,target=/c", "cannot hold variables"),
        ] {
            let refused = try site.build("FROM box\nRUN --mount=\(mount) true")
            #expect(refused.status == 1 && refused.errors.contains(problem), "\(mount): \(refused.errors)")
        }
    }

    @Test("arguments that BuildKit has for builds: a name for caches, one for the machine")
    func builtInArguments() throws {
        let site = try BuildTests.Site()
        let file =
            "FROM box\nRUN --mount=type=cache,target=/c cat /c/f 2>/dev/null > /said; echo 1 > /c/f; hostname >> /said\n"
        #expect(try lines(site, file, "cat /said") == ["brigbuild"])
        let other = ["--build-arg", "BUILDKIT_CACHE_MOUNT_NS=mine", "--build-arg", "BUILDKIT_SANDBOX_HOSTNAME=here"]
        #expect(try lines(site, file, other, "cat /said") == ["here"])
        #expect(try lines(site, file, ["--no-cache"], "cat /said") == ["1", "brigbuild"])
        let platform = "ARG TARGETPLATFORM\nFROM --platform=$P box"
        #expect(try site.build("ARG P\n" + platform).errors.contains("the platform \"$P\" is empty"))
        #expect(try site.build("FROM --platform=what/is/this/x box").status == 1)
        let told = try site.build(
            "FROM box\nARG TARGETARCH\nRUN echo $TARGETARCH", ["--build-arg", "TARGETARCH=mine", "--no-cache"])
        #expect(told.errors.contains("mine") && !told.errors.contains("no stage has an ARG"), "\(told.errors)")
    }

    @Test("builder prune --keep-storage keeps what was used last")
    func prune() throws {
        let site = try BuildTests.Site()
        func file(_ number: Int) -> String {
            "FROM box\nRUN dd if=/dev/zero of=/f bs=1024 count=1024 2>/dev/null && echo step \(number)\n"
        }
        // The first one is used again after the others.
        for number in [1, 2, 3, 1] {
            let built = try site.build(file(number), ["--network", "none"])
            #expect(built.status == 0, "\(built.errors)")
        }
        // Each is a layer and its archive, of a megabyte each.
        let pruned = try site.brig(["builder", "prune", "-f", "--keep-storage", "3m"])
        #expect(pruned.status == 0, "\(pruned.errors)")
        let left = try site.brig(["builder", "du"]).output
        #expect(left.contains("step 1") && !left.contains("step 2") && !left.contains("step 3"), "\(left)")
    }
}
