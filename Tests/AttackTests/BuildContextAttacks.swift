import Foundation
import LinuxKernel
import TestSupport
import Testing

extension Attacks {
    /// What comes to a build from elsewhere: archives on standard input, repositories, trees that change meanwhile.
    @Suite("Build contexts", .enabled(if: Engine.isReady && !Engine.isReference, "needs `make bin/brig`"))
    struct BuildContextAttacks {
        @Test("what a context tries", arguments: [archives, race, mounts, repository, secrets])
        func attack(_ each: Attack) throws { try each.check(Engine.path, isReference: Engine.isReference) }

        /// Each entry: name, kind as in tarfile, what a link leads to, content.
        static let archives = Attack(rule: 11, "archives as contexts, with links, devices and names that lead out") {
            workspace in
            try workspace.importImage()
            let made = "\(workspace.canary)/made"
            let script = """
                import tarfile, io
                canary, up = "\(workspace.canary)", "../" * 20
                file = ("Dockerfile", "0", "", "FROM image\\nCOPY . /x/\\nRUN cat /x/* /x/*/secret; true\\n")
                for number, entries in enumerate([
                    [file, ("l", "2", canary, ""), ("l/made", "0", "", "evil")],
                    [file, ("d", "2", up + canary[1:], ""), ("d/made", "0", "", "evil")],
                    [file, ("h", "1", canary + "/secret", "")], [file, ("h", "1", up + canary[1:] + "/secret", "")],
                    [file, ("s", "2", canary + "/secret", ""), ("h", "1", "s", "")],
                    [file, (canary + "/made", "0", "", "evil")], [file, (up + canary[1:] + "/made", "0", "", "evil")],
                    [file, ("a", "2", canary, ""), ("a", "5", "", ""), ("a/made", "0", "", "x"), ("a", "2", canary, ""),
                     ("a/made", "0", "", "x")],
                    [("Dockerfile", "2", canary + "/secret", "")], [file, (".dockerignore", "2", canary + "/secret", "")],
                    [(".", "2", canary, ""), ("made", "0", "", "x"), file],
                ]):
                    with tarfile.open(f"{number}.tar", "w") as archive:
                        for name, kind, link, text in entries:
                            entry = tarfile.TarInfo(name)
                            entry.type, entry.linkname, entry.size = kind.encode(), link, len(text)
                            archive.addfile(entry, io.BytesIO(text.encode()))
                """
            _ = try TestSupport.run(["/usr/bin/python3", "-c", script], in: workspace.directory)
            for number in 0..<11 {
                let outcome = try workspace.buildFromInput("\(workspace.directory)/\(number).tar")
                if let harm = workspace.buildHarm(outcome) { return "archive \(number): \(harm)" }
                // The archives themselves are good: what is refused is a name in them.
                if outcome.errors.contains("no valid tar header") { return "archive \(number) was not read" }
            }
            return FileManager.default.fileExists(atPath: made) ? made : nil
        }

        static let race = Attack(rule: 1, "a directory of the context becomes a link while it is read", isRace: true) {
            workspace in
            let context = "\(workspace.directory)/context"
            try workspace.makeDirectory(context)
            let exchange = """
                import os
                print("ready", flush=True)
                while True:
                    os.mkdir("r"); open("r/secret", "w").write("harmless"); os.rename("r", "d")
                    os.unlink("d/secret"); os.rmdir("d"); os.symlink("\(workspace.canary)", "l"); os.rename("l", "d"); os.unlink("d")
                """
            let other = try Accomplice(["/usr/bin/python3", "-c", exchange], in: context)
            other.wait(for: "ready")
            defer { other.stop() }
            for _ in 0..<8 {
                for step in ["COPY . /x/", "COPY d/secret /x/d/", "ADD d /x/d"] {
                    let outcome = try workspace.build("FROM image\n\(step)\nRUN cat /x/d/secret /x/secret; true\n")
                    if let harm = workspace.buildHarm(outcome) { return "\(step): \(harm)" }
                }
            }
            return nil
        }

