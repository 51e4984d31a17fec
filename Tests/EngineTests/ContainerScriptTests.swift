import OCISpec
import Testing

@testable import Engine

@Suite("a container as a shell script")
struct ContainerScriptTests {
    private func script(_ change: (inout RuntimeConfig) -> Void = { _ in }) -> String {
        var specification = RuntimeConfig(
            ociVersion: "1.0.2",
            process: RuntimeConfig.Process(
                user: RuntimeConfig.Process.User(uid: 7, gid: 8), args: ["sh", "-c", "it's"], env: ["A=b c", "9X=y"],
                cwd: "/"),
            root: RuntimeConfig.Root(path: "/"), hostname: "box",
            linux: RuntimeConfig.Linux(namespaces: [.init(type: .mount), .init(type: .pid)]))
        change(&specification)
        return ContainerScript(
            specification: specification, layers: ["/l:2", "/l1"], files: [("/etc/hosts", "x\n")], name: "a\nb"
        ).text()
    }

    @Test(
        "words are quoted so that a shell takes them as they are",
        arguments: [
            ("plain-1.0/x", "plain-1.0/x"), ("", "''"), ("a b", "'a b'"), ("it's", "'it'\\''s'"), ("$(id)", "'$(id)'"),
            ("`id`\n", "'`id`\n'"), ("\\", "'\\'"), ("ä", "'ä'"),
        ])
    func quoting(text: String, quoted: String) { #expect(ContainerScript.quoted(text) == quoted) }

    @Test("the parts are there")
    func parts() {
        let text = script()
        #expect(text.hasPrefix("#!/bin/sh\n# Builds by hand what brig made as container a b."))
        #expect(text.contains("lowerdir='/l\\:2:/l1'"))
        #expect(text.contains("unshare --mount --pid --fork --kill-child"))
        #expect(text.contains("--reuid=7 --regid=8 --clear-groups"))
        #expect(text.contains("export 'A=b c'\n") && !text.contains("9X"))
        #expect(text.contains(#"sh sh -c 'it'\''s'"#))
    }

    @Test("a text that holds the end of the text does not end it")
    func ends() {
        let text = script { $0.process?.args = ["x\nINSIDE\nINSIDE_\nid"] }
        #expect(text.contains("<<'INSIDE__'"))
    }

    @Test("processors, memory nodes and soft limits are written behind what is taken over from the parent")
    func limits() throws {
        let text = script {
            $0.linux?.resources = RuntimeConfig.Linux.Resources(
                memory: .init(reservation: 1 << 20, swappiness: 7), cpu: .init(cpus: "1", mems: "0"))
        }
        let copied = try #require(text.firstRange(of: "../cpuset.cpus\" > "))
        for line in [
            "echo 1 > \"/sys/fs/cgroup/cpuset/by-hand/$name/cpuset.cpus\"",
            "echo 0 > \"/sys/fs/cgroup/cpuset/by-hand/$name/cpuset.mems\"",
            "echo 1048576 > \"/sys/fs/cgroup/memory/by-hand/$name/memory.soft_limit_in_bytes\"",
            "echo 7 > \"/sys/fs/cgroup/memory/by-hand/$name/memory.swappiness\"",
        ] {
            let place = try #require(text.firstRange(of: line), "\(line) in \(text)")
            #expect(place.lowerBound > copied.upperBound)
        }
        for line in ["echo 1 > \"$own/cpuset.cpus\"", "echo 0 > \"$own/cpuset.mems\"", "> \"$own/memory.low\""] {
            #expect(text.contains(line), "\(line)")
        }
    }

    @Test("a working directory that the image lacks is made in the new root, before it is entered")
    func workingDirectory() throws {
        let text = script { $0.process?.cwd = "/new dir" }
        let made = try #require(text.firstRange(of: "[ -d '/new dir' ] || held 8 -p -- '/new dir'\n"))
        let pivoted = try #require(text.firstRange(of: "pivot_root . "))
        let entered = try #require(text.firstRange(of: "\ncd '/new dir'\n"))
        #expect(pivoted.upperBound <= made.lowerBound && made.upperBound <= entered.lowerBound)
        #expect(text.contains(" 8< \"$(command -v mkdir)\"") && text.contains(" 8<&-; exec \"$@\""))
        #expect(!script().contains("held 8"))
        let readOnly = script {
            $0.process?.cwd = "/new"
            $0.root?.readonly = true
        }
        let early = try #require(readOnly.firstRange(of: "[ -d \"$root\"/new ] || place /new\n"))
        let locked = try #require(readOnly.firstRange(of: "mount -o remount,bind,ro \"$root\"\n"))
        #expect(early.upperBound < locked.lowerBound && !readOnly.contains("held 8"))
    }
}
