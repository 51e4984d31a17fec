import LinuxKernel
import Testing

@Suite("volumes from outside", .drivesBrig)
struct VolumeTests {
    let fixture: BrigFixture

    init() throws { fixture = try BrigFixture() }

    /// An image with a directory of its own owner and mode, and a `VOLUME` there.
    private func prepareImage() throws {
        let made = try BrigFixture.run(
            "/bin/sh",
            [
                "-c",
                """
                cd \(fixture.directory)/image && mkdir -p data/deep && echo one > data/file && ln -s ../file data/deep/link
                chown -R 1000:1000 data && chmod 2750 data && tar -czf ../volume.tar.gz .
                """,
            ])
        #expect(made.status == 0, "\(made.errors)")
        #expect(
            try fixture.brig(
                "import", "-c", #"VOLUME ["/data"]"#, "\(fixture.directory)/volume.tar.gz", "volumes"
            ).status == 0)
    }

    @Test("an empty volume gets what the image has in its place, once, with owners and modes")
    func copyUp() throws {
        try prepareImage()
        let look = "ls -ldn /data | head -c 10; echo; cat /data/deep/link; echo two > /data/file"
        #expect(
            try fixture.brig("run", "--rm", "-v", "vol:/data", "volumes", "sh", "-c", look).output
                == "drwxr-s---\none\n")
        #expect(try fixture.brig("run", "--rm", "-v", "vol:/data", "volumes", "cat", "/data/file").output == "two\n")
        #expect(
            try fixture.brig("run", "--rm", "-v", "bare:/data:nocopy", "volumes", "ls", "-A", "/data").output == "")
        // Two containers, one volume; and a part of it.
        #expect(
            try fixture.brig(
                "run", "--rm", "--mount", "src=vol,dst=/part,volume-subpath=deep,ro", "box", "ls", "/part"
            ).output == "link\n")
        let wrong = try fixture.brig("run", "--rm", "--mount", "src=vol,dst=/part,volume-subpath=nope", "box", "true")
        #expect(wrong.status == 125 && wrong.errors.contains("no such file or directory"))
        #expect(try fixture.leftovers() == [])
    }

    @Test("volumes without a name go with their container, those with one stay")
    func anonymous() throws {
        try prepareImage()
        #expect(try fixture.brig("run", "--rm", "-v", "/more", "-v", "named:/n", "volumes", "true").status == 0)
        #expect(try fixture.brig("volume", "ls", "-q").output == "named\n")
        #expect(try fixture.brig("run", "--name", "one", "volumes", "cat", "/data/file").output == "one\n")
        let names = try fixture.brig("volume", "ls", "-q", "-f", "dangling=false").output
        #expect(names.split(separator: "\n").count == 1 && names.utf8.count == 65)
        let used = try fixture.brig("volume", "rm", String(names.dropLast()))
        #expect(used.status == 1 && used.errors.contains("volume is in use"))
        #expect(
            try fixture.brig("run", "--rm", "--volumes-from", "one:ro", "box", "sh", "-c", "cat /data/file; >/data/x")
                .output == "one\n")
        #expect(try fixture.brig("rm", "-v", "one").status == 0)
        #expect(try fixture.brig("volume", "ls", "-q").output == "named\n")
        #expect(try fixture.brig("volume", "prune", "-f").output == "Total reclaimed space: 0B\n")
        #expect(try fixture.brig("volume", "prune", "-af").output.contains("named"))
        #expect(try fixture.brig("volume", "ls", "-q").output == "")
        let files = try BrigFixture.run("/bin/sh", ["-c", "ls -A \(fixture.directory)/root/volumes"])
        #expect(files.output == "")
    }

    @Test("export and import keep what is in a volume")
    func archives() throws {
        #expect(try fixture.brig("volume", "create", "--label", "a=b", "first").output == "first\n")
        #expect(try fixture.brig("volume", "inspect", "-f", "{{.Labels.a}} {{.Driver}}", "first").output == "b local\n")
        #expect(
            try fixture.brig(
                "run", "--rm", "-v", "first:/v", "box", "sh", "-c", "echo x > /v/a; touch /v/b"
            ).status == 0)
        let file = "\(fixture.directory)/first.tar"
        #expect(try fixture.brig("volume", "export", "-o", file, "first").status == 0)
        #expect(try fixture.brig("volume", "import", "second", file).status == 0)
        #expect(
            try fixture.brig("run", "--rm", "-v", "second:/v", "box", "sh", "-c", "cat /v/a; ls /v").output
                == "x\na\nb\n")
    }

    @Test("wrong names and places make nothing")
    func wrong() throws {
        for words in [
            ["run", "-v", "x:/y", "box"], ["run", "-v", "name:/proc", "box"], ["run", "--mount", "src=vol", "box"],
            ["run", "--volumes-from", "nope", "box"], ["run", "--volume-driver", "nfs", "box"],
            ["run", "--mount", "type=image,src=nosuch,dst=/i", "box"],
        ] {
            let result = try fixture.brig(words)
            #expect(result.status == 125, "\(words) \(result.errors)")
        }
        for words in [["rm", "nope"], ["inspect", "nope"], ["create", "a"], ["create", "-d", "nfs"]] {
            let result = try fixture.brig(["volume"] + words)
            #expect(result.status == 1, "\(words)")
        }
        #expect(try fixture.brig("volume", "ls", "-q").output == "")
        #expect(try fixture.leftovers() == [])
    }

    @Test("volumes with driver options: whatever happens to them, nothing happens to what they are mounted from")
    func driverOptions() throws {
        let lines = try HostScript.lines(
            "driver-volumes.sh", ["--net", "--mount", "--propagation", "private"], fixture)
        #expect(lines == Self.driverOptionLines)
    }

    private static let driverOptionLines = [
        "-- options",
        "unknown: 1 brig: invalid option: foo|",
        "incomplete: 1 brig: missing required option: device|",
        "size: 1 brig: quota size requested but no quota support: size=10m; for a tmpfs write o=size=…|",
        "shared: 1 brig: the mount propagation shared is not for volumes: use a bind mount with -v|",
        "again: 0 bound|",
        "other options: 1 brig: volume bound is there already, with other options: remove it first, or leave the options out|",
        "inspect: 0 {\"device\":\"dear\",\"o\":\"rbind\",\"type\":\"none\"} root/volumes/bound/_data|",
        "no such directory: 125 brig: failed to mount local volume nowhere: open nowhere: no such file or directory|",
        "no such file system: 125 brig: failed to mount local volume nofs: fsopen nofs: no such device|",
        "read-only: 1 one|sh: can't create /d/one: Read-only file system|",
        "nothing runs: whole, 0 volumes, 0 holds",
        "-- containers",
        "one: whole, 2 volumes, 2 holds",
        "two: whole, 2 volumes, 4 holds",
        "seen: 0 one|deep/er/three|four|",
        "written: five",
        "rm in use: 1 brig: remove bound: volume is in use - [ID, ID]|",
        "one has gone: whole, 2 volumes, 2 holds",
        "restarted: whole, 2 volumes, 2 holds",
        "both have gone: whole, 0 volumes, 0 holds",
        "cp to: 0",
        "copied: six",
        "cp from: 0",
        "copied: deep/two",
        "./ .hidden deep/ deep/er/ deep/er/three deep/link deep/two disk/ disk/four one ",
        "imported: six",
        "df: 0 ||5 0B|",
        "rm -v: 0 second|",
        "removed: whole, 0 volumes, 0 holds",
        "-- removal",
        "pruned: whole, 0 volumes, 0 holds",
        "volumes: bound gone nofs nowhere reading",
        "rm of a mounted one: 0 bound|",
        "removed: whole, 0 volumes, 0 holds",
        "rm of what somebody has mounted: 1 brig: remove plain: something is mounted at root/volumes/plain/_data: unmount it first|",
        "prune of it: 1 brig: remove plain: something is mounted at root/volumes/plain/_data: unmount it first|",
        "refused: whole, 1 volumes, 0 holds",
        "rm: 0 plain|",
        "without a name: whole, 1 volumes, 1 holds",
        "gone with its container: whole, 0 volumes, 0 holds",
        "volumes: bound gone nofs nowhere reading",
        "-- kill -9",
        "killed: whole, 3 volumes, 3 holds",
        "repaired: whole, 0 volumes, 0 holds",
        "started: whole, 3 volumes, 3 holds",
        "ended: whole, 0 volumes, 0 holds",
        "killed while it starts: whole, 0 volumes, 0 holds",
        "repaired: whole, 0 volumes, 0 holds",
        "-- a reboot",
        "rebooted: whole, 0 volumes, 0 holds",
        "boot: 0 up|",
        "up again: whole, 2 volumes, 2 holds",
        "seen: 0 deep/two|",
        "ended: whole, 0 volumes, 0 holds",
        "-- a disk of its own",
        "shared: 0 kept|drwxr-x---    2|tmpfs|",
        "copied: kept",
        "full: 0 small|",
        "empty again: 0",
        "the end: whole, 0 volumes, 0 holds",
        "left:  ",
    ]
}
