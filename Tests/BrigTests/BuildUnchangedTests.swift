import LinuxKernel
import Testing

/// Builds of which little or nothing has changed: what they do not do must not be missed.
@Suite("Unchanged builds", .drivesBrig)
struct BuildUnchangedTests {
    private typealias Site = BuildTests.Site

    @Test("an unchanged build of which layers were lost makes them anew")
    func lost() throws {
        let site = try Site()
        let file = "FROM box\nRUN echo one > /one\nWORKDIR /made\nCOPY f /f\n"
        try site.write("two", to: "f")
        _ = try site.id(file, ["-t", "lost"])
        let lost = try site.shell("ls -d ../root/layers/[0-9a-f]*; rm -rf ../root/layers/[0-9a-f]*")
        #expect(lost.split(separator: "\n").count == 4)
        _ = try site.id(file, ["-t", "lost"])
        #expect(try site.output("lost", "cat", "/one", "/f") == "one\ntwo")
    }

    @Test("names follow the latest build, whether it has done something or not")
    func names() throws {
        let site = try Site()
        let first = try site.id("FROM box\nRUN echo 1 > /1\n", ["-t", "here"])
        let second = try site.id("FROM box\nRUN echo 2 > /2\n", ["-t", "here", "-t", "there"])
        #expect(try site.id("FROM box\nRUN echo 1 > /1\n", ["-t", "here"]) == first)
        #expect(try site.brig(["inspect", "-f", "{{.Id}}", "here"]).output == first)
        #expect(try site.brig(["inspect", "-f", "{{.Id}}", "there"]).output == second)
        // What only names have held goes with them, though the cache keeps its steps.
        _ = try site.brig(["rmi", "-f", "here", "there"])
        #expect(try site.id("FROM box\nRUN echo 1 > /1\n", ["-t", "here"]) == first)
    }

    @Test("a working directory is made where none is, whatever layers, marks and links say")
    func workingDirectories() throws {
        let site = try Site()
        let file = """
            FROM box
            RUN busybox mkdir -p /a/b && busybox ln -s a /l && echo file > /f
            WORKDIR /a/b
            RUN busybox rm -r /a
            WORKDIR /a/b
            RUN busybox rm -r /a && busybox mkdir /a
            WORKDIR /a/b
            WORKDIR /l/b
            WORKDIR /l/c
            RUN busybox mv /a/c /a/d
            WORKDIR /a/d
            """
        // Three times something was made, and three times it was there.
        for _ in 0..<2 {
            _ = try site.id(file, ["-t", "work"])
            let layers = try site.brig(["inspect", "-f", "{{len .RootFS.Layers}}", "work"])
            #expect(layers.output == "8\n", "\(layers.errors)")
            #expect(try site.output("work", "sh", "-c", "pwd; cd /a/b; cd /l/b; cd /l/d; ls /a") == "/a/d\nb\nd\n")
        }
        let wrong = try site.build("FROM box\nRUN echo > /f\nWORKDIR /f/x\n", [])
        #expect(wrong.status == 1)
        #expect(wrong.errors.contains("not a directory"), "\(wrong.errors)")
    }

    @Test("files that are known are read again when anything of them is another")
    func digests() throws {
        let site = try Site()
        let file = "FROM box\nCOPY tree /tree\nCOPY tree/one /one\n"
        _ = try site.shell("mkdir -p tree/deep; printf aaaa > tree/one; printf cccc > tree/deep/two")
        func content() throws -> String {
            let result = try site.brig([
                "build", "-q", "--output", "type=local,dest=\(site.context)/../out", site.context,
            ])
            #expect(result.status == 0, "\(result.errors)")
            return try site.shell("cat ../out/one ../out/tree/one ../out/tree/deep/two; rm -rf ../out")
        }
        try site.write(file, to: "Dockerfile")
        // Once their last change is a while ago, files are known.
        let clock = ContinuousClock()
        let limit = clock.now + .seconds(60)
        var isKnown = false
        while !isKnown, clock.now < limit {
            #expect(try content() == "aaaaaaaacccc")
            isKnown = try site.shell("ls ../root/build-contexts/* >/dev/null 2>&1 && printf known; true") == "known"
            // There no file is ever known.
            if try site.shell("stat -f -c %T .") == "tmpfs\n" { return }
        }
        try #require(isKnown)
        // The same size, and the time set back.
        _ = try site.shell("touch -r tree/one time; printf bbbb > tree/one; touch -r time tree/one")
        #expect(try content() == "bbbbbbbbcccc")
        // Another file in its place, with all its times but one.
        _ = try site.shell("printf dddd > new; touch -r tree/deep/two new; mv new tree/deep/two")
        #expect(try content() == "bbbbbbbbdddd")
        // Changed again and again, as fast as it goes.
        for number in 1000..<1010 {
            _ = try site.shell("printf \(number) > tree/one; touch -r time tree/one")
            #expect(try content() == "\(number)\(number)dddd")
        }
        // A mode is part of the image, and of what is known.
        _ = try site.shell("chmod 751 tree/one")
        _ = try content()
        try site.write("FROM box\nCOPY tree /tree\nRUN ls -l /tree/one > /mode\n", to: "Dockerfile")
        let mode = try site.brig(["build", "-q", "--output", "type=local,dest=\(site.context)/../out", site.context])
        #expect(mode.status == 0, "\(mode.errors)")
        let shown = try site.shell("cat ../out/mode")
        #expect(shown.hasPrefix("-rwxr-x--x"), "\(shown)")
        try site.write(file, to: "Dockerfile")
        _ = try site.shell("rm -rf ../out")
        // What is not whole says nothing.
        _ = try site.shell("for f in ../root/build-contexts/*; do printf x >> $f; done")
        #expect(try content() == "10091009dddd")
        let pruned = try site.brig(["builder", "prune", "-f"])
        #expect(pruned.status == 0, "\(pruned.errors)")
        #expect(try site.shell("test -e ../root/build-contexts && echo there; true") == "")
        #expect(try content() == "10091009dddd")
    }

    @Test("what is written through a mapping into a file of a tmpfs counts, though no time of the file changes")
    func mapped() throws {
        let site = try Site()
        let context = "/dev/shm/brig-mapped-\(UInt64.random(in: 0 ... .max))"
        guard try site.shell("stat -f -c %T /dev/shm") == "tmpfs\n" else { return }
        _ = try site.shell(
            "mkdir \(context); printf aaaa > \(context)/f; echo 'FROM box\nCOPY f /f' > \(context)/Dockerfile")
        defer { _ = try? site.shell("rm -r \(context)") }
        // Older than any step of the kernel's clock.
        let clock = ContinuousClock()
        let limit = clock.now + .milliseconds(300)
        func content() throws -> String {
            let result = try site.brig(["build", "-q", "--output", "type=local,dest=\(site.context)/../out", context])
            #expect(result.status == 0, "\(result.errors)")
            return try site.shell("cat ../out/f; rm -rf ../out")
        }
        repeat { #expect(try content() == "aaaa") } while clock.now < limit
        let write = "import mmap; f = open('\(context)/f', 'r+b'); m = mmap.mmap(f.fileno(), 4); m[0]; m[:] = b'bbbb'"
        _ = try site.shell("/usr/bin/python3 -c \"\(write)\"")
        #expect(try content() == "bbbb")
    }
}