        static let mounts = Attack(rule: 1, "sources of mounts and copies with `..` and behind the kernel's own links")
        {
            workspace in
            let canary = workspace.canary
            let evil =
                "FROM image AS evil\nRUN ln -s /proc/1/root /r; ln -s /proc/self/cwd /w; ln -s \(canary) /l\nFROM image\n"
            for step in [
                "RUN --mount=type=bind,from=evil,source=../../../../../..\(canary),target=/m cat /m/secret",
                "RUN --mount=type=bind,source=../../../../../..\(canary),target=/m cat /m/secret",
                "RUN --mount=type=bind,from=evil,source=/r\(canary),target=/m cat /m/secret",
                "RUN --mount=type=bind,from=evil,source=/w/../..\(canary),target=/m cat /m/secret",
                "RUN --mount=type=cache,from=evil,source=/l,target=/m,id=one cat /m/secret; touch /m/made",
                "RUN --mount=type=cache,id=../../../../../..\(canary),target=/m cat /m/secret; touch /m/made",
                "RUN --mount=type=cache,id=two,source=../../../../../..\(canary),target=/m cat /m/secret; touch /m/made",
                "RUN --mount=type=tmpfs,target=/a/../../../../..\(canary) touch \(canary)/made",
                "COPY --from=evil /r\(canary)/secret /x\nRUN cat /x",
                "COPY --from=evil /w/../../..\(canary)/* /x/\nRUN cat /x/*",
                "COPY --from=evil /l/ /x/\nRUN cat /x/*", "ADD --chown=0:0 ../../../../..\(canary) /x/\nRUN cat /x/*",
            ] {
                let outcome = try workspace.build(evil + step + "\n")
                if let harm = workspace.buildHarm(outcome) { return "\(step): \(harm)" }
            }
            return nil
        }

        static let repository = Attack(
            rule: 7, "a repository with hooks, submodules, filters, links and names of references",
            possible: FileManager.default.isExecutableFile(atPath: "/usr/bin/git")
        ) { workspace in
            try workspace.importImage()
            let made = "\(workspace.canary)/made"
            // What could run something: hooks and configuration of the repository, filters and modules of its content.
            let script = """
                set -e
                export HOME=$PWD GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a
                git init -q -b main repo.git; cd repo.git
                printf 'FROM image\\nCOPY . /x/\\nRUN cat /x/* /x/*/secret; true\\n' > Dockerfile
                ln -s \(workspace.canary)/secret l; ln -s \(workspace.canary) d; ln -s .. up
                mkdir sub; ln -s ../../../../../../../../../..\(workspace.canary) sub/out
                printf '[submodule "m"]\\n\\tpath = m\\n\\turl = \(workspace.canary)\\n\\tupdate = !touch \(made)\\n' > .gitmodules
                printf '* filter=evil diff=evil merge=evil\\n*.x filter=lfs\\n' > .gitattributes
                echo x > f.x
                git add -A; git commit -qm one; git branch -- '--upload-pack=touch-\(UUID().uuidString)' 2> /dev/null || :
                git update-ref 'refs/heads/$(touch)' HEAD
                for hook in post-checkout pre-commit post-merge post-rewrite reference-transaction pre-receive update; do
                    printf '#!/bin/sh\\ntouch \(made)\\n' > .git/hooks/$hook; chmod +x .git/hooks/$hook
                done
                git config core.fsmonitor 'touch \(made)'; git config core.sshCommand 'touch \(made)'
                git config filter.evil.smudge 'touch \(made)'; git config uploadpack.packObjectsHook 'touch \(made)'
                git config core.alternateRefsCommand 'touch \(made)'; git config core.hooksPath .git/hooks
                git config core.pager 'touch \(made)'; git config alias.fetch '!touch \(made)'
                """
            let prepared = try TestSupport.run(["/bin/sh", "-c", script], in: workspace.directory)
            guard prepared.code == 0 else { throw AttackFails(what: prepared.summary) }
            let path = "\(workspace.directory)/repo.git"
            for address in [
                "\(path)#main", path, "\(path)#main:sub", "\(path)#main:sub/out", "\(path)#main:d",
                "\(path)#main:../..",
                "\(path)#--upload-pack=touch \(made)", "\(path)#$(touch)", "\(path)#main --exec=touch",
                "file://\(path)#main",
                "\(path)#refs/heads/main", "\(path)#main:-x", "ext::sh -c touch% \(made)#main",
            ] {
                let outcome = try workspace.engine(["build", "--no-cache", "--progress", "plain", "--", address])
                if let harm = workspace.buildHarm(outcome) { return "\(address): \(harm)" }
            }
            // Seen to be built at all.
            let good = try workspace.engine(["build", "-q", "\(path)#main"])
            return good.code == 0 ? nil : "an honest reference was refused: \(good.summary)"
        }

