import LinuxKernel
import Testing

@Suite("images from outside", .drivesBrig)
struct ImageCommandTests {
    let fixture: BrigFixture

    init() throws { fixture = try BrigFixture() }

    private func shell(_ script: String) throws -> BrigFixture.Result {
        try BrigFixture.run("/bin/sh", ["-c", "cd \(fixture.directory) && " + script])
    }

    @Test("names come, are listed and filtered, and go")
    func names() throws {
        #expect(try fixture.brig("tag", "box", "example.com/team/app:1").status == 0)
        #expect(try fixture.brig("tag", "box", "other").status == 0)
        let list = { (words: [String]) in
            try BrigFixture.run(
                BrigFixture.products + "/brig",
                ["--root", fixture.directory + "/root", "images", "--format", "{{.Repository}}:{{.Tag}}"] + words
            ).output.split(separator: "\n").map(String.init).sorted()
        }
        #expect(try list([]) == ["box:latest", "example.com/team/app:1", "other:latest"])
        #expect(try list(["other"]) == ["other:latest"])
        #expect(try list(["-f", "reference=*/*/app"]) == ["example.com/team/app:1"])
        #expect(try list(["-f", "reference=b*"]) == ["box:latest"])
        #expect(try list(["-f", "label=none"]) == [])
        #expect(try list(["-f", "dangling=true"]) == [])
        #expect(try list(["-f", "until=1h"]) == [])
        #expect(try fixture.brig("images", "-f", "nonsense=1").status == 1)
        #expect(try fixture.brig("tag", "box", "a@sha256:\(String(repeating: "0", count: 64))").status == 1)
        #expect(try fixture.brig("tag", "nosuch", "name").status == 1)
        #expect(try fixture.brig("rmi", "other").output == "Untagged: other:latest\n")
    }

    @Test("what happens to images is remembered, in Docker's words")
    func events() throws {
        let id = try fixture.brig("images", "-q", "--no-trunc").output.dropLast()
        #expect(try fixture.brig("tag", "box", "other/two").status == 0)
        let archive = fixture.directory + "/two.tar"
        #expect(try fixture.brig("save", "-o", archive, "box", "other/two").status == 0)
        #expect(try fixture.brig("rmi", "other/two").status == 0)
        #expect(try fixture.brig("rmi", "box").status == 0)
        #expect(
            try fixture.brig("load", "-q=true", "-i", archive).output
                == "Loaded image: box:latest\nLoaded image: other/two:latest\n")
        #expect(try fixture.brig("create", "--name", "cc", "box").status == 0)
        let made = try fixture.brig("commit", "-m", "words", "-c", "LABEL k=v", "cc", "mine:2").output.dropLast()
        #expect(try fixture.brig("tag", "box", "mine:2").status == 0)
        #expect(try fixture.brig("image", "prune", "--force=true").status == 0)
        // What failed is no event.
        #expect(try fixture.brig("tag", "nosuch", "x").status == 1)
        #expect(try fixture.brig("rmi", "box").status == 0)

