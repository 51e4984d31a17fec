import Foundation
import LinuxKernel
import Testing

/// What goes wrong around a build: readers that leave, files that change, words that are not clear by themselves.
@Suite("Trouble around builds", .drivesBrig)
struct BuildTroubleTests {
    private typealias Site = BuildTests.Site

    @Test("a build whose output nobody reads any more ends, and leaves nothing", arguments: [1, 4])
    func lostReader(lines: Int) throws {
        let site = try Site()
        try site.write("FROM box\nRUN while :; do echo line; done\n", to: "Dockerfile")
        let home = site.fixture.directory
        let brig = "\(BrigFixture.products)/brig --root \(home)/root --run-root \(home)/run"
        let shown = try site.shell(
            "{ \(brig) build --progress plain . 2>&1; echo $? >../code; } | head -n \(lines); cat ../code")
        #expect(shown.hasPrefix("#1 [1/2] FROM box\n"))
        #expect(shown.hasSuffix("\n141\n"), "\(shown)")
        let left = try site.shell(
            "ls ../root/builds ../run/builds 2>/dev/null | grep -v :; ls -A ../run/runtime | grep -v @; true")
        #expect(left.split(separator: "\n") == [])
        #expect(try site.fixture.leftovers().filter { $0 != "builds" } == [])
    }

    @Test("progress that writes over its line is shown once, without what moves the cursor")
    func overwritten() throws {
        let site = try Site()
        let result = try site.build(
            #"FROM box"# + "\n" + #"RUN printf '10%%\r20%%\r\033[32mdone\033[0m\nlast\r\nopen'"# + "\n", [])
        #expect(result.status == 0, "\(result.errors)")
        let lines = result.errors.split(separator: "\n").filter { $0.hasPrefix("#2 ") }.map {
            $0.split(separator: " ").last.map(String.init) ?? ""
        }
        #expect(lines.dropFirst().dropLast() == ["done", "last", "open"])
    }

    @Test("steps of ONBUILD count, and links that lead out of the context are named with what they lead to")
    func words() throws {
        let site = try Site()
        let counted = try site.build("FROM box AS a\nONBUILD RUN true\nFROM a\nRUN echo\n", [])
        #expect(counted.errors.contains("[stage-1 3/3] RUN echo"), "\(counted.errors)")
        _ = try site.shell("ln -s ../../etc/shadow up")
        let copied = try site.build("FROM box\nCOPY up /\n", [])
        #expect(copied.status == 1)
        #expect(
            copied.errors.contains(#""up" is a link to "../../etc/shadow", and that is not in the build context"#),
            "\(copied.errors)")
    }

    @Test("programs of another stage, an image or the context run where they are mounted")
    func mountedPrograms() throws {
        let site = try Site()
        try site.write("#!/bin/sh\necho context\n", to: "program")
        _ = try site.shell("chmod 755 program")
        let file = """
            FROM box AS tools
            FROM box
            RUN --mount=from=tools,target=/t /t/bin/busybox echo whole > /said
            RUN --mount=from=tools,source=/bin/busybox,target=/usr/bin/busybox /usr/bin/busybox echo one >> /said
            RUN --mount=from=tools,target=/t,rw touch /t/new && /t/bin/busybox echo written >> /said
            RUN --mount=target=/c /c/program >> /said
            RUN --mount=from=box,target=/t /t/bin/busybox echo image >> /said
            """
        _ = try site.id(file, ["-t", "mounted"])
        #expect(try site.output("mounted", "cat", "/said") == "whole\none\nwritten\ncontext\nimage\n")
    }

    @Test("a stage has the arguments of the one that it stands on, as BuildKit has it")
    func inheritedArguments() throws {
        let site = try Site()
        let file = """
            FROM box AS base
            ARG A=1
            ENV B=x$A
            FROM base AS middle
            FROM middle
            RUN echo "1 $A $B" > /said
            LABEL a=$A
            ARG A
            RUN echo "2 $A" >> /said
            ARG A=3
            RUN echo "3 $A" >> /said
            """
        _ = try site.id(file, ["-t", "heir"])
        #expect(try site.output("heir", "cat", "/said") == "1 1 x1\n2 1\n3 3\n")
        #expect(
            try site.brig(["inspect", "-f", "{{index .Config.Labels \"a\"}} {{.Config.Env}}", "heir"]).output.contains(
                "1 ["))
        #expect(try !site.output("heir", "env").contains("A="))
    }

    @Test("what a program made of mounted files that changed meanwhile is not found again")
    func changedMeanwhile() throws {
        let site = try Site()
        try site.write("one", to: "file")
        try site.write("", to: "pause")
        _ = try site.shell("mkfifo ../gate ../ready")
        let file = """
            FROM box
            RUN --mount=type=bind,target=/c --mount=type=bind,from=gates,target=/g \\
                echo > /g/ready; read line < /g/gate; cat /c/file > /seen
            """
        try site.write(file, to: "Dockerfile")
        _ = try site.shell("mkdir ../gates; mv ../gate ../ready ../gates")
        let home = site.fixture.directory
        let words =
            "\(BrigFixture.products)/brig --root \(home)/root --run-root \(home)/run build --progress plain -t seen --build-context gates=../gates ."
        // The file is another one while the program waits.
        let changing = try site.shell(
            "\(words) >../log 2>&1 & read line <../gates/ready; echo two >file; echo >../gates/gate; wait $!; echo $?; cat ../log"
        )
        #expect(changing.hasPrefix("0\n"), "\(changing)")
        #expect(changing.contains("have changed while the program ran"), "\(changing)")
        #expect(try site.output("seen", "cat", "/seen") == "two\n")
        // As it was: the program has to see it now.
        let again = try site.shell(
            "printf one >file; \(words) >../log 2>&1 & read line <../gates/ready; echo >../gates/gate; wait $!; echo $?; cat ../log"
        )
        #expect(again.hasPrefix("0\n"), "\(again)")
        #expect(!again.contains("have changed"), "\(again)")
        #expect(try site.output("seen", "cat", "/seen") == "one")
        #expect(try site.shell("\(words) 2>&1 | grep -c CACHED") == "2\n")
    }

    @Test("system prune takes networks and the cache of builds, too, and asks with all that it removes")
    func pruned() throws {
        let site = try Site()
        _ = try site.build("FROM box\nRUN --mount=type=cache,target=/c echo > /c/f; echo 1 > /1\n", [])
        #expect(try site.brig(["network", "create", "unused"]).status == 0)
        let asked = try site.brig(["system", "prune", "-a"], input: "n\n")
        #expect(
            asked.output.contains(
                """
                  - all stopped containers
                  - all networks not used by at least one container
                  - all images without at least one container associated to them
                  - all build cache
                """), "\(asked.output)")
        let pruned = try site.brig(["system", "prune", "-f"])
        #expect(pruned.status == 0, "\(pruned.errors)")
        #expect(pruned.output.contains("Deleted Networks:\nunused\n\n"), "\(pruned.output)")
        #expect(pruned.output.contains("Deleted build cache objects:\nRUN --mount=type=cache") == false)
        #expect(pruned.output.contains("Deleted build cache objects:\nRUN echo"), "\(pruned.output)")
        #expect(try site.brig(["builder", "du"]).output.contains("cache directory /c"))
        _ = try site.brig(["system", "prune", "-af"])
        #expect(try site.brig(["builder", "du"]).output == "")
        #expect(try site.brig(["images", "-q"]).output == "")
    }
}