        static let secrets = Attack(
            rule: 15, "a secret stays somewhere: in the store, in a cache, in what is said of the image"
        ) {
            workspace in
            let canary = "\(workspace.canary)/secret"
            let file = """
                # syntax=docker/dockerfile:1
                FROM image AS one
                RUN --mount=type=secret,id=s,required=true cat /run/secrets/s > /dev/null && touch /done
                RUN --mount=type=secret,id=s,target=/etc/s,mode=0400 cat /etc/s > /tmp/t; rm /tmp/t
                RUN --mount=type=secret,id=s,env=S,required=true test -n "$S" && env > /dev/null
                FROM image
                COPY --from=one /done /done
                RUN --mount=type=secret,id=s test -e /run/secrets/s; ls -l /run/secrets > /list; true
                """
            try workspace.importImage()
            try workspace.makeDirectory("\(workspace.directory)/context")
            let path = "\(workspace.directory)/Dockerfile"
            try file.write(toFile: path, atomically: true, encoding: .utf8)
            let words = [
                "build", "--explain", "--progress", "plain", "-t", "built", "--secret", "id=s,src=\(canary)",
                "--cache-to",
                "type=local,dest=\(workspace.directory)/cache", "-f", path, "\(workspace.directory)/context",
            ]
            for _ in 0..<2 {
                let built = try workspace.engine(words)
                if built.code != 0 { throw AttackFails(what: built.summary) }
                if let harm = workspace.buildHarm(built) { return harm }
            }
            for words in [
                ["inspect", "built"], ["history", "--no-trunc", "built"], ["events", "--since", "1h", "--until", "0s"],
                ["builder", "du"], ["save", "-o", "\(workspace.directory)/saved.tar", "built"],
                ["run", "--rm", "--network", "none", "built", "/bin/sh", "-c", "cat /run/secrets/* /etc/s /list; env"],
            ] {
                if let harm = workspace.buildHarm(try workspace.engine(words)) { return "\(words[0]): \(harm)" }
            }
            let search = [
                "/bin/grep", "-rlaF", Workspace.secret, "\(workspace.directory)/root", "\(workspace.directory)/run",
                "\(workspace.directory)/cache", "\(workspace.directory)/saved.tar",
            ]
            let found = try TestSupport.run(search, in: workspace.directory)
            return found.output.isEmpty ? nil : found.output
        }
    }
}

struct AttackFails: Error { let what: String }

extension Workspace {
    /// Builds what a file gives on standard input.
    func buildFromInput(_ path: String) throws -> Outcome {
        try TestSupport.run(
            [
                "/bin/sh", "-c", "exec \"$@\" < \(path)", "sh", Engine.path, "--root", "\(directory)/root",
                "--run-root",
                "\(directory)/run", "build", "--no-cache", "--progress", "plain", "-t", "built", "-",
            ], in: directory)
    }
}