        let shown = try fixture.brig(
            "events", "--since", "1", "--until", "0s", "-f", "type=image", "--format",
            "{{.Action}} {{.Actor.ID}} {{index .Actor.Attributes \"name\"}}")
        let expected = """
            tag \(id) box:latest
            import \(id) \(id)
            tag \(id) other/two:latest
            save \(id) \(id)
            untag \(id) \(id)
            untag \(id) \(id)
            delete \(id) \(id)
            load \(id) \(id)
            tag \(made) mine:2
            tag \(id) mine:2
            delete \(made) \(made)
            prune  \("")
            untag \(id) \(id)

            """
        #expect(shown.output == expected, "\(shown)")
        let labels = try fixture.brig(
            "events", "--since", "1.5", "--until", "0s", "-f", "label=k=v", "--format", "{{.Type}} {{.Action}}")
        #expect(labels.output == "image tag\n", "\(labels)")
        let commit = try fixture.brig(
            "events", "--since", "1", "--until", "0s", "-f", "event=commit", "--format",
            "{{.Actor.Attributes.comment}} {{.Actor.Attributes.imageID}} {{.Actor.Attributes.imageRef}}")
        #expect(commit.output == "words \(made) mine:2\n", "\(commit)")
        #expect(try fixture.brig("rm", "cc").status == 0)
    }

    @Test(
        "flags with values, as Docker takes them",
        arguments: [
            (["images", "-q=false", "--no-trunc=1"], "REPOSITORY"), (["images", "--quiet=T", "-f=dangling=true"], ""),
            (["history", "-H=false", "box"], "IMAGE"), (["history", "--human=0", "--quiet=f", "box"], "IMAGE"),
            (["image", "ls", "-q=false"], "REPOSITORY"), (["rmi", "-f=false", "--no-prune=true", "box"], "Untagged"),
        ])
    func flagValues(words: [String], start: String) throws {
        let result = try fixture.brig(words)
        #expect(result.status == 0 && result.output.hasPrefix(start), "\(result)")
        if words[0] == "history" { #expect(result.output.contains("CREATED AT"), "\(result)") }
        if words.contains("--quiet=T") { #expect(result.output.isEmpty) }
    }

    @Test("commit keeps what was changed and removed, and how the container was run")
    func commit() throws {
        #expect(
            try fixture.brig(
                "run", "--name", "cc", "-e", "KEY=own", "box", "sh", "-c",
                "echo new > /etc/new; rm /bin/wc; rm -r /tmp; mkdir /tmp; chmod 1777 /tmp; ln /etc/new /etc/same"
            ).status == 0)
        let made = try fixture.brig(
            "commit", "-a", "me", "-m", "changes", "-c", #"CMD ["cat", "/etc/new"]"#, "cc", "mine:2")
        #expect(made.status == 0, "\(made.errors)")
        #expect(made.output.hasPrefix("sha256:"))
        #expect(try fixture.brig("run", "--rm", "mine:2").output == "new\n")
        #expect(try fixture.brig("run", "--rm", "mine:2", "sh", "-c", "echo $KEY; ls /bin/wc").output == "own\n")
        let steps = try fixture.brig("history", "--format", "{{.ID}} {{.CreatedBy}} {{.Comment}}", "mine:2").output
        #expect(steps.split(separator: "\n").count == 2)
        #expect(steps.contains(" changes\n<missing> "))
        let shown = try fixture.brig("image", "inspect", "-f", "{{.Author}} {{len .RootFS.Layers}}", "mine:2").output
        #expect(shown == "me 2\n")
        #expect(try fixture.brig("image", "tree", "mine:2").output.contains("shared with box:latest"))
        // The base image goes by name only: its layer stays for the other.
        _ = try fixture.brig("rm", "cc")
        #expect(try fixture.brig("rmi", "box").status == 0)
        #expect(try fixture.brig("run", "--rm", "mine:2").output == "new\n")
    }

    @Test("a container that runs is committed, and goes on")
    func commitOfRunning() throws {
        #expect(try fixture.brig("run", "-d", "--name", "rr", "box", "sh", "-c", "echo x > /x; sleep 600").status == 0)
        let made = try fixture.brig("commit", "--pause=false", "rr")
        #expect(made.status == 0, "\(made.errors)")
        #expect(try fixture.brig("ps", "-q").output.split(separator: "\n").count == 1)
        #expect(try fixture.brig("images", "-q", "-f", "dangling=true").output.split(separator: "\n").count == 1)
        let pruned = try fixture.brig("image", "prune", "-f")
        #expect(pruned.output.contains("deleted: " + made.output) && pruned.output.contains("Total reclaimed space: "))
        #expect(try fixture.brig("images", "-q", "-f", "dangling=true").output == "")
        #expect(try fixture.brig("rm", "-f", "rr").status == 0)
        #expect(try fixture.leftovers() == [])
    }

    @Test("export gives back the tree, of a container that runs and of one that does not")
    func export() throws {
        #expect(try fixture.brig("run", "--name", "ee", "box", "sh", "-c", "echo 1 > /one; rm /bin/wc").status == 0)
        #expect(try fixture.brig("export", "-o", fixture.directory + "/e.tar", "ee").status == 0)
        let names = try shell("tar -tf e.tar").output.split(separator: "\n")
        #expect(names.contains("one") && names.contains("bin/busybox") && !names.contains("bin/wc"))
        let again = try fixture.brig("import", fixture.directory + "/e.tar", "again")
        #expect(again.status == 0, "\(again.errors)")
        #expect(try fixture.brig("run", "--rm", "again", "cat", "/one").output == "1\n")
        #expect(
            try fixture.brig("run", "-d", "--name", "ff", "box", "sh", "-c", "echo 2 > /two; sleep 600").status == 0)
        #expect(try fixture.brig("exec", "ff", "sh", "-c", "until [ -s /two ]; do sleep 0.1; done").status == 0)
        #expect(try fixture.brig("export", "-o", fixture.directory + "/f.tar", "ff").status == 0)
        #expect(try shell("tar -xOf f.tar two").output == "2\n")
        #expect(try shell("tar -tf f.tar proc/1").status != 0)
        #expect(try fixture.brig("rm", "-f", "ee", "ff").status == 0)
        #expect(try fixture.leftovers() == [])
        #expect(try fixture.brig("export", "-o", fixture.directory + "/none.tar", "nosuch").status == 1)
        #expect(try shell("ls none.tar .none.tar*").status != 0)
    }
}
