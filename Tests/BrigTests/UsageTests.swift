import Testing

/// `system df`, in all forms that Docker has for it.
@Suite(.drivesBrig)
struct UsageTests {
    private let fixture: BrigFixture

    init() throws { fixture = try BrigFixture() }

    private func usage(_ words: String...) throws -> String {
        let result = try fixture.brig(["system", "df"] + words)
        #expect(result.status == 0 && result.errors == "")
        return result.output
    }

    @Test("system df: table, JSON and templates, with and without -v")
    func forms() throws {
        #expect(try fixture.brig("volume", "create", "free").status == 0)
        #expect(
            try fixture.brig(
                "run", "--name", "one", "--network", "none", "-v", "data:/data", "-v", "\(fixture.directory):/host",
                "box", "sh", "-c", "head -c 1000 /dev/zero > /data/file; head -c 5 /dev/zero > /five"
            ).status == 0)
        #expect(try fixture.brig("commit", "one", "two:1").status == 0)
        let id = try fixture.brig("inspect", "-f", "{{.Id}}", "one").output.dropLast()

        let plain = try usage()
        #expect(plain.hasPrefix("TYPE            TOTAL     ACTIVE    SIZE"))
        #expect(plain.split(separator: "\n").count == 5)
        #expect(try usage("--format", "table") == plain)
        #expect(
            try usage("--format", "{{.Type}}|{{.TotalCount}}|{{.Active}}|{{.Size}}").split(separator: "\n")
                .dropFirst() == ["Containers|1|0|5B", "Local Volumes|2|1|1kB", "Build Cache|0|0|0B"])
        #expect(
            try usage("--format", "table {{.Type}}\\t{{.TotalCount}}")
                == "TYPE            TOTAL\nImages          2\nContainers      1\nLocal Volumes   2\nBuild Cache     0\n"
        )
        for line in try usage("--format", "json").split(separator: "\n") {
            #expect(line.hasPrefix(#"{"Active":""#) && line.contains(#""Type":""#))
        }

        let verbose = try usage("-v")
        let blocks = verbose.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        for line in [
            "Images space usage:", "Containers space usage:", "Local Volumes space usage:", "Build cache usage: 0B",
        ] { #expect(blocks.contains(line)) }
        for start in [
            "REPOSITORY   TAG       IMAGE ID       CREATED", "CONTAINER ID   IMAGE     COMMAND",
            "VOLUME NAME   LINKS     SIZE", "data          1         1kB", "free          0         0B",
            "CACHE ID   CACHE TYPE   SIZE", "\(id.prefix(12))   box       ",
        ] { #expect(blocks.contains { $0.hasPrefix(start) }, "\(start)") }
        #expect(try usage("-v", "--format", "table") == verbose)
        // The second image has the first one's layer and five bytes of its own.
        #expect(
            try usage(
                "-v", "--format",
                "{{range .Images}}{{.Repository}}:{{.Tag}} {{ne .SharedSize \"0B\"}} {{.UniqueSize}} {{.Containers}};{{end}}"
            ).split(separator: ";").sorted().map(String.init) == ["\n", "box:latest true 0B 1", "two:1 true 5B 0"])
        #expect(
            try usage(
                "-v", "--format",
                "{{range .Containers}}{{.ID}} {{.Names}} {{.Size}} {{.LocalVolumes}} {{.State}}{{end}}"
                    + "{{range .Volumes}} {{.Name}} {{.Links}} {{.Size}}{{end}} {{len .BuildCache}}")
                == "\(id) one 5B 1 exited data 1 1kB free 0 0B 0\n")
        #expect(try usage("-v", "--format", "json").hasPrefix(#"{"Images":[{"Containers":""#))
        #expect(try usage("-v", "--format", "json") == usage("-v", "--format", "{{json .}}"))
        #expect(try fixture.brig("system", "df", "-v", "--format", "{{.Type}}").status == 1)
        #expect(try fixture.brig("system", "df", "-v", "--format", "{{").status == 64)
        #expect(try fixture.brig("rm", "-v", "one").status == 0)
    }
}
