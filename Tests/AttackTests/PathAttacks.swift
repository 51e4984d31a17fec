import Foundation
import OCISpec
import TestSupport
import Testing

extension Attacks {
    /// Rule 1: paths are for parsing, descriptors are for acting.
    @Suite("Paths")
    struct PathAttacks {
        @Test("rule 1", arguments: Self.attacks)
        func attack(_ each: Attack) throws { try each.check() }

        /// Mounts `source` at a place behind a link that the image has put there.
        private static func mountBehindLink(
            _ name: String, _ target: @escaping @Sendable (Workspace) -> String
        ) -> Attack {
            Attack(rule: 1, "CVE-2024-45310, 2019-10152: a mount behind \(name) stays in the root") { workspace in
                try makeLink(target(workspace), "\(workspace.rootfs)/link")
                workspace.config["root.readonly"] = false
                workspace.config.mount("/link/made/here", "tmpfs", "tmpfs")
                workspace.config.mount("/link/file", "bind", "\(workspace.rootfs)/dir/file", ["bind"])
                return workspace.harm(try workspace.runContainer(["/bin/true"]))
            }
        }

        /// Creates again and again while somebody who shares a volume exchanges a directory with a link to the canary.
        private static func race(
            _ workspace: Workspace, rounds: Int, _ place: (Workspace) throws -> Void
        ) throws -> String? {
            let volume = "\(workspace.directory)/volume"
            try workspace.makeDirectory("\(volume)/target")
            // What leads to the canary from the host's root, and from a volume at /vol by `..` out of the container.
            try makeLink("../../../../../../../..\(workspace.canary)", "\(volume)/swapped")
            workspace.config["root.readonly"] = false
            workspace.config.mount("/vol", "bind", volume, ["rbind", "rw"])
            try place(workspace)
            let other = try Accomplice(
                [Workspace.attacker, "swap", "\(volume)/target", "\(volume)/swapped", "50"], in: workspace.directory)
            defer { _ = other }
            for _ in 0..<rounds {
                // Refusing is fine as well.
                let outcome = try workspace.runContainer(["/bin/true"])
                try? workspace.delete()
                if let harm = workspace.harm(outcome) { return harm }
            }
            return nil
        }

        static let attacks: [Attack] = [
            mountBehindLink("an absolute link") { $0.canary },
            mountBehindLink("a link with ..") { "../../../../../../../..\($0.canary)" },
            Attack(
                rule: 1, "CVE-2021-30465, 2024-45310: links exchanged under the places of mounts", succeedsOn: [.runc],
                isRace: true
            ) { workspace in
                try race(workspace, rounds: 60) { workspace in
                    for number in 0..<5 {
                        workspace.config.mount("/vol/target/place\(number)/deep", "tmpfs", "tmpfs")
                    }
                }
            },
            Attack(rule: 1, "2024-45310: links exchanged under the places of files", succeedsOn: [.runc], isRace: true)
            { workspace in
                try race(workspace, rounds: 40) { workspace in
                    for number in 0..<5 {
                        workspace.config.mount(
                            "/vol/target/file\(number)", "bind", "\(workspace.rootfs)/dir/file", ["bind"])
                    }
                }
            },
            Attack(rule: 1, "links exchanged under masked and read-only paths", isRace: true) { workspace in
                try "inside".write(
                    toFile: "\(workspace.rootfs)/dir/secret", atomically: true, encoding: .utf8)
                return try race(workspace, rounds: 25) { workspace in
                    workspace.config.append("linux.maskedPaths", "/vol/target/secret")
                    workspace.config.append("linux.readonlyPaths", "/vol/target/dir")
                }
            },
            Attack(rule: 1, "links exchanged under device nodes", succeedsOn: [.runc], isRace: true) { workspace in
                try race(workspace, rounds: 25) { workspace in
                    workspace.config["linux.devices"] = [
                        ["path": "/vol/target/node", "type": "c", "major": 1, "minor": 3, "uid": 1000]
                    ]
                }
            },
            Attack(rule: 1, "a working directory that is made behind a link") { workspace in
                try makeLink("../../../../../..\(workspace.canary)", "\(workspace.rootfs)/link")
                workspace.config["root.readonly"] = false
                workspace.config["process.cwd"] = "/link/made"
                return workspace.harm(try workspace.runContainer(["/bin/true"]))
            },
            Attack(rule: 1, "masked and read-only paths behind a link") { workspace in
                try makeLink(workspace.canary, "\(workspace.rootfs)/link")
                workspace.config.append("linux.maskedPaths", "/link/secret")
                workspace.config.append("linux.readonlyPaths", "/link/dir")
                _ = try workspace.runContainer(["/bin/true"])
                // Were one of them taken on the host, the mount would hide the canary.
                return workspace.harm()
            },
            Attack(rule: 1, "device nodes behind a link") { workspace in
                try makeLink(workspace.canary, "\(workspace.rootfs)/link")
                workspace.config["root.readonly"] = false
                workspace.config["linux.devices"] = [
                    ["path": "/link/node", "type": "c", "major": 1, "minor": 3],
                    ["path": "/dev/../link/other", "type": "p"],
                ]
                return workspace.harm(try workspace.runContainer(["/bin/true"]))
            },
            Attack(rule: 1, "tmpcopyup of links, and of a directory that is one") { workspace in
                try makeLink("\(workspace.canary)/secret", "\(workspace.rootfs)/dir/secret")
                try makeLink(workspace.canary, "\(workspace.rootfs)/dir/tree")
                try makeLink(workspace.canary, "\(workspace.rootfs)/link")
                workspace.config["root.readonly"] = false
                workspace.config.mount("/dir", "tmpfs", "tmpfs", ["tmpcopyup"])
                workspace.config.mount("/link", "tmpfs", "tmpfs", ["tmpcopyup"])
                return workspace.harm(
                    try workspace.runContainer(["/bin/sh", "-c", "cat /dir/secret /dir/tree/secret /link/secret"]))
            },
            Attack(rule: 1, "tmpcopyup of a pipe and a device does not wait and brings neither", succeedsOn: [.crun]) {
                workspace in
                _ = try TestSupport.run(["/usr/bin/mkfifo", "\(workspace.rootfs)/dir/pipe"], in: "/tmp")
                _ = try TestSupport.run(["/bin/mknod", "\(workspace.rootfs)/dir/zero", "c", "1", "5"], in: "/tmp")
                workspace.config.mount("/dir", "tmpfs", "tmpfs", ["tmpcopyup"])
                let outcome = try workspace.runContainer(["/bin/attacker", "kind", "/dir/zero"])
                return outcome.output.contains(" 20000 ") ? "the image's device came along" : nil
            },
            Attack(rule: 1, "an exec's working directory behind a link that the container has made") { workspace in
                workspace.config["root.readonly"] = false
                try workspace.startContainer()
                try makeLink("../../../../../..\(workspace.canary)", "\(workspace.rootfs)/link")
                let outcome = try workspace.runtime("exec", "--cwd", "/link/made", workspace.id, "/bin/sh", "-c", "pwd")
                return workspace.harm(outcome)
            },
            Attack(rule: 1, "a pid file that is a link to somebody's file", succeedsOn: [.crun]) { workspace in
                let path = "\(workspace.directory)/pid"
                try makeLink("\(workspace.canary)/secret", path)
                try workspace.prepare(["/bin/true"])
                _ = try workspace.runtime("create", "--bundle", workspace.bundle, "--pid-file", path, workspace.id)
                return workspace.harm()
            },
        ]
    }
}
