import Foundation
import LinuxKernel
import TestSupport
import Testing

extension Attacks {
    /// What a Dockerfile, a build context and the programs of earlier steps try.
    @Suite("Build", .enabled(if: Engine.isReady && !Engine.isReference, "needs `make bin/brig`"))
    struct BuildAttacks {
        @Test("what a build tries", arguments: mountAttacks + copyAttacks + contextAttacks)
        func attack(_ each: Attack) throws { try each.check(Engine.path, isReference: Engine.isReference) }

        static let mountAttacks: [Attack] = [
            Attack(rule: 1, "CVE-2024-23651: the source of a cache mount is a link that an earlier step has made") {
                workspace in
                let away = "../../../../../../../../../..\(workspace.canary)"
                for target in [workspace.canary, away] {
                    _ = try workspace.build("FROM image\nRUN --mount=type=cache,target=/c ln -sfn \(target) /c/l\n")
                    let outcome = try workspace.build(
                        """
                        FROM image
                        RUN --mount=type=cache,id=/c,source=l,target=/m cat /m/secret; touch /m/made; echo x >> /m/secret; rm -rf /m/*
                        """)
                    if let harm = workspace.buildHarm(outcome) { return harm }
                }
                return nil
            },
            Attack(rule: 1, "CVE-2024-23651: the source of a bind mount is a stage's link") { workspace in
                for more in ["", ",rw"] {
                    let outcome = try workspace.build(
                        """
                        FROM image AS evil
                        RUN ln -s \(workspace.canary) /l && ln -s / /r
                        FROM image
                        RUN --mount=type=bind,from=evil,source=/l,target=/m\(more) cat /m/secret; touch /m/made; true
                        RUN --mount=type=bind,from=evil,source=/r,target=/m\(more) cat /m\(workspace.canary)/secret; true
                        """)
                    if let harm = workspace.buildHarm(outcome) { return harm }
                }
                return nil
            },
            Attack(rule: 1, "CVE-2024-23652: places of mounts are exchanged for links before they are cleaned up") {
                workspace in
                // The canary's `dir` is empty, as a place that was made to mount something on.
                let outcome = try workspace.build(
                    """
                    FROM image
                    RUN --mount=type=tmpfs,target=/x/dir mv /x /moved && ln -s \(workspace.canary) /x
                    RUN --mount=type=tmpfs,target=/v/dir mv /v /gone && ln -s ../../../../../../../..\(workspace.canary) /v
                    """)
                return workspace.buildHarm(outcome)
            },
            Attack(rule: 3, "mounts over the kernel's own trees") { workspace in
                for place in ["/proc", "/proc/sys", "/sys", "/dev", "/", "/x/../proc", "../proc"] {
                    for kind in ["tmpfs", "cache", "bind"] {
                        let outcome = try workspace.build(
                            "FROM image\nRUN --mount=type=\(kind),target=\(place) echo ra''n\n")
                        if outcome.output.contains("ran") || outcome.errors.contains(" ran") {
                            return "\(kind) at \(place)"
                        }
                    }
                }
                return nil
            },
            Attack(rule: 12, "CVE-2024-23653: --security=insecure without leave") { workspace in
                let outcome = try workspace.build("FROM image\nRUN --security=insecure echo ra''n\n")
                return outcome.errors.contains(" ran") ? "it was let" : nil
            },
        ]

