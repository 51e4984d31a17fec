import LinuxKernel
import Testing

/// What images say of themselves, whatever machine they are for.
@Suite("What builds come to", .drivesBrig)
struct BuildResultTests {
    private typealias Site = BuildTests.Site

    @Test("a stage of this machine makes what an image of another machine holds")
    func cross() throws {
        let site = try Site()
        let file = """
            FROM --platform=$BUILDPLATFORM box AS make
            ARG TARGETPLATFORM TARGETARCH TARGETVARIANT BUILDPLATFORM
            RUN test "$BUILDPLATFORM" != "$TARGETPLATFORM"; echo "$TARGETPLATFORM,$TARGETARCH,$TARGETVARIANT" > /made
            FROM scratch
            ARG TARGETARCH
            COPY --from=make /made /made-$TARGETARCH
            """
        for (platform, made, format, shown) in [
            ("linux/arm/v6", "linux/arm/v6,arm,v6", "{{.Os}} {{.Architecture}} {{.Variant}}", "linux arm v6"),
            ("s390x", "linux/s390x,s390x,", "{{.Os}} {{.Architecture}}", "linux s390x"),
        ] {
            _ = try site.id(file, ["--platform", platform, "-t", "cross"])
            #expect(try site.brig(["inspect", "-f", format, "cross"]).output == shown + "\n")
            _ = try site.id(file, ["--platform", platform, "--output", "type=local,dest=\(site.context)/../files"])
            #expect(try site.shell("cat ../files/made-*; rm -r ../files") == made + "\n")
        }
        // An empty word is none, as scripts with a variable write it.
        _ = try site.id("FROM box\nRUN true\n", ["--platform", "", "-t", "own"])
        #expect(try site.output("own", "echo", "runs") == "runs\n")
    }

    @Test("inspect shows the shell, and what is for images that are built on this one")
    func instructions() throws {
        let site = try Site()
        _ = try site.id(
            "FROM box\nSHELL [\"/bin/sh\", \"-ec\"]\nONBUILD RUN echo one\nONBUILD USER app\n", ["-t", "base"])
        #expect(
            try site.brig(["inspect", "-f", "{{json .Config.Shell}} {{json .Config.OnBuild}}", "base"]).output
                == #"["/bin/sh","-ec"] ["RUN echo one","USER app"]"# + "\n")
    }
}
