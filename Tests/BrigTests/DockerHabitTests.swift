import LinuxKernel
import OCISpec
import Testing

/// Small things that people who come from Docker, and their scripts, take for granted.
@Suite("Habits from Docker", .drivesBrig)
struct DockerHabitTests {
    @Test("/.dockerenv is there, and neither it nor places of mounts are a change of the container's")
    func mark() throws {
        let fixture = try BrigFixture()
        #expect(try fixture.brig("run", "--name", "one", "box", "ls", "/.dockerenv").output == "/.dockerenv\n")
        #expect(try fixture.brig("diff", "one").output == "")
        #expect(try fixture.brig("commit", "one", "again").status == 0)
        _ = try fixture.brig("create", "--name", "fresh", "again", "true")
        let files = try fixture.onHost(
            "/bin/sh",
            [
                "-c",
                "\(BrigFixture.products)/brig --root \(fixture.directory)/root --run-root \(fixture.directory)/run export fresh | tar -tf -",
            ])
        #expect(files.status == 0, "\(files.errors)")
        #expect(!files.output.contains("dockerenv"))
        // What the container puts in its place is the container's.
        let words = "busybox rm /.dockerenv; busybox mkfifo /.dockerenv; busybox chmod 700 /etc; touch /etc/new"
        #expect(try fixture.brig("run", "--name", "own", "box", "sh", "-c", words).status == 0)
        #expect(try fixture.brig("diff", "own").output == "A /.dockerenv\nC /etc\nA /etc/new\n")
        #expect(try fixture.brig("start", "-a", "own").status != 125)
        #expect(try fixture.brig("diff", "own").output.contains("C /etc\n"))
    }

    @Test("a directory whose rights alone were changed is a change")
    func rights() throws {
        let fixture = try BrigFixture()
        _ = try fixture.brig("run", "--name", "one", "box", "busybox", "chmod", "700", "/etc")
        #expect(try fixture.brig("diff", "one").output == "C /etc\n")
    }

    @Test("inspect has the members that are always the same, as Docker's JSON and templates have them")
    func constants() throws {
        let fixture = try BrigFixture()
        _ = try fixture.brig("create", "--name", "one", "box", "true")
        let whole = try fixture.brig("inspect", "one").output
        let value = try JSONValue(parsing: Array(whole.utf8), sizeLimit: 1 << 20)
        let object: JSONObject =
            if case .array(let list) = value, case .object(let first)? = list.first { first } else { [:] }
        let host: JSONObject = if case .object(let members)? = object["HostConfig"] { members } else { [:] }
        let config: JSONObject = if case .object(let members)? = object["Config"] { members } else { [:] }
        #expect(host["ConsoleSize"] == [0, 0])
        #expect(host["DeviceRequests"] == .null)
        #expect(host["Cgroup"] == "")
        for name in [
            "CpuRealtimePeriod", "CpuRealtimeRuntime", "CpuCount", "CpuPercent", "IOMaximumIOps", "IOMaximumBandwidth",
        ] {
            #expect(host[name] == 0, "\(name)")
        }
        for name in ["Volumes", "Entrypoint", "OnBuild"] { #expect(config[name] == .null, "\(name)") }
        for (template, shown) in [
            ("{{.Config.Volumes}} {{json .Config.Volumes}}", "map[] null"), ("{{.Config.Entrypoint}}", "[]"),
            ("{{.HostConfig.ConsoleSize}} {{.HostConfig.DeviceRequests}}", "[0 0] []"),
            ("{{range $k, $v := .Config.Volumes}}{{$k}}{{end}}.", "."),
        ] {
            #expect(try fixture.brig("inspect", "-f", template, "one").output == shown + "\n", "\(template)")
        }
        _ = try fixture.brig("create", "--name", "two", "-v", "/data", "--entrypoint", "sh", "box", "-c", "true")
        #expect(
            try fixture.brig("inspect", "-f", "{{json .Config.Volumes}} {{.Config.Entrypoint}}", "two").output
                == "{\"/data\":{}} [sh]\n")
        // A status that nobody gives: the template is wrong, and says so.
        let health = try fixture.brig("inspect", "-f", "{{.State.Health.Status}}", "one")
        #expect(health.status == 1)
        #expect(health.errors.contains("map has no entry for key \"Health\""), "\(health.errors)")
        #expect(try fixture.brig("inspect", "-f", "{{if .State.Health}}yes{{else}}no{{end}}", "one").output == "no\n")
    }

    @Test("an empty variable is refused, and an empty program is not found")
    func emptyWords() throws {
        let fixture = try BrigFixture()
        for word in ["", "=x"] {
            let run = try fixture.brig("run", "--rm", "-e", word, "box", "true")
            #expect(run.status == 125, "\(word)")
            #expect(run.errors.contains("invalid environment variable: \(word)"), "\(run.errors)")
        }
        let nothing = try fixture.brig("run", "--rm", "box", "")
        #expect(nothing.status == 127, "\(nothing.errors)")
        #expect(nothing.errors.contains("executable file not found in $PATH"), "\(nothing.errors)")
        #expect(try fixture.brig("run", "--rm", "--entrypoint", "", "box").status == 125)
        #expect(try fixture.brig("ps", "-aq").output == "")
    }

    @Test("host-gateway is an address in an internal network, too")
    func hostGateway() throws {
        let fixture = try BrigFixture()
        _ = try fixture.brig("network", "create", "--internal", "--subnet", "10.91.0.0/24", "inner")
        let hosts = try fixture.brig(
            "run", "--rm", "--network", "inner", "--add-host", "up:host-gateway", "box", "cat", "/etc/hosts")
        #expect(hosts.output.contains("10.91.0.1\tup\n"), "\(hosts.output)\(hosts.errors)")
    }
}
