import LinuxKernel
import Testing

/// `inspect --as`: what it says makes the same container.
@Suite("Recreation", .drivesBrig)
struct RecreateTests {
    private static let options =
        "-h fixed -l a=b -l 'c=d e' -e A=1 -e \"B=it's \\$x\" -u 1000:1000 -w /tmp --group-add adm -i --stop-signal USR1 "
        + "--stop-timeout 7 -m 64m --cpus 1.5 --cpu-shares 300 --pids-limit 50 --ulimit nofile=100:200 --shm-size 1m "
        + "--oom-score-adj 100 --cap-drop ALL --cap-add CHOWN --security-opt no-new-privileges --read-only "
        + "--sysctl net.ipv4.ip_forward=0 --device /dev/null:/dev/nothing:rw -v /usr/share:/h:ro -v named:/n "
        + "--mount type=bind,source=/usr/share,target=/m,readonly,bind-propagation=rslave --tmpfs /s:size=64k "
        + "--network name=back,alias=x,alias=y -p 127.0.0.1:8099:80 -p 9000-9001:9000-9001/udp --expose 81 --dns 1.2.3.4 "
        + "--dns-search example.org --add-host h:1.2.3.5 --restart on-failure:3 --log-opt max-size=1m "
        + "--health-cmd 'true; echo \"$A\"' --health-interval 1500ms --entrypoint sleep --annotation q=r box 5"

    private func brig(_ fixture: BrigFixture, _ words: String) throws -> BrigFixture.Result {
        try fixture.onHost(
            "/bin/sh",
            [
                "-c",
                "exec \(BrigFixture.products)/brig --root \(fixture.directory)/root --run-root \(fixture.directory)/run \(words)",
            ])
    }

    @Test("the command line and the compose file make the same container")
    func lines() throws {
        let fixture = try BrigFixture()
        #expect(try fixture.brig("network", "create", "back").status == 0)
        #expect(try fixture.brig("volume", "create", "named").status == 0)
        let made = try brig(fixture, "create --name one \(Self.options)")
        #expect(made.status == 0, "\(made.errors)")
        let line = try fixture.brig("inspect", "--as", "run", "one").output
        #expect(line.hasPrefix("brig run --name one --hostname fixed "))
        let compose = try fixture.brig("inspect", "--as", "compose", "one").output
        #expect(try fixture.brig("rm", "one").status == 0)

        let again = try brig(fixture, "create " + line.dropFirst("brig run ".count))
        #expect(again.status == 0, "\(line) \(again.errors)")
        #expect(try fixture.brig("inspect", "--as", "run", "one").output == line)
        #expect(try fixture.brig("rm", "one").status == 0)

        let file = fixture.directory + "/compose.yaml"
        try replaceFile(file, compose)
        let up = try fixture.brig("compose", "-f", file, "-p", "again", "up", "--no-start")
        #expect(up.status == 0, "\(compose) \(up.errors)")
        let asked =
            "{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}} {{.Config.User}} {{.HostConfig.CapDrop}} {{.HostConfig.Binds}}"
        #expect(
            try fixture.brig("inspect", "-f", asked, "one").output
                == "67108864 1500000000 1000:1000 [ALL] [/usr/share:/h:ro named:/n]\n")
        #expect(try fixture.brig("rm", "one").status == 0)
        #expect(try fixture.leftovers() == [])
    }

    @Test("the bundle runs with the runtime alone")
    func bundle() throws {
        let fixture = try BrigFixture()
        let made = try brig(
            fixture,
            "create --name one --network none -e A=b -w /tmp --read-only --cap-drop ALL box sh -c 'echo $A; pwd; touch /x || grep CapBnd /proc/self/status'"
        )
        #expect(made.status == 0, "\(made.errors)")
        let script = """
            set -e; cd \(fixture.directory); mkdir -p bundle/rootfs
            brig="\(BrigFixture.products)/brig --root \(fixture.directory)/root --run-root \(fixture.directory)/run"
            $brig inspect --as oci one > bundle/config.json
            $brig export one | tar -C bundle/rootfs -x
            exec \(BrigFixture.products)/brig-runtime --root \(fixture.directory)/state run --bundle bundle again-$$
            """
        let ran = try fixture.onHost("/bin/sh", ["-c", script])
        #expect(ran.output == "b\n/tmp\nCapBnd:\t0000000000000000\n", "\(ran.errors)")
        #expect(ran.errors.contains("Read-only file system"))
    }

    @Test("sizes, templates, wrong combinations")
    func others() throws {
        let fixture = try BrigFixture()
        #expect(
            try fixture.brig("run", "--name", "one", "--network", "none", "box", "sh", "-c", "echo 12345 > /f").status
                == 0)
        #expect(try fixture.brig("inspect", "-s", "-f", "{{.SizeRw}}", "one").output == "6\n")
        #expect(
            try fixture.brig("inspect", "-f", "{{if .State.Health}}well{{else}}none{{end}}", "one").output == "none\n")
        #expect(try fixture.brig("inspect", "--as", "run", "-f", "x", "one").status == 125)
        #expect(try fixture.brig("inspect", "--as", "oci", "nobody").status == 1)
        #expect(
            try fixture.brig("info", "--format", "{{.Swarm.LocalNodeState}} {{.OSType}} {{.Containers}}").output
                == "inactive linux 1\n")
        #expect(try fixture.brig("--version").output.hasPrefix("brig version "))
    }
}
