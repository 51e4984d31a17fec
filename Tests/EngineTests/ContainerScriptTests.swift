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
}