        static let copyAttacks: [Attack] = [
            Attack(rule: 1, "COPY, ADD and WORKDIR behind a link that a step has made") { workspace in
                try workspace.makeDirectory("\(workspace.directory)/context")
                try "x\n".write(toFile: "\(workspace.directory)/context/f", atomically: true, encoding: .utf8)
                _ = try TestSupport.run(["/bin/tar", "-cf", "a.tar", "f"], in: "\(workspace.directory)/context")
                for target in [workspace.canary, "../../../../../../..\(workspace.canary)"] {
                    for step in [
                        "COPY f /l/made", "COPY f /l/secret", "ADD a.tar /l/", "COPY . /l/", "COPY --parents f /l/",
                        "COPY <<E /l/made\nx\nE",
                        "WORKDIR /l/made",
                    ] {
                        let outcome = try workspace.build("FROM image\nRUN ln -s \(target) /l\n\(step)\n")
                        if let harm = workspace.buildHarm(outcome) { return "\(step): \(harm)" }
                    }
                }
                return nil
            },
            Attack(rule: 1, "COPY --from of a link, alone and on the way") { workspace in
                let outcome = try workspace.build(
                    """
                    FROM image AS evil
                    RUN ln -s \(workspace.canary)/secret /l && ln -s \(workspace.canary) /d
                    FROM image
                    COPY --from=evil /d/* /got/
                    COPY --from=evil /d/secret /got/
                    COPY --from=evil /l /got/
                    RUN cat /got/*
                    """)
                if let harm = workspace.buildHarm(outcome) { return harm }
                for source in ["/d/secret", "/l", "/d/*"] {
                    let outcome = try workspace.build(
                        """
                        FROM image AS evil
                        RUN ln -s \(workspace.canary)/secret /l && ln -s \(workspace.canary) /d
                        FROM image
                        COPY --from=evil \(source) /got/
                        RUN cat /got/*
                        """)
                    if let harm = workspace.buildHarm(outcome) { return harm }
                }
                return nil
            },
            Attack(rule: 11, "ADD of an archive with names and links that lead out") { workspace in
                try workspace.makeDirectory("\(workspace.directory)/context")
                let script = """
                    import tarfile, io
                    with tarfile.open("a.tar", "w") as archive:
                        def add(name, kind=tarfile.REGTYPE, link=""):
                            entry = tarfile.TarInfo(name)
                            entry.type, entry.linkname, entry.size = kind, link, 2 if kind == tarfile.REGTYPE else 0
                            archive.addfile(entry, io.BytesIO(b"x\\n"))
                        add("l", tarfile.SYMTYPE, "\(workspace.canary)")
                        add("l/made")
                        add("h", tarfile.LNKTYPE, "l/secret")
                        add("s", tarfile.SYMTYPE, "../../../../../../../..\(workspace.canary)")
                        add("s/made")
                    """
                _ = try TestSupport.run(["/usr/bin/python3", "-c", script], in: "\(workspace.directory)/context")
                return workspace.buildHarm(try workspace.build("FROM image\nADD a.tar /x/\nRUN cat /x/h /x/l/secret\n"))
            },
            Attack(rule: 9, "--chown by a passwd file that is a link to the host's") { workspace in
                try "evil:x:4242:4242::/:/bin/sh\n".write(
                    toFile: "\(workspace.directory)/passwd", atomically: true, encoding: .utf8)
                try workspace.makeDirectory("\(workspace.directory)/context")
                try "x\n".write(toFile: "\(workspace.directory)/context/f", atomically: true, encoding: .utf8)
                let outcome = try workspace.build(
                    """
                    FROM image
                    RUN rm -f /etc/passwd && ln -s \(workspace.directory)/passwd /etc/passwd
                    COPY --chown=evil f /f
                    """)
                return outcome.code == 0 ? "the host's file gave the user" : nil
            },
        ]

        static let contextAttacks: [Attack] = [
            Attack(rule: 1, "links of a context lead out of it") { workspace in
                try workspace.makeDirectory("\(workspace.directory)/context/d")
                let context = "\(workspace.directory)/context"
                try makeLink("\(workspace.canary)/secret", "\(context)/l")
                try makeLink("../../../../../..\(workspace.canary)", "\(context)/d/out")
                try makeLink("..", "\(context)/up")
                for step in [
                    "COPY l /x", "COPY d/out/secret /x", "COPY d/out /x/", "COPY up/ /x/", "COPY d/out/* /x/",
                    "COPY ../ /x/", "ADD l /x",
                    "RUN --mount=type=bind,source=d/out,target=/x true",
                    "RUN --mount=type=bind,source=l,target=/x true",
                ] {
                    let outcome = try workspace.build("FROM image\n\(step)\nRUN cat /x /x/* /x/*/secret; true\n")
                    if let harm = workspace.buildHarm(outcome) { return "\(step): \(harm)" }
                }
                return nil
            },
            Attack(rule: 1, "a context's Dockerfile and .dockerignore are links") { workspace in
                try workspace.importImage()
                let context = "\(workspace.directory)/context"
                try workspace.makeDirectory(context)
                try makeLink("\(workspace.canary)/secret", "\(context)/Dockerfile")
                if let harm = workspace.buildHarm(try workspace.engine(["build", context])) { return harm }
                try makeLink("\(workspace.canary)/secret", "\(context)/.dockerignore")
                return workspace.buildHarm(try workspace.build("FROM image\nCOPY . /x/\n"))
            },
            Attack(rule: 7, "addresses that git would take for options or other ways") { workspace in
                try workspace.importImage()
                let made = "\(workspace.canary)/made"
                for address in [
                    "ext::sh -c touch% \(made)", "git://-oProxyCommand=touch \(made)/x.git",
                    "ssh://-oProxyCommand=touch%20\(made)/x.git", "git@-oProxyCommand=touch \(made):x.git",
                    "--upload-pack=touch \(made)#x", "/tmp/x.git#--upload-pack=touch \(made)", "file:///tmp#x",
                    "/tmp/x.git#$(touch \(made))",
                ] {
                    let outcome = try workspace.engine(["build", "--", address])
                    if let harm = workspace.buildHarm(outcome) { return "\(address): \(harm)" }
                }
                return nil
            },
        ]
    }
}

extension Workspace {
    /// As `harm`; what the programs of a build put out comes on standard error.
    func buildHarm(_ outcome: Outcome) -> String? {
        (outcome.output + outcome.errors).contains(Self.secret) ? "the host's file was read" : harm()
    }

    /// Builds a Dockerfile in the directory `context` of this workspace, on an image of the bundle's root.
    func build(_ file: String) throws -> Outcome {
        if !FileManager.default.fileExists(atPath: "\(directory)/image.tar") { try importImage() }
        try makeDirectory("\(directory)/context")
        let path = "\(directory)/Dockerfile"
        try file.write(toFile: path, atomically: true, encoding: .utf8)
        return try engine([
            "build", "--no-cache", "--progress", "plain", "-t", "built", "-f", path, "\(directory)/context",
        ])
    }
}
