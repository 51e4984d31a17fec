import Testing

/// New programs in the place of those that run.
@Suite(.drivesBrig)
struct UpgradeTests {
    @Test("a program that was put in place by a rename leaves containers running, and their ends are told")
    func rename() throws {
        let fixture = try BrigFixture()
        let place = "\(fixture.directory)/bin"
        func shell(_ script: String) throws -> BrigFixture.Result { try fixture.onHost("/bin/sh", ["-c", script]) }
        #expect(try shell("mkdir \(place) && cp \(BrigFixture.products)/brig-runtime \(place)").status == 0)
        let own = ["--runtime", "\(place)/brig-runtime"]
        for name in ["one", "two"] {
            #expect(
                try fixture.brig(
                    own + [
                        "run", "-d", "--name", name, "--network", "none", "box", "sh", "-c",
                        "trap 'echo told; exit 7' TERM; echo on; while :; do sleep 0.1; done",
                    ]
                ).status == 0)
        }
        // As install(1), packages and `make` do; the second time nothing of the first file is left.
        for _ in 0..<2 {
            #expect(
                try shell(
                    "cp \(BrigFixture.products)/brig-runtime \(place)/new && mv \(place)/new \(place)/brig-runtime"
                )
                .status == 0)
        }
        #expect(try fixture.brig(own + ["exec", "one", "echo", "inside"]).output == "inside\n")
        for name in ["one", "two"] {
            #expect(try fixture.brig(own + ["stop", name]).status == 0)
            #expect(
                try fixture.brig("inspect", "-f", "{{.State.Status}} {{.State.ExitCode}}", name).output == "exited 7\n")
            #expect(try fixture.brig("logs", name).output == "on\ntold\n")
            #expect(try fixture.brig(own + ["start", name]).status == 0)
            #expect(try fixture.brig(own + ["rm", "-f", name]).status == 0)
        }
        #expect(try fixture.leftovers() == [])
    }
}
